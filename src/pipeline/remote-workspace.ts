import { assertUsableElsewhere, type DeployLogins } from '../domain/deploy-logins.ts';
import { withLogin, withSecret } from '../domain/environment-file.ts';
import { isTurboError } from '../domain/errors.ts';
import { fileHash, type ProjectFolder } from '../domain/project.ts';
import { sandboxName } from '../domain/remote.ts';
import type { RemoteMachineOrder, RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import {
  filesChanged,
  filesToSend,
  quoted,
  type SandboxPlace,
  sandboxPlace,
  sendFiles,
  sumsOf,
} from './workspace-files.ts';
import { type Inside, serveInside } from './workspace-server.ts';
import { runStep, type SandboxStep, type StepTime } from './workspace-steps.ts';

/** How a project is tried in a sandbox. */
export interface WorkspaceWish {
  /** The sandbox stays when something fails, to be looked at; it ends by itself. */
  readonly keep: boolean;
  /** Image with Node 20 or newer, glibc and a shell; default `node:22-slim`. */
  readonly image?: string;
}

/** What came of it; no secret. */
export interface WorkspaceDone {
  readonly sandbox: string;
  /** Where the backend answers, for whoever has the preview's headers. */
  readonly url: string;
  /** The one it listens on there. */
  readonly port: number;
  /** The tests of the project need a database that is theirs, which there is only inside. */
  readonly tests: 'passed' | 'skipped';
  /** Files that are not there as they were sent, by their paths; kept in `.turbobackend/workspace/changed/`. */
  readonly changed: readonly string[];
  readonly steps: readonly StepTime[];
}

type WorkspaceNeeds = Needs<'remotes' | 'workspace' | 'templates' | 'http' | 'clock' | 'progress'>;

const IMAGE = 'node:22-slim';
/** Where packages come from, the programs of PostgreSQL among them. */
const REGISTRY = 'registry.npmjs.org';
const LIFE = { autoStopMinutes: 30, autoDeleteMinutes: 60 };
/** How large a project's sandbox is. */
export const RESOURCES = { cpus: 2, memoryGb: 4, diskGb: 5 };
const CHANGED = '.turbobackend/workspace/changed';

/**
 * Tries a project on a machine that is not ours: its files are sent, its packages installed, its database migrated, it is
 * built, tested and started, and asked for its health from outside. PostgreSQL runs inside, with passwords that are made
 * there, unless a database is given. Repeatable: the sandbox is found again by its name, and what it has done is used.
 * What fails takes the sandbox along, unless it is to be kept. Throws `remote.*`, `build.failed`, `migration.failed`,
 * `verify.failed`, `deploy.unhealthy`, and `usage.invalid` for a database that only this machine reaches.
 */
export async function remoteWorkspace(
  folder: ProjectFolder,
  wish: WorkspaceWish,
  database: DeployLogins | null,
  services: WorkspaceNeeds,
): Promise<WorkspaceDone> {
  for (const login of database ? [database.app, database.migrations] : []) {
    assertUsableElsewhere(login, 'A sandbox of Daytona');
  }
  const machines = await services.remotes.machines();
  const order = orderOf(folder, wish, database);
  const attempt = async (): Promise<WorkspaceDone> => {
    const { id, name } = await machines.ensure(order);
    try {
      return await tryInside({ machines, id, name }, folder, database, services);
    } catch (error) {
      if (!wish.keep && !isGone(error)) await giveUp(machines, id, services);
      throw error;
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (!isGone(error)) throw error;
    services.progress({
      kind: 'warning',
      message: 'The sandbox went away; everything is done once more in a new one.',
    });
    return attempt();
  }
}

function orderOf(
  { project }: ProjectFolder,
  { image = IMAGE }: WorkspaceWish,
  database: DeployLogins | null,
): RemoteMachineOrder {
  const domains = [REGISTRY, ...(database ? [database.app.host, database.migrations.host] : [])];
  return {
    projectId: project.id,
    name: sandboxName(project.id),
    labels: {},
    image,
    resources: RESOURCES,
    environment: {},
    ...LIFE,
    egress: { networks: [], domains: [...new Set(domains)] },
  };
}

const isGone = (error: unknown): boolean => isTurboError(error) && error.details?.isGone === true;

/** What failed is more important than what could not be cleared away: that ends by itself. */
async function giveUp(machines: RemoteMachines, id: string, { progress }: Needs<'progress'>): Promise<void> {
  await machines.remove(id).catch(() => {
    const message = 'The sandbox could not be removed now. It stops and is removed by itself within two hours.';
    progress({ kind: 'warning', message });
  });
}

async function tryInside(
  { machines, id, name }: Inside,
  folder: ProjectFolder,
  database: DeployLogins | null,
  services: WorkspaceNeeds,
): Promise<WorkspaceDone> {
  const { directory, project } = folder;
  const place = sandboxPlace(await machines.workDirectory(id));
  const tools = await services.templates.readTree('workspace');
  await machines.upload(id, place.tools, tools);
  const files = await filesToSend(directory, services);
  const sum = fileHash(JSON.stringify([Object.entries(sumsOf(files)).sort(), Object.entries(tools).sort()]));
  const { sent, removed } = await sendFiles(machines, id, place, files);
  services.progress({ kind: 'detail', message: `Sandbox ${name}: ${sent} files sent, ${removed} removed.` });
  const bench = { machines, id, place, directory, sum };
  const steps: StepTime[] = [];
  const isInside = project.schema !== null && database === null;
  if (database) await tellDatabase(machines, id, place, project.schema?.accounts !== undefined, database);
  for (const step of stepsOf(place, folder, isInside)) {
    if (step.name === 'database')
      await machines.startProcess(id, 'postgres', 'node serve-database.mjs', { cwd: place.tools });
    steps.push(await runStep(step, bench, services));
  }
  const served = { projectId: project.id, place, hasDatabase: project.schema !== null, sum };
  const { url, port } = await serveInside({ machines, id, name }, served, services);
  const changed = await filesChanged(machines, id, place, files);
  for (const [path, text] of Object.entries(changed))
    await services.workspace.write(directory, `${CHANGED}/${path}`, text);
  return { sandbox: name, url, port, tests: isInside ? 'passed' : 'skipped', changed: Object.keys(changed), steps };
}

const MINUTE = 60;

/** What is run there, in order. */
function stepsOf(
  { project, tools, root }: SandboxPlace,
  folder: ProjectFolder,
  isInside: boolean,
): readonly SandboxStep[] {
  const { schema } = folder.project;
  const step = (
    name: SandboxStep['name'],
    title: string,
    command: string,
    failure: SandboxStep['failure'],
    minutes: number,
    more: Partial<SandboxStep> = {},
  ): SandboxStep => ({
    ...{ name, title, command, failure, deadlineSeconds: minutes * MINUTE, cwd: project, isReused: false },
    ...more,
  });
  const install = step(
    'install',
    'Install packages',
    'npm ci --ignore-scripts --no-audit --no-fund',
    'build.failed',
    10,
    {
      isReused: true,
    },
  );
  const build = step('build', 'Build', 'npm run build', 'build.failed', 5, { isReused: true });
  const migrate = step('migrate', 'Migrate', 'npm run migrate', 'migration.failed', 5);
  if (!isInside) return [install, ...(schema ? [migrate] : []), build];
  const secret = schema?.accounts ? ' with-secret' : '';
  const inTools = { cwd: tools };
  const fetched = 'npm install --ignore-scripts --no-audit --no-fund';
  const trial = `node --env-file=${quoted(`${tools}/tests.env`)} scripts/migrate.mjs`;
  return [
    install,
    step('tools', 'Install PostgreSQL', fetched, 'build.failed', 10, { ...inTools, isReused: true }),
    step(
      'database',
      'Make databases',
      `node prepare-database.mjs ${quoted(`${root}/project`)}${secret}`,
      'remote.failed',
      3,
      inTools,
    ),
    migrate,
    step('tests-database', 'Migrate the database of the tests', trial, 'migration.failed', 5),
    build,
    step('test', 'Test', 'npm test', 'verify.failed', 15, { isReused: true }),
  ];
}

/** Logins that somebody gave, readable there by nobody else. */
async function tellDatabase(
  machines: RemoteMachines,
  id: string,
  { project }: SandboxPlace,
  hasAccounts: boolean,
  { app, migrations }: DeployLogins,
): Promise<void> {
  const server = withLogin(null, app);
  const names = ['.env', '.env.migrate'];
  const closed = names.map((name) => `touch ${name} && chmod 600 ${name}`).join(' && ');
  await machines.run(id, `mkdir -p ${quoted(project)} && cd ${quoted(project)} && ${closed}`, { isRepeatable: true });
  const texts = { '.env': hasAccounts ? withSecret(server) : server, '.env.migrate': withLogin(null, migrations) };
  await machines.upload(id, project, texts);
}
