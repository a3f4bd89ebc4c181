import type { Environment } from '../domain/database.ts';
import { keepDatabase } from '../operations/keep-database.ts';
import { openLogin } from '../operations/open-login.ts';
import type { ReconcileNeeds } from '../operations/reconcile-database.ts';
import { configure } from '../phases/configure.ts';
import type { Needs, Services } from '../ports/services.ts';

/** What it takes to bring logins to where they are used. */
export type LoginNeeds = ReconcileNeeds & Needs<'sql' | 'workspace' | 'target'>;

/** Told of every point at which the work may be cut off; for tests. */
export type OnStep = (point: string) => void;

/** A project and where it lies (absolute path). */
export interface ProjectPlace {
  readonly id: string;
  readonly directory: string;
  /** People sign in to its backend. */
  readonly withAccounts?: boolean;
}

/**
 * Writes the logins of one environment into the `.env` files of a project. A change of passwords that was begun is
 * finished on the way: the roles first, then the files, then a server that runs here is replaced by one that reads
 * them. Cut off anywhere, the next call goes on, and begins no second change. Throws what `reconcileDatabase`,
 * `openLogin` and `DeployTarget.start` throw.
 */
export async function settleLogins(
  project: ProjectPlace,
  env: Environment,
  services: LoginNeeds,
  onStep: OnStep = () => {},
): Promise<{ readonly serverReplaced: boolean }> {
  const { state, databases, progress } = services;
  for (;;) {
    const record = await state.findDatabase(project.id, env);
    if (!record?.rotation) {
      await writeLogins(project, env, services);
      return { serverReplaced: false };
    }
    if (record.rotation === 'roles') {
      await keepDatabase({ projectId: project.id, env, onStep }, services);
      continue;
    }
    // Under the lock, so that nobody who was slower puts older passwords into the files.
    const settled = await databases.withProjectLock(
      project.id,
      () => settleFiles(project, env, services, onStep),
      (holder) => progress({ kind: 'note', message: `Waiting for another process (${holder})` }),
    );
    if (settled) return settled;
  }
}

/** Null when there is something else to do by now. */
async function settleFiles(
  project: ProjectPlace,
  env: Environment,
  services: LoginNeeds,
  onStep: OnStep,
): Promise<{ readonly serverReplaced: boolean } | null> {
  const record = await services.state.findDatabase(project.id, env);
  if (record?.rotation !== 'files') return null;
  onStep('before:files');
  await writeLogins(project, env, services);
  onStep('after:files');
  // The servers of the other environments are not ours to replace.
  const serverReplaced = env === 'dev' && (await replaceServer(project, services));
  onStep('after:server');
  await services.state.endRotation(project.id, env);
  onStep('rotated');
  return { serverReplaced };
}

async function writeLogins(
  { id, directory, withAccounts = false }: ProjectPlace,
  env: Environment,
  services: Needs<'cluster' | 'state' | 'vault' | 'sql' | 'workspace' | 'progress'>,
): Promise<void> {
  const [app, migrations] = await Promise.all([
    openLogin(id, env, 'app', services),
    openLogin(id, env, 'mig', services),
  ]);
  await configure({ directory, env, app, migrations, withAccounts }, services);
}

const RUNNING = ['running', 'unhealthy', 'restarting'];

async function replaceServer({ id, directory }: ProjectPlace, services: Pick<Services, 'target' | 'state'>) {
  const before = await services.target.inspect(id);
  if (before === null || !RUNNING.includes(before.status)) return false;
  const deployment = await services.target.startAgain({ projectId: id, directory });
  await services.state.recordDeployment(deployment, directory);
  return true;
}
