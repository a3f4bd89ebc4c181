import { basename, dirname, extname } from 'node:path';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { reportText } from '../domain/report.ts';
import { reportHtml } from '../domain/report-html.ts';
import { amount, findingsOf } from '../domain/verdict.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';

/** Where the last report of a project lies, in its folder. */
export const LAST_REPORT = '.turbobackend/report.html';
const SHOWN_FINDINGS = 3;
const SHOWN_LENGTH = 500;

/** Writes a report into the project's folder, and into a file (absolute, `.html`, `.json` or `.txt`) when one is named. Gives the path. */
export async function saveReport(
  { directory }: Pick<ProjectFolder, 'directory'>,
  report: VerificationReport,
  file: string | null,
  { workspace }: Needs<'workspace'>,
): Promise<string> {
  await workspace.write(directory, LAST_REPORT, reportHtml(report));
  if (file === null) return `${directory}/${LAST_REPORT}`;
  await workspace.write(dirname(file), basename(file), fileText(report, file));
  return file;
}

function fileText(report: VerificationReport, file: string): string {
  if (file.endsWith('.json')) return `${JSON.stringify(report, null, 2)}\n`;
  return file.endsWith('.txt') ? `${reportText(report)}\n` : reportHtml(report);
}

/**
 * Throws `workspace.unwritable` when a report (absolute path) cannot be written there: said before minutes of work, not
 * after. Folders that are missing are made when it is written, not now.
 */
export async function checkReportFile(file: string, { workspace }: Needs<'workspace'>): Promise<void> {
  try {
    await workspace.checkWritable(dirname(file));
    // A folder of this name, or a name that no file can have.
    await workspace.read(dirname(file), basename(file));
  } catch (error) {
    if (!(error instanceof TurboError) || error.code !== 'workspace.unwritable') throw error;
    throw new TurboError('workspace.unwritable', `No report can be written there: ${error.message}`, {
      hint: `turbobackend verify --report report${extname(file)}`,
      cause: error,
    });
  }
}

/** Throws `verify.failed` with the first findings and the path of the report when something is wrong. `advice` ends its hint. */
export function assertPassed(report: VerificationReport, path: string, advice = ''): void {
  if (report.passed) return;
  const findings = findingsOf(report);
  const shown = findings.slice(0, SHOWN_FINDINGS).map((finding) => `\n  ${finding.slice(0, SHOWN_LENGTH)}`);
  const more = findings.length > SHOWN_FINDINGS ? `\n  … and ${findings.length - SHOWN_FINDINGS} more` : '';
  throw new TurboError(
    'verify.failed',
    `${amount(findings.length, 'check')} of ${report.project.name} failed:${shown.join('')}${more}`,
    {
      hint: `Read ${path}${advice}`,
      details: {
        report: path,
        failed: report.sections.flatMap(failedChecks),
        weaknesses: report.attacks?.weaknesses ?? [],
      },
    },
  );
}

function failedChecks({ name, checks }: VerificationReport['sections'][number]) {
  return checks.filter(({ passed }) => !passed).map((check) => ({ section: name, ...check }));
}
