import type { Login, LoginRole } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { Needs } from '../ports/services.ts';
import type { ScratchRecord } from '../ports/state-records.ts';
import { openLogin } from './open-login.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

export type ScratchNeeds = ReconcileNeeds & Needs<'sql' | 'ids'> & Partial<Needs<'ending'>>;

/** A database of a project's own kind, with roles of its own, that nobody else uses and that is gone afterwards. */
export interface ScratchDatabase {
  readonly id: string;
  login(role: LoginRole): Promise<Login>;
}

/**
 * Makes a database for the time of `work`, empty and with all promises of isolation, and takes it away again. It is
 * written down before anything of it exists, and a lock says that somebody uses it: what a killed process left goes with
 * the next call for the same project, or with `doctor --fix`, and one that is in use is never touched. Who ends the
 * process in the middle takes it away first. Throws what
 * `reconcileDatabase` and `work` throw.
 */
export async function withScratchDatabase<T>(
  projectId: string,
  services: ScratchNeeds,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const id = services.ids.projectId();
  await services.cluster.ensure();
  return services.databases.withProjectLock(lockName(id), async () => {
    await services.state.addScratch({ id, projectId });
    const forget = services.ending?.before(() => takeAway(id, services));
    try {
      await reconcileDatabase({ projectId: id, env: 'dev', wish: 'present' }, services);
      return await work({ id, login: (role) => openLogin(id, 'dev', role, services) });
    } finally {
      await takeAway(id, services);
      forget?.();
    }
  });
}

/** Taken beside the lock of the database itself, which each piece of work on it takes for a moment. */
function lockName(id: string): string {
  return `${id}_in_use`;
}

async function takeAway(id: string, services: ScratchNeeds): Promise<void> {
  try {
    await reconcileDatabase({ projectId: id, env: 'dev', wish: 'absent' }, services);
    await services.state.removeScratch(id);
  } catch (error) {
    // What failed before is the one to tell; the record stays, and the next verification takes it up.
    const message = error instanceof Error ? error.message : String(error);
    services.progress({
      kind: 'warning',
      message: `A scratch database is left for the next verification, or for turbobackend doctor --fix: ${message}`,
    });
  }
}

/**
 * Scratch databases whose process is gone, of one project or of all. Asked of their locks, so one in use is never among
 * them. Changes nothing.
 */
export async function findLeftScratches(
  projectId: string | undefined,
  services: Needs<'databases' | 'state'>,
): Promise<readonly ScratchRecord[]> {
  const left: ScratchRecord[] = [];
  for (const scratch of await services.state.listScratches(projectId)) {
    if (await whileUnused(scratch.id, services, async () => {})) left.push(scratch);
  }
  return left;
}

/** Takes one away for good; false when somebody uses it. Throws what `reconcileDatabase` throws. */
export async function removeScratch({ id }: Pick<ScratchRecord, 'id'>, services: ReconcileNeeds): Promise<boolean> {
  return whileUnused(id, services, async () => {
    await reconcileDatabase({ projectId: id, env: 'dev', wish: 'absent' }, services);
    await services.state.removeScratch(id);
  });
}

/** Takes away what killed verifications of a project left; what cannot be taken away now is left to the next one. */
export async function sweepScratches(projectId: string, services: ReconcileNeeds): Promise<void> {
  for (const scratch of await services.state.listScratches(projectId)) {
    const isGone = await removeScratch(scratch, services).catch(() => false);
    if (isGone) services.progress({ kind: 'detail', message: 'Took away what a killed verification had left' });
  }
}

class InUse extends TurboError {
  constructor(id: string) {
    super('cluster.locked', `Scratch database ${id} is in use.`);
  }
}

async function whileUnused(id: string, { databases }: Needs<'databases'>, work: () => Promise<void>): Promise<boolean> {
  try {
    await databases.withProjectLock(lockName(id), work, () => {
      throw new InUse(id);
    });
    return true;
  } catch (error) {
    if (error instanceof InUse) return false;
    throw error;
  }
}
