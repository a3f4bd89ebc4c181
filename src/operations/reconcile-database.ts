import { type Database, databaseNames, type Environment, LOGIN_ROLES } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import {
  assertSamePlace,
  describeRefusal,
  isTransientState,
  type Observation,
  type ProvisionStep,
  passwordContext,
  reconcile,
  retryTransient,
} from '../domain/provisioning.ts';
import { generatePassword } from '../domain/scram.ts';
import type { ClusterInfo } from '../ports/cluster.ts';
import type { LockedAdmin, Passwords } from '../ports/database-admin.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord } from '../ports/state-store.ts';

export interface ProvisionOrder {
  readonly projectId: string;
  readonly env: Environment;
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: (point: string) => void;
}

type Hands = Needs<'cluster' | 'databases' | 'state' | 'vault' | 'clock' | 'progress'>;

const TITLES: Readonly<Record<ProvisionStep, string>> = {
  'drop-invalid-database': 'Removed a database that was half dropped',
  'create-roles': 'Set up five roles',
  'create-database': 'Created the database, closed to everybody',
  'open-database': 'Granted access to its own roles and opened it',
  'prepare-inside': 'Prepared schemas and default privileges',
  'drop-database': 'Dropped the database',
  'drop-roles': 'Dropped the roles',
};

/**
 * Gives a project its own roles and database in one environment; safe to repeat, to run twice at once, and to resume
 * after a crash at any point (RELIABILITY 3.3). The wish with the sealed passwords is recorded before anything exists.
 * A failure that no retry cures is recorded; what this very run has begun is then taken away again. Throws `cluster.*`,
 * `secret.unreadable`, `project.damaged`, `database.foreign` for objects that are not ours, and `database.failed`.
 */
export async function provision(order: ProvisionOrder, services: Hands): Promise<Database> {
  // Only what was not there when we came may be taken away when we fail.
  const run = { first: undefined as Observation | undefined };
  return retryTransient(
    async () => {
      const cluster = await services.cluster.ensure();
      return services.databases.withProjectLock(
        order.projectId,
        (admin) => provisionLocked(order, services, cluster, admin, run),
        (holder) => services.progress({ kind: 'note', message: `Waiting for another process (${holder})` }),
      );
    },
    {
      isTransient: (error) => error instanceof SqlError && isTransientState(error.state),
      sleep: (ms) => services.clock.sleep(ms),
      // The fraction of a millisecond at which it failed is as good as a die.
      chance: () => services.clock.elapsedMs() % 1,
      onRetry: (error) =>
        services.progress({ kind: 'detail', message: `Trying again: ${error instanceof Error ? error.message : ''}` }),
    },
  ).catch((error) => {
    if (error instanceof SqlError) throw describeRefusal(error, databaseNames(order.projectId, order.env).database);
    throw error;
  });
}

async function provisionLocked(
  order: ProvisionOrder,
  services: Hands,
  cluster: ClusterInfo,
  admin: LockedAdmin,
  run: { first: Observation | undefined },
): Promise<Database> {
  const { projectId, env } = order;
  const { state } = services;
  const names = databaseNames(projectId, env);
  const reached = (point: string) => order.onStep?.(point);
  reached('locked');
  const wish = await recordWish(order, services, cluster);
  reached('wished');
  const passwords = await openPasswords(wish, services);
  const records: Promise<void>[] = [];
  try {
    await reconcile('present', {
      observe: async () => {
        const observed = await admin.observe(names, passwords);
        run.first ??= observed;
        return observed;
      },
      apply: async (step) => {
        records.push((await applyStep(step, order, services, admin, passwords)).recorded);
      },
    });
    await Promise.all(records);
  } catch (error) {
    if (error instanceof SqlError && !isTransientState(error.state))
      await giveUp(order, services, admin, wish, run, error);
    throw error;
  }
  reached('before:settle');
  if (wish.status !== 'ready' || wish.lastError !== null) {
    const settled = await state.settleDatabase(projectId, env, wish.generation, { status: 'ready' });
    if (!settled) throw overtaken(projectId);
  }
  reached('settled');
  const { host, port } = cluster;
  return { projectId, env, name: names.database, host, port, user: names.app, status: 'ready' };
}

