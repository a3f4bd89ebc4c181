import { databaseNames } from '../domain/database.ts';
import { isTurboError, type TurboError } from '../domain/errors.ts';
import {
  type DatabaseTarget,
  describeRefusal,
  isTransientState,
  type Observation,
  type ProvisionStep,
  reconcile,
  retryTransient,
  type Wish,
} from '../domain/provisioning.ts';
import { storageWarning } from '../domain/storage.ts';
import type { ClusterInfo } from '../ports/cluster.ts';
import type { LockedAdmin, Passwords } from '../ports/database-admin.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord } from '../ports/state-records.ts';
import type { ReconcileNeeds, ReconcileOrder } from './reconcile-database/order.ts';
import { openPasswords, recordWish, settleRecord, targetOf } from './reconcile-database/wish.ts';

export { type Drift, findDrift } from './reconcile-database/find-drift.ts';
export type { ReconcileNeeds, ReconcileOrder } from './reconcile-database/order.ts';

export interface Reconciled {
  /** Where it is, or was. */
  readonly cluster: ClusterInfo;
  /** False: the record was not as the order asked for, and nothing was done. */
  readonly met: boolean;
  /** Null when nothing is left and nothing is remembered any more. */
  readonly record: DatabaseRecord | null;
  /** What had to be done; empty when reality agreed with the wish. */
  readonly steps: readonly ProvisionStep[];
}

const TITLES: Readonly<Record<ProvisionStep, string>> = {
  'drop-invalid-database': 'Removed a database that was half dropped',
  'restore-database': 'Brought the database back from the trash',
  'create-roles': 'Set up five roles',
  'create-database': 'Created the database, closed to everybody',
  'open-database': 'Granted access to its own roles and opened it',
  'prepare-inside': 'Prepared schemas and default privileges',
  'refuse-writes': 'Took the right to add and change rows from the backend: its storage is full',
  'allow-writes': 'Gave the right to add and change rows back to the backend',
  'shut-database': 'Closed the database and its logins',
  'move-to-trash': 'Moved the database to the trash',
  'drop-database': 'Dropped the database',
  'drop-trash': 'Dropped the database in the trash',
  'drop-roles': 'Dropped the roles',
};

/**
 * Brings a project's database in one environment to what is wished: there, in the trash, or gone. The one function that
 * changes databases: create, provision, deprovision, undo, rotation and doctor are wishes of it (RELIABILITY 3.3). Safe
 * to repeat, to run many times at once, and to resume after a crash at any point; the wish, with the sealed passwords,
 * is recorded before anything is done. `trashed` and `absent` need no password and so no master key; they do nothing
 * when there is no record, since what nobody remembers making is never touched. A failure that no retry cures is
 * recorded; what this very run has begun is then taken away again. Throws `cluster.*`, `secret.unreadable`,
 * `project.damaged`, `limit.reached`, `database.foreign` for objects that are not ours, and `database.failed`.
 */
