import {
  type DatabaseLimits,
  type DatabaseNames,
  databaseNames,
  type Environment,
  type LoginRole,
} from './database.ts';
import { TurboError } from './errors.ts';

/**
 * The pure half of provisioning: from what is observed to the next step. Retry, repair and roll-back are one loop
 * (`reconcile`); what it observes and applies with is given in, the SQL is the `DatabaseAdmin` adapter's.
 */

/** What somebody wants of a database: there, out of the way but with all rows, or gone for good. */
export type Wish = 'present' | 'trashed' | 'absent';

/** One database as it should be. */
export interface DatabaseTarget {
  readonly names: DatabaseNames;
  readonly limits: DatabaseLimits;
  /** The name it has, or will have, in the trash; null when it neither is nor goes there. */
  readonly trash: string | null;
}

/** What is really there, at one instant, for one project and environment. */
export interface Observation {
  /** An object of our name exists that does not carry our tag: never touched. Names the object, null when all is ours. */
  readonly foreign: string | null;
  readonly roles: 'absent' | 'incomplete' | 'complete';
  /** `invalid`: datconnlimit = -2, half dropped; `closed`: connections not allowed or settings, grants missing. */
  readonly database: 'absent' | 'invalid' | 'closed' | 'open';
  /** The database under its name in the trash. */
  readonly trash: 'absent' | 'invalid' | 'present';
  /** No role can log in, and neither the database nor the one in the trash takes connections. */
  readonly shut: boolean;
  /** Schemas, grants and default privileges inside the database; `unknown` while there is no open database. */
  readonly inside: 'unknown' | 'incomplete' | 'complete';
  /** All three stored passwords are those of the roles; true while that cannot be told. */
  readonly passwordsWork: boolean;
  /** Size on disk; null when its storage has no bound, or the size cannot be told. */
  readonly bytes: number | null;
  /** Its storage has a bound, and it has outgrown it. */
  readonly full: boolean;
  /** Whether the backend may add and change rows; `mixed`: it was taken away and is there again in part. */
  readonly writes: 'unknown' | 'allowed' | 'refused' | 'mixed';
}

/** Steps of RELIABILITY 3.3; each is atomic or a single statement. */
export type ProvisionStep =
  | 'drop-invalid-database'
  | 'restore-database'
  | 'create-roles'
  | 'create-database'
  | 'open-database'
  | 'prepare-inside'
  | 'refuse-writes'
  | 'allow-writes'
  | 'shut-database'
  | 'move-to-trash'
  | 'drop-database'
  | 'drop-trash'
  | 'drop-roles';

/** The next step towards the wish, or null when reality agrees with it. */
export function nextStep(observed: Observation, wish: Wish): ProvisionStep | null {
  switch (wish) {
    case 'present':
      return stepToPresent(observed);
    case 'trashed':
      return stepToTrash(observed);
    case 'absent':
      if (observed.database !== 'absent') return 'drop-database';
      if (observed.trash !== 'absent') return 'drop-trash';
      return observed.roles === 'absent' ? null : 'drop-roles';
  }
}

function stepToPresent(observed: Observation): ProvisionStep | null {
  if (observed.database === 'invalid') return 'drop-invalid-database';
  if (observed.database === 'absent' && observed.trash === 'present') return 'restore-database';
  if (observed.trash === 'invalid') return 'drop-trash';
  if (observed.roles !== 'complete' || !observed.passwordsWork) return 'create-roles';
  if (observed.database === 'absent') return 'create-database';
  if (observed.database === 'closed') return 'open-database';
  return observed.inside === 'complete' ? stepToFit(observed) : 'prepare-inside';
}

/** What has outgrown its storage takes no more rows until it fits again. */
function stepToFit({ full, writes }: Observation): ProvisionStep | null {
  if (writes === 'unknown') return null;
  if (full) return writes === 'refused' ? null : 'refuse-writes';
  return writes === 'allowed' ? null : 'allow-writes';
}

/** Shut first: a session that comes in between would keep the database from being renamed. */
function stepToTrash(observed: Observation): ProvisionStep | null {
  if (observed.database === 'invalid') return 'drop-invalid-database';
  if (observed.trash === 'invalid') return 'drop-trash';
  if (!observed.shut) return 'shut-database';
  return observed.database === 'absent' ? null : 'move-to-trash';
}

/** No wish needs more than five steps; twice as many mean that a step does not bring about what the next look asks for. */
const MAX_ROUNDS = 10;

/**
 * Looks, takes the next step, looks again, until reality agrees with the wish. Nothing is remembered between the
 * steps, so it may be cut off anywhere and started anew by anybody. Throws `database.foreign` when an object of our
 * name is not ours, `database.failed` when it does not settle, and whatever `observe` and `apply` throw.
 */