/** The intent, before anything exists: from here on a password can no longer be lost. */
async function recordWish(
  { projectId, env }: ProvisionOrder,
  { state, vault }: Hands,
  cluster: ClusterInfo,
): Promise<DatabaseRecord> {
  const known = await state.findDatabase(projectId, env);
  if (known) assertSamePlace(known, projectId, env, cluster.systemIdentifier);
  const secrets = known?.secrets ?? {
    mig: await vault.seal(generatePassword(), passwordContext(projectId, env, 'mig')),
    app: await vault.seal(generatePassword(), passwordContext(projectId, env, 'app')),
    ro: await vault.seal(generatePassword(), passwordContext(projectId, env, 'ro')),
  };
  return state.wishDatabase({
    projectId,
    env,
    databaseName: databaseNames(projectId, env).database,
    systemIdentifier: cluster.systemIdentifier,
    desired: 'present',
    secrets,
  });
}

async function openPasswords({ projectId, env, secrets }: DatabaseRecord, { vault }: Hands): Promise<Passwords> {
  const [mig, app, ro] = await Promise.all(
    LOGIN_ROLES.map((role) => vault.open(secrets[role], passwordContext(projectId, env, role))),
  );
  if (mig === undefined || app === undefined || ro === undefined) throw new RangeError('there are three logins');
  return { mig, app, ro };
}

/** The promise given back settles when the statements are recorded: the next step need not wait for that. */
async function applyStep(
  step: ProvisionStep,
  order: ProvisionOrder,
  { state, progress }: Hands,
  admin: LockedAdmin,
  passwords: Passwords | null,
): Promise<{ readonly recorded: Promise<void> }> {
  const { projectId, env } = order;
  const statements: string[] = [];
  order.onStep?.(`before:${step}`);
  await admin.apply(step, databaseNames(projectId, env), passwords, (sql) => statements.push(sql));
  order.onStep?.(`after:${step}`);
  progress({ kind: 'detail', message: TITLES[step] });
  const recorded = state.recordQuery({ projectId, env, kind: 'provision', sql: `${statements.join(';\n')};` });
  // Looked at in the end; until then a failure must not count as forgotten.
  recorded.catch(() => {});
  return { recorded };
}

/**
 * A failure no retry cures. A database that was there before stays as it was; a half-made one goes, and the wish says so
 * first, so that a crash in here is finished by whoever comes next.
 */
async function giveUp(
  order: ProvisionOrder,
  services: Hands,
  admin: LockedAdmin,
  wish: DatabaseRecord,
  run: { first: Observation | undefined },
  cause: SqlError,
): Promise<void> {
  const { projectId, env } = order;
  const { state } = services;
  const lastError = `${cause.state}: ${cause.message}`;
  const isOurBeginning = wish.status !== 'ready' && run.first?.database === 'absent';
  if (!isOurBeginning) {
    const status = wish.status === 'ready' ? 'ready' : 'failed';
    await state.settleDatabase(projectId, env, wish.generation, { status, lastError });
    return;
  }
  const { databaseName, systemIdentifier, secrets } = wish;
  const farewell = await state.wishDatabase({
    projectId,
    env,
    databaseName,
    systemIdentifier,
    secrets,
    desired: 'absent',
  });
  try {
    await reconcile('absent', {
      observe: () => admin.observe(databaseNames(projectId, env), null),
      apply: async (step) => (await applyStep(step, order, services, admin, null)).recorded,
    });
  } catch (error) {
    // The first failure is the one to tell; the wish stays, and deprovision or the next provision takes it up.
    const message = error instanceof Error ? error.message : String(error);
    services.progress({ kind: 'warning', message: `Could not take the half-made database away: ${message}` });
  }
  await state.settleDatabase(projectId, env, farewell.generation, { status: 'failed', lastError });
}

function overtaken(projectId: string): TurboError {
  return new TurboError('cluster.locked', `Another process has changed the wish for project ${projectId} meanwhile.`, {
    hint: 'turbobackend status',
    details: { projectId },
  });
}
