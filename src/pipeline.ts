import { missingOperations, planContract } from './domain/contract.ts';
import type { Database } from './domain/database.ts';
import type { ProjectFolder } from './domain/project.ts';
import { readManifest } from './operations/manifest.ts';
import { buildProject } from './pipeline/build-project.ts';
import { type Claim, claimFolder } from './pipeline/claim.ts';
import type { Created } from './pipeline/created.ts';
import { decide, designStage } from './pipeline/design.ts';
import { asBegun, keepOrder } from './pipeline/kept-order.ts';
import { readMigrations } from './pipeline/migration-files.ts';
import type { CreateOrder } from './pipeline/order.ts';
import { type PreparedTrial, prepareTrial } from './pipeline/prepared-trial.ts';
import { recordFirst } from './pipeline/record-version.ts';
import { assertDatabaseFor, beginRemotes } from './pipeline/remote-begin.ts';
import { type RemotesDone, remoteStory } from './pipeline/remote-story.ts';
import { keepWishes } from './pipeline/remote-wishes.ts';
import { assertPassed, saveReport } from './pipeline/report-files.ts';
import {
  configureStage,
  deployStage,
  migrateStage,
  needsDatabase,
  provisionStage,
  register,
  scaffoldStage,
  startStage,
} from './pipeline/stages.ts';
import { verifyProject } from './pipeline/verify-project.ts';
import { type PhaseTime, together, watch } from './pipeline/watch.ts';
import { writeStage } from './pipeline/write-stage.ts';
import type { Step } from './ports/runs.ts';
import type { Services } from './ports/services.ts';

/**
 * The whole story: a request becomes a backend that answers. Every step is recorded; killed anywhere, the same call
 * goes on where it was. The database and the code are made side by side.
 */
export async function create(order: CreateOrder, services: Services): Promise<Created> {
  services.builder.warmUp();
  const times: PhaseTime[] = [];
  const start = services.clock.elapsedMs();
  const early = watch((_name, work) => work(), services, times);
  await early('cluster', 'Start PostgreSQL', () => services.cluster.ensure());
  const claim = await claimFolder(order, services);
  if (order.remotes && !(await isFinished(claim, services))) await keep(order.remotes, claim, services);
  let existed = true;
  const created = await services.runs.execute(
    claim.id,
    async (record) => {
      existed = false;
      const begun = asBegun(order, await record('order', async () => keepOrder(order)));
      return story(begun, claim, watch(record, services, times), record, services);
    },
    { restart: claim.folderIsGone },
  );
  const remotes = await laterRemotes(order, claim, created.remotes ?? null, early, services);
  // A finished project whose server was stopped in the meantime is started again.
  const { deployment } = await startStage(claim, services);
  if (existed && order.port !== undefined && order.port !== deployment.port) {
    const message = `It runs on port ${deployment.port} already; to move it: turbobackend deploy --port ${order.port}`;
    services.progress({ kind: 'warning', message });
  }
  const ms = Math.round(services.clock.elapsedMs() - start);
  return { ...created, url: deployment.url, remotes, phases: times, ms, existed };
}

/** Whether the run has its end: nothing of a new order is done by it. */
async function isFinished({ id, folderIsGone }: Claim, { runs }: Services): Promise<boolean> {
  return !folderIsGone && (await runs.find(id))?.state === 'done';
}

function keep({ wishes, plan }: NonNullable<CreateOrder['remotes']>, claim: Claim, services: Services): Promise<void> {
  return keepWishes(claim, wishes, plan, services);
}

/** A run that is finished, or was begun without them, has no steps for them: they are done beside it. */
async function laterRemotes(
  order: CreateOrder,
  claim: Claim,
  done: RemotesDone | null,
  phase: Phase,
  services: Services,
): Promise<RemotesDone | null> {
  const project = done === null ? await readManifest(claim.directory, services) : null;
  if (project === null) return done;
  const folder = { directory: claim.directory, project };
  if (order.remotes) await keep(order.remotes, claim, services);
  const wishes = await beginRemotes(folder, order, services);
  return wishes && remoteStory(folder, wishes, order.deployDatabase ?? null, phase, services);
}

type Phase = ReturnType<typeof watch>;