export async function reconcile(
  wish: Wish,
  hands: {
    observe(): Promise<Observation>;
    apply(step: ProvisionStep): Promise<void>;
  },
): Promise<Observation> {
  let step: ProvisionStep | null = null;
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    const observed = await hands.observe();
    if (observed.foreign !== null) {
      throw new TurboError('database.foreign', `The cluster already has ${observed.foreign}, which is not ours.`, {
        hint: 'Rename or drop it as its owner, or use another cluster, then run the same command again.',
        details: { object: observed.foreign },
      });
    }
    step = nextStep(observed, wish);
    if (step === null) return observed;
    await hands.apply(step);
  }
  throw new TurboError('database.failed', `Step "${step}" was done ${MAX_ROUNDS} times over and did not hold.`, {
    hint: 'Another program changes these roles or this database. Find it, then run the same command again.',
  });
}

/**
 * SQLSTATEs that another try may cure (RELIABILITY 3.3): connections (08), server going down or coming up (57P01-03),
 * slots, locks, objects in use, serialisation. Also what losing a race looks like: an object that appears between the
 * look and the step (42710, 42P04, 42P06, 23505), or a catalogue row changed by two at once (XX000).
 */
const TRANSIENT = new Set('57P01 57P02 57P03 53300 55006 55P03 40001 40P01 42710 42P04 42P06 23505 XX000'.split(' '));

export function isTransientState(state: string): boolean {
  return state.startsWith('08') || TRANSIENT.has(state);
}

const MAX_TRIES = 8;

/** Pause before try number `attempt` + 1 in milliseconds: doubles from 100 to 3000, `chance` in [0, 1) spreads it. */
export function backoffMs(attempt: number, chance: number): number {
  return Math.round(Math.min(3000, 100 * 2 ** attempt) * (0.5 + chance));
}

/** Runs `work` again after transient failures, at most 8 times in all; other failures and the last one pass through. */
export async function retryTransient<T>(
  work: () => Promise<T>,
  how: {
    isTransient(error: unknown): boolean;
    sleep(ms: number): Promise<void>;
    /** A number in [0, 1) that differs between processes: those that failed together must not come back together. */
    chance(): number;
    onRetry?(error: unknown): void;
  },
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!how.isTransient(error) || attempt + 1 >= MAX_TRIES) throw error;
      how.onRetry?.(error);
      await how.sleep(backoffMs(attempt, how.chance()));
    }
  }
}

/** What somebody can do about the refusals that are not faults of ours. */
const HINTS: Readonly<Record<string, string>> = {
  '53100': 'The disk of the database server is full. Free some space, then run the same command again.',
  '42501':
    'The administrator needs CREATEDB and CREATEROLE and must be the one who made this project here, or superuser rights. Then run the same command again.',
  '55006':
    'Somebody is connected to it whose session the administrator may not end. Close it, then run the same command again.',
  '2BP01': 'Other objects depend on it. Remove them as administrator, then run the same command again.',
};

/**
 * A server's refusal (SQLSTATE and message) that ended the work on a database, in the words of the product:
 * `cluster.unreachable` for a lost connection, `database.failed` otherwise.
 */
export function describeRefusal(refusal: { state: string; message: string }, database: string): TurboError {
  const details = { state: refusal.state };
  if (refusal.state.startsWith('08') || refusal.state.startsWith('57P')) {
    return new TurboError('cluster.unreachable', `PostgreSQL went away during the work on ${database}.`, {
      hint: 'turbobackend db start, then run the same command again: it continues where it was cut.',
      cause: refusal,
      details,
    });
  }
  return new TurboError('database.failed', `PostgreSQL refused the work on ${database}: ${refusal.message}`, {
    hint: HINTS[refusal.state] ?? 'turbobackend doctor, then run the same command again.',
    cause: refusal,
    details,
  });
}

/** What a sealed password belongs to; sealed with it, a secret copied to another project or role does not open. */
export function passwordContext(
  projectId: string,
  env: Environment,
  role: LoginRole,
): { table: string; row: string; field: string } {
  return { table: 'project_databases', row: `${projectId}:${env}`, field: `${role}_secret` };
}

/** The part of a recorded database that says where it is. */
interface DatabasePlace {
  readonly databaseName: string;
  readonly systemIdentifier: string;
}

/**
 * Refuses a record that cannot be the one of this project in this cluster (edited by hand, restored from elsewhere).
 * Throws `project.damaged` for another name, `database.foreign` for another cluster.
 */
export function assertSamePlace(
  record: DatabasePlace,
  projectId: string,
  env: Environment,
  systemIdentifier: string,
): void {
  const { database } = databaseNames(projectId, env);
  if (record.databaseName !== database) {
    throw new TurboError('project.damaged', `The records of project ${projectId} name another project's database.`, {
      hint: 'Restore turbobackend.json from git, then: turbobackend status',
    });
  }
  if (record.systemIdentifier !== systemIdentifier) {
    throw new TurboError('database.foreign', `Database ${database} was made in another cluster than the one in use.`, {
      hint: 'Point DB_ADMIN_URL (or DB_CLUSTER_HOST and DB_CLUSTER_PORT) back at the cluster it was made in.',
      details: { expected: record.systemIdentifier, found: systemIdentifier },
    });
  }
}
