import type { Project, ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import type { SectionName, VerificationReport } from '../domain/verification.ts';
import { fingerprint } from '../operations/fingerprint.ts';
import type { VerificationRecord } from '../ports/state-records.ts';
import { buildProject, isBuilt } from './build-project.ts';
import { type PreparedTrial, prepareTrial } from './prepared-trial.ts';
import { runTests, runTool } from './project-programs.ts';
import { proveMutants } from './prove-mutants.ts';
import { proveRunning } from './prove-running.ts';
import { Sections } from './report-sections.ts';
import { withTrialDatabase } from './trial-database.ts';
import type { Run, VerifyNeeds, VerifyOrder } from './verification-run.ts';
import { together } from './watch.ts';

/**
 * Everything there is to know about a backend before it is handed over: it is built, run on a scratch database of its own
 * as the backend's role, used, and attacked; the person's database and server are not touched. Recorded with the hash of
 * the files it was made for. A backend that is wrong is what the report says; throws only what keeps one from looking.
 */
export async function verifyProject(
  folder: ProjectFolder,
  order: VerifyOrder,
  services: VerifyNeeds,
): Promise<VerificationReport> {
  const { fingerprint: files, report } = await proveProject(folder, order, services);
  await services.state.recordVerification(folder.project.id, { fingerprint: files, report });
  return report;
}

/** The same, recorded nowhere: with the hash of the files that it was made for. */
export async function proveProject(
  folder: ProjectFolder,
  order: VerifyOrder,
  services: VerifyNeeds,
): Promise<VerificationRecord> {
  const { clock } = services;
  const { id, name } = folder.project;
  const begun = clock.elapsedMs();
  const files = await fingerprint(folder.directory, services);
  const sections = new Sections(services, order.isTold === true);
  const run: Run = { folder, order, services, sections, attacks: null, indexes: [], mutation: null };
  // Reading the sources waits for nothing, and nothing waits for it.
  await together([
    order.profile === 'full' ? proveTools(run) : null,
    proveBuild(run, files).then((isBuilt) => (isBuilt ? proveServer(run) : null)),
  ]);
  const all = sections.all((section) => reasonToSkip(section, order, folder.project));
  const report: VerificationReport = {
    project: { id, name },
    profile: order.profile,
    at: clock.now(),
    ms: Math.round(clock.elapsedMs() - begun),
    passed: all.every(({ outcome }) => outcome !== 'failed'),
    sections: all,
    attacks: run.attacks,
    indexes: run.indexes,
    mutation: run.mutation,
  };
  return { fingerprint: files, report };
}

function reasonToSkip(name: SectionName, { profile }: VerifyOrder, { contract }: Project): string {
  if (name === 'mutation')
    return contract ? 'mutants are made of our own routes, which a document has not' : 'only with --mutation';
  const isFull = ['types', 'lint', 'contract', 'tests'].includes(name);
  return isFull && profile === 'quick' ? 'only with --profile full' : 'the server could not be built or started';
}

async function proveTools({ folder, services, sections }: Run): Promise<void> {
  const { directory } = folder;
  const tools = {
    types: { name: 'tsc', package: 'typescript', command: ['node', 'node_modules/typescript/bin/tsc', '-p', '.'] },
    lint: {
      name: 'biome lint',
      package: '@biomejs/biome',
      command: ['node', 'node_modules/@biomejs/biome/bin/biome', 'check', '.'],
    },
  } as const;
  await sections.run('types', () => runTool(tools.types, directory, services));
  await sections.run('lint', () => runTool(tools.lint, directory, services));
}

/** False when there is nothing to run. */
async function proveBuild({ folder, order, services, sections }: Run, files: string): Promise<boolean> {
  if (order.profile === 'quick' && (await isBuilt(folder.directory, files, services))) {
    sections.skip('build', 'it was built from these very files');
    return true;
  }
  return sections.run('build', async () => {
    const begun = services.clock.elapsedMs();
    await buildProject(folder, services);
    const ms = Math.round(services.clock.elapsedMs() - begun);
    return { checks: [{ name: 'builds', passed: true, detail: '', ms }] };
  });
}

async function proveServer(run: Run): Promise<void> {
  const { folder, order, services } = run;
  const { schema } = folder.project;
  if (schema === null || schema.tables.length === 0) {
    run.sections.skip('statements', 'there is no database');
    await together([proveRunning(run, null), proveTests(run, {})]);
    return;
  }
  const trial = order.trial ?? prepareTrial(folder, services);
  try {
    // Much of an attack is waiting for a server that waits.
    await together([proveOn(trial, run), testsAreTheProof(run) ? proveTestsOnTheirOwn(run, schema) : null]);
  } finally {
    if (!order.trial) await trial.end();
  }
  if (order.mutation) await proveMutants(run, schema);
}

async function proveOn(trial: PreparedTrial, run: Run): Promise<void> {
  await proveRunning(run, await trial.ready());
}

/** On a database of their own: they want to be the only ones who make rows. */
async function proveTestsOnTheirOwn(run: Run, schema: Schema): Promise<void> {
  await withTrialDatabase(run.folder, schema, run.services, ({ environment, migrationUrl }) =>
    proveTests(run, { ...environment, MIGRATION_DATABASE_URL: migrationUrl }),
  );
}

/** Of a contract only the tests know the operations. */
function testsAreTheProof({ folder, order }: Pick<Run, 'folder' | 'order'>): boolean {
  return order.profile === 'full' || folder.project.contract !== undefined;
}

async function proveTests({ folder, order, services, sections }: Run, environment: Readonly<Record<string, string>>) {
  if (testsAreTheProof({ folder, order }))
    await sections.run('tests', () => runTests(folder.directory, environment, services));
}
