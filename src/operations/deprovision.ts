import { databaseNames, type Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import {
  assertSamePlace,
  describeRefusal,
  isTransientState,
  reconcile,
  retryTransient,
} from '../domain/provisioning.ts';
import type { LockedAdmin } from '../ports/database-admin.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';

export interface DeprovisionOrder {
  readonly projectId: string;
  readonly env: Environment;
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: (point: string) => void;
}

type Hands = Needs<'cluster' | 'databases' | 'state' | 'clock' | 'progress'>;

/**
 * Takes a project's database and roles away for good, with everything in them; the record goes last. Gives false when
 * there is no record: what nobody remembers making is never dropped. Needs no password, so it works without the master
 * key; safe to repeat and to resume. Throws `database.foreign`, `database.failed`, `cluster.*`.
 */
export async function deprovision(order: DeprovisionOrder, services: Hands): Promise<boolean> {
  return retryTransient(
    async () => {
      const cluster = await services.cluster.ensure();
      return services.databases.withProjectLock(
        order.projectId,
        (admin) => removeLocked(order, services, cluster.systemIdentifier, admin),
        (holder) => services.progress({ kind: 'note', message: `Waiting for another process (${holder})` }),
      );
    },
    {
      isTransient: (error) => error instanceof SqlError && isTransientState(error.state),
      sleep: (ms) => services.clock.sleep(ms),
      // The fraction of a millisecond at which it failed is as good as a die.
      chance: () => services.clock.elapsedMs() % 1,
    },
  ).catch((error) => {
    if (error instanceof SqlError) throw describeRefusal(error, databaseNames(order.projectId, order.env).database);
    throw error;
  });
}

async function removeLocked(
  order: DeprovisionOrder,
  { state, progress }: Hands,
  systemIdentifier: string,
  admin: LockedAdmin,
): Promise<boolean> {
  const { projectId, env } = order;
  const reached = (point: string) => order.onStep?.(point);
  const names = databaseNames(projectId, env);
  reached('locked');
  const known = await state.findDatabase(projectId, env);
  if (!known) return false;
  assertSamePlace(known, projectId, env, systemIdentifier);
  const { databaseName, secrets } = known;
  const wish = await state.wishDatabase({ projectId, env, databaseName, systemIdentifier, secrets, desired: 'absent' });
  reached('wished');
  await reconcile('absent', {
    observe: () => admin.observe(names, null),
    apply: async (step) => {
      const statements: string[] = [];
      reached(`before:${step}`);
      await admin.apply(step, names, null, (sql) => statements.push(sql));
      reached(`after:${step}`);
      progress({ kind: 'detail', message: step === 'drop-roles' ? 'Dropped the roles' : 'Dropped the database' });
      await state.recordQuery({ projectId, env, kind: 'provision', sql: `${statements.join(';\n')};` });
    },
  });
  reached('before:forget');
  if (await state.deleteDatabase(projectId, env, wish.generation)) return true;
  throw new TurboError('cluster.locked', `Another process has changed the wish for project ${projectId} meanwhile.`, {
    hint: 'turbobackend status',
    details: { projectId },
  });
}
