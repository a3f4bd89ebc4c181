/**
 * The pure half of provisioning: from what is observed to the next step. The loop that observes, applies and records
 * is `phases/provision`; the SQL is the `DatabaseAdmin` adapter's. Retry, repair and roll-back are the same loop.
 */

/** What is really there, at one instant, for one project and environment. */
export interface Observation {
  /** An object of our name exists that does not carry our tag: never touched. Names the object, null when all is ours. */
  readonly foreign: string | null;
  readonly roles: 'absent' | 'incomplete' | 'complete';
  /** `invalid`: datconnlimit = -2, half dropped; `closed`: connections not allowed or settings, grants missing. */
  readonly database: 'absent' | 'invalid' | 'closed' | 'open';
  /** Schemas, grants and default privileges inside the database; `unknown` while there is no open database. */
  readonly inside: 'unknown' | 'incomplete' | 'complete';
  /** All three stored passwords log in; meaningless before the database is open. */
  readonly passwordsWork: boolean;
}

/** Steps in the order of RELIABILITY 3.3; each is atomic or a single statement. */
export type ProvisionStep =
  | 'drop-invalid-database'
  | 'create-roles'
  | 'create-database'
  | 'open-database'
  | 'prepare-inside'
  | 'drop-database'
  | 'drop-roles';

/** The next step towards the wish, or null when reality agrees with it. */
export function nextStep(observed: Observation, desired: 'present' | 'absent'): ProvisionStep | null {
  if (desired === 'absent') {
    if (observed.database !== 'absent') return 'drop-database';
    return observed.roles === 'absent' ? null : 'drop-roles';
  }
  if (observed.database === 'invalid') return 'drop-invalid-database';
  if (observed.roles !== 'complete') return 'create-roles';
  if (observed.database === 'absent') return 'create-database';
  if (observed.database === 'closed') return 'open-database';
  if (observed.inside !== 'complete') return 'prepare-inside';
  return observed.passwordsWork ? null : 'create-roles';
}