async function story(order: CreateOrder, claim: Claim, phase: Phase, record: Step, services: Services) {
  const decision = await phase('detect', 'Decide about the database', async () => {
    const decided = await decide({ ...order, projectId: claim.id }, services);
    await assertDatabaseFor(order, decided.needsDatabase, services);
    return decided;
  });
  const designed = await phase('design', 'Design the schema', () =>
    designStage({ ...order, needsDatabase: decision.needsDatabase, projectId: claim.id }, services),
  );
  const { schema, contract } = designed;
  const { id, name, directory, createdAt } = claim;
  const project = {
    version: 1 as const,
    id,
    name,
    request: order.request.text,
    createdAt,
    decision,
    schema,
    ...(contract && { contract: { document: contract, missing: [] } }),
    ...(order.framework && { framework: order.framework }),
    files: {},
  };
  const folder: ProjectFolder = { directory, project };
  const withDatabase = needsDatabase(project);

  const [database] = await together([
    withDatabase
      ? phase('provision', 'Make the database', () => provisionStage(folder, 'dev', services))
      : noDatabase(folder, services),
    phase('scaffold', 'Write the project', async () => (await scaffoldStage(folder, services)).written.length),
  ]);
  const isWriterThere = (await services.writers.find()) !== null;
  const endpoints = isWriterThere
    ? await phase('write', 'Write what resources do not cover', () => writeStage(folder, services))
    : [];
  // Written before the build looks at the files it is made from.
  if (withDatabase) await readMigrations(folder, services);
  const whole: ProjectFolder = { directory, project: { ...project, endpoints: [...endpoints] } };
  const trial = withDatabase && order.verify !== 'none' ? prepareTrial(folder, services) : null;
  try {
    await together([
      withDatabase
        ? phase('migrate', 'Migrate the database', async () => {
            await configureStage(folder, 'dev', services);
            return migrateStage(folder, 'dev', services);
          })
        : null,
      phase('build', 'Build the server', async () => {
        // Made while the build has the processor.
        trial?.begin();
        await buildProject(folder, services);
        return null;
      }),
    ]);
    const [deployment, proof] = await together([
      phase('deploy', 'Start the server', () =>
        deployStage(folder, order.port === undefined ? {} : { port: order.port }, services),
      ),
      prove(whole, order, trial, phase, services),
      recordFirst(folder, { isCommitted: order.git !== false }, services),
    ]);
    // Decided once for the run, whatever the next call says.
    const wishes = await record('remotes', () => beginRemotes(folder, order, services));
    const remotes = wishes && (await remoteStory(folder, wishes, order.deployDatabase ?? null, phase, services));
    await services.state.setProjectStatus(id, 'ready');
    return {
      project: { id, name, directory },
      decision,
      database: database && {
        name: database.name,
        tables: schema?.tables.map((table) => table.name) ?? [],
        accounts: schema?.accounts ? { table: schema.accounts.table, login: schema.accounts.login } : null,
        ...(contract && schema && { keys: planContract(contract, schema).keys?.table ?? null }),
      },
      endpoints: endpoints.map(({ method, path, status, reason }) => ({ method, path, status, reason })),
      url: deployment.url,
      ...(contract && { missing: missingOperations(contract, schema, endpoints) }),
      checks: proof?.checks ?? [],
      verification: proof?.verification ?? null,
      remotes,
      costUsd: (await services.state.modelSpending(id)).costUsd,
    };
  } finally {
    await trial?.end();
  }
}

/** Nothing when nobody wanted it. Throws `verify.failed`; the report is there all the same. */
async function prove(
  folder: ProjectFolder,
  { verify = 'quick' }: CreateOrder,
  trial: PreparedTrial | null,
  phase: Phase,
  services: Services,
): Promise<Pick<Created, 'checks' | 'verification'> | null> {
  if (verify === 'none') return null;
  return phase('verify', 'Prove that it works', async () => {
    const report = await verifyProject(folder, { profile: verify, ...(trial ? { trial } : {}) }, services);
    const path = await saveReport(folder, report, null, services);
    assertPassed(report, path);
    return {
      checks: report.sections.flatMap(({ checks }) => checks.map(({ name, passed }) => ({ name, passed }))),
      verification: {
        profile: report.profile,
        sections: report.sections.map(({ name, outcome, reason }) => ({ name, outcome, reason })),
        attempts: (report.attacks?.attacks ?? []).reduce((sum, { attempts }) => sum + attempts, 0),
        indexes: report.indexes.map(({ fix }) => fix),
        report: path,
      },
    };
  });
}

async function noDatabase(folder: ProjectFolder, services: Services): Promise<Database | null> {
  await register(folder, services);
  return null;
}
