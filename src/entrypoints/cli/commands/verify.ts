import { extname, resolve } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { ProjectFolder } from '../../../domain/project.ts';
import { reportText } from '../../../domain/report.ts';
import { type Cli, type CliCommand, flag, type Typed, textOption } from '../command.ts';
import { profileOf, profileOption } from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { folderHere, projectNamed } from '../project.ts';

export const verifyCommand: CliCommand = {
  define: (program) =>
    program
      .command('verify')
      .summary('prove that the backend works, and attack it')
      .description(
        'Builds the backend, runs it on a database of its own, uses every endpoint, runs the tests, and attacks it. Neither your database nor your running server is touched.',
      )
      .addOption(profileOption())
      .option('--mutation', 'also break the project on purpose and see whether its tests notice: minutes')
      .option('--report <file>', 'also write the report to a file: .html, .json or .txt')
      .option('--url <url>', 'use the endpoints of a server that runs, and nothing else; leaves no row behind'),

  async run(cli, typed) {
    const services = await cli.services();
    const folder = await folderHere(cli.cwd, services);
    await projectNamed(undefined, cli.cwd, services);
    refuseForContract(folder, typed);
    const file = reportFile(cli, typed);
    if (file !== null) {
      const { checkReportFile } = await import('../../../pipeline/report-files.ts');
      await checkReportFile(file, services);
    }
    const url = textOption(typed, 'url');
    return url === undefined ? verifyHere(cli, typed, folder, file) : verifyThere(cli, folder, parseUrl(url), file);
  },
};

/** What knows our own endpoints only. */
function refuseForContract({ project }: ProjectFolder, typed: Typed): void {
  if (!project.contract) return;
  const option = flag(typed, 'mutation') ? '--mutation' : textOption(typed, 'url') === undefined ? null : '--url';
  if (option === null) return;
  const message = `verify ${option} is not there for a project made from an OpenAPI document.`;
  const hint = 'Leave it out: turbobackend verify runs the tests of the project, which try every operation.';
  throw new TurboError('usage.invalid', message, { hint });
}

async function verifyHere(cli: Cli, typed: Typed, folder: ProjectFolder, file: string | null): Promise<Outcome> {
  const services = await cli.services();
  const [{ verifyProject }, { assertPassed, saveReport }, { assertBuildable }] = await Promise.all([
    import('../../../pipeline/verify-project.ts'),
    import('../../../pipeline/report-files.ts'),
    import('../../../pipeline/version-place.ts'),
  ]);
  await assertBuildable(folder, services);
  const report = await verifyProject(
    folder,
    {
      profile: profileOf(typed),
      isTold: true,
      mutation: flag(typed, 'mutation'),
      untilSignal: () => cli.untilSignal(),
    },
    services,
  );
  const saved = await saveReport(folder, report, file, services);
  assertPassed(report, saved);
  return { data: report, text: () => reportText(report) };
}

async function verifyThere(cli: Cli, folder: ProjectFolder, url: string, file: string | null): Promise<Outcome> {
  const services = await cli.services();
  const [{ verifyRunning }, { assertPassed, saveReport }] = await Promise.all([
    import('../../../pipeline/verify-running.ts'),
    import('../../../pipeline/report-files.ts'),
  ]);
  const report = await verifyRunning(folder, url, services);
  const saved = await saveReport(folder, report, file, services);
  assertPassed(report, saved);
  return { data: report, text: () => reportText(report) };
}

function reportFile(cli: Cli, typed: Typed): string | null {
  const name = textOption(typed, 'report');
  if (name === undefined) return null;
  if (['.html', '.json', '.txt'].includes(extname(name))) return resolve(cli.cwd, name);
  throw new TurboError('usage.invalid', `${JSON.stringify(name)} is none of .html, .json and .txt.`, {
    hint: 'For example: --report report.html',
  });
}

function parseUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new TurboError('usage.invalid', `${JSON.stringify(text)} is not the address of a server.`, {
    hint: 'For example: --url http://127.0.0.1:3000',
  });
}
