import { basename, dirname } from 'node:path';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { reportHtml } from '../domain/report-html.ts';
import { findingsOf } from '../domain/verdict.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';

/** Where the last report of a project lies, in its folder. */
export const LAST_REPORT = '.turbobackend/report.html';
const SHOWN_FINDINGS = 3;
const SHOWN_LENGTH = 500;

/** Writes a report into the project's folder, and into a file (absolute, `.json` or `.html`) when one is named. Gives the path. */
export async function saveReport(
  { directory }: Pick<ProjectFolder, 'directory'>,
  report: VerificationReport,
  file: string | null,
  { workspace }: Needs<'workspace'>,
): Promise<string> {
  const html = reportHtml(report);
  await workspace.write(directory, LAST_REPORT, html);
  if (file === null) return `${directory}/${LAST_REPORT}`;
  const text = file.endsWith('.json') ? `${JSON.stringify(report, null, 2)}\n` : html;
  await workspace.write(dirname(file), basename(file), text);
  return file;
}

/** Throws `verify.failed` with the first findings and the path of the report when something is wrong. `advice` ends its hint. */
export function assertPassed(report: VerificationReport, path: string, advice = ''): void {
  if (report.passed) return;
  const findings = findingsOf(report);
  const shown = findings.slice(0, SHOWN_FINDINGS).map((finding) => `\n  ${finding.slice(0, SHOWN_LENGTH)}`);
  const more = findings.length > SHOWN_FINDINGS ? `\n  … and ${findings.length - SHOWN_FINDINGS} more` : '';
  throw new TurboError(
    'verify.failed',
    `${findings.length} checks of ${report.project.name} failed:${shown.join('')}${more}`,
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