export async function reconcileDatabase(order: ReconcileOrder, services: ReconcileNeeds): Promise<Reconciled> {
  const steps: ProvisionStep[] = [];
  const run: Run = { order, services, steps, first: null, record: null };
  return retryTransient(
    async () => {
      const cluster = await services.cluster.ensure();
      return services.databases.withProjectLock(
        order.projectId,
        (admin) => reconcileLocked(run, cluster, admin),
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
  ).catch(async (error) => {
    if (!(error instanceof SqlError)) throw error;
    if (isTransientState(error.state)) await noteFailure(run, error);
    throw describeRefusal(error, databaseNames(order.projectId, order.env).database);
  });
}

/** One call, over all its tries. */
interface Run {
  readonly order: ReconcileOrder;
  readonly services: ReconcileNeeds;
  readonly steps: ProvisionStep[];
  /** What was there when we came, as long as nobody else has worked on it since: only what was not may be taken away. */
  first: Observation | null;
  /** The wish of the last try. */
  record: DatabaseRecord | null;
}

async function reconcileLocked(run: Run, cluster: ClusterInfo, admin: LockedAdmin): Promise<Reconciled> {
  const { order, services, steps } = run;
  const reached = (point: string) => order.onStep?.(point);
  reached('locked');
  const record = await recordWish(order, services, cluster);
  if (record === 'nothing' || record === 'unmet') return { record: null, steps, cluster, met: record !== 'unmet' };
  reached('wished');
  // A wish of ours that is carried out again raises the generation by one; anything else was somebody else.
  if (run.record && record.generation > run.record.generation + 1) run.first = null;
  run.record = record;
  const target = targetOf(record, services);
  const { wish } = order;
  const passwords = wish === 'present' ? await openPasswords(record, services) : null;
  let last: Observation;
  try {
    last = await settleReality(run, wish, target, passwords, admin);
  } catch (error) {
    if (isPermanent(error)) await giveUp(run, admin, record, error);
    throw error;
  }
  const warning =
    last.bytes === null ? null : storageWarning(target.names.database, last.bytes, target.limits.storageMb);
  if (warning !== null) services.progress({ kind: 'warning', message: warning });
  reached('before:settle');
  const settled = await settleRecord(record, wish === 'trashed' && last.trash === 'absent' ? 'absent' : wish, services);
  reached('settled');
  return { record: settled, steps, cluster, met: true };
}

async function settleReality(
  run: Run,
  wish: Wish,
  target: DatabaseTarget,
  passwords: Passwords | null,
  admin: LockedAdmin,
): Promise<Observation> {
  const records: Promise<void>[] = [];
  const look = async () => {
    const observed = await admin.observe(target, passwords);
    run.first ??= observed;
    return observed;
  };
  const apply = async (step: ProvisionStep) => {
    records.push((await applyStep(run, step, target, passwords, admin)).recorded);
  };
  let last = await reconcile(wish, { observe: look, apply });
  // Nothing was there to keep: what is left of it, the roles, goes as well.
  if (wish === 'trashed' && last.trash === 'absent') last = await reconcile('absent', { observe: look, apply });
  await Promise.all(records);
  return last;
}

/** The promise given back settles when the statements are recorded: the next step need not wait for that. */
async function applyStep(
  { order, services, steps }: Run,
  step: ProvisionStep,
  target: DatabaseTarget,
  passwords: Passwords | null,
  admin: LockedAdmin,
): Promise<{ readonly recorded: Promise<void> }> {
  const { projectId, env } = order;
  const statements: string[] = [];
  order.onStep?.(`before:${step}`);
  await admin.apply(step, target, passwords, (sql) => statements.push(sql));
  order.onStep?.(`after:${step}`);
  steps.push(step);
  // What came back with all its rows is more than a detail.
  services.progress({ kind: step === 'restore-database' ? 'note' : 'detail', message: TITLES[step] });
  const sql = `${statements.join(';\n')};`;
  const recorded = services.state.recordQuery({ projectId, env, kind: 'provision', sql });
  // Looked at in the end; until then a failure must not count as forgotten.
  recorded.catch(() => {});
  return { recorded };
}

/** Refusals that the next try would meet again; those of the network, the key and strangers' objects say so themselves. */
function isPermanent(error: unknown): error is SqlError | TurboError {
  if (error instanceof SqlError) return !isTransientState(error.state);
  return isTurboError(error, 'cluster.denied') || isTurboError(error, 'database.failed');
}

function describeFailure(error: SqlError | TurboError): string {
  return `${error instanceof SqlError ? error.state : error.code}: ${error.message}`;
}

/** Tried often enough: what was in the way is kept for whoever looks. */
async function noteFailure({ record, services }: Run, error: SqlError): Promise<void> {
  if (record === null) return;
  const { projectId, env, generation, status } = record;
  // The first failure is the one to tell, also when the metadata database is what is away.
  await services.state
    .settleDatabase(projectId, env, generation, { status, lastError: describeFailure(error) })
    .catch(() => false);
}

/**
 * A failure no retry cures. A database that was there before stays as it was; a half-made one goes, and the wish says so
 * first, so that a crash in here is finished by whoever comes next. What somebody else has taken up meanwhile is theirs.
 */
async function giveUp(
  run: Run,
  admin: LockedAdmin,
  record: DatabaseRecord,
  cause: SqlError | TurboError,
): Promise<void> {
  const { projectId, env, generation } = record;
  const { state, progress } = run.services;
  const lastError = describeFailure(cause);
  const { first } = run;
  const isOurBeginning =
    record.desired === 'present' &&
    record.status !== 'ready' &&
    first?.database === 'absent' &&
    first.trash === 'absent';
  if (!isOurBeginning) {
    const status = record.status === 'ready' ? 'ready' : 'failed';
    await state.settleDatabase(projectId, env, generation, { status, lastError });
    return;
  }
  const farewell = await state.abandonDatabase(projectId, env, generation);
  if (farewell === null) return;
  const target = targetOf(record, run.services);
  try {
    await reconcile('absent', {
      observe: () => admin.observe(target, null),
      apply: async (step) => (await applyStep(run, step, target, null, admin)).recorded,
    });
  } catch (error) {
    // The first failure is the one to tell; the wish stays, and deprovision or the next provision takes it up.
    const message = error instanceof Error ? error.message : String(error);
    progress({ kind: 'warning', message: `Could not take the half-made database away: ${message}` });
  }
  await state.settleDatabase(projectId, env, farewell.generation, { status: 'failed', lastError });
}
