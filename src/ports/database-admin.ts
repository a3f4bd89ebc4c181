import type { Login, LoginRole } from '../domain/database.ts';
import type { DatabaseTarget, Observation, ProvisionStep } from '../domain/provisioning.ts';

/** One broken promise of isolation, with the check that found it (V1–V10, D1–D9 of the isolation checklist). */
export interface IsolationFinding {
  readonly check: string;
  readonly object: string;
  /** Nothing is known to be broken: this is what could not be looked at, and why. */
  readonly unchecked?: true;
}

/** A promise of isolation that this cluster, or this administrator, cannot give. */
export interface IsolationLimit {
  /** The check it would be looked for by. */
  readonly check: string;
  /** What is missing and what that means, in a sentence. */
  readonly reason: string;
  /** What an administrator could do about it. */
  readonly remedy: string;
}

/** Plain passwords of the three logins; in memory only. */
export type Passwords = Readonly<Record<LoginRole, string>>;

/** Administration under a project's lock; everything runs on the one connection that holds the lock. */
export interface LockedAdmin {
  /**
   * What is really there for these names, including whether the stored passwords log in. Without passwords it does not
   * look inside the database: enough for the trash and for taking it away.
   */
  observe(target: DatabaseTarget, passwords: Passwords | null): Promise<Observation>;
  /**
   * Carries one step out; every statement run is given to `onStatement` (secrets masked). Only `create-roles` and
   * `prepare-inside` need passwords. Throws `SqlError` for what the server refuses.
   */
  apply(
    step: ProvisionStep,
    target: DatabaseTarget,
    passwords: Passwords | null,
    onStatement: (sql: string) => void,
  ): Promise<void>;
}

/** Makes and takes away databases and roles in a cluster. */
export interface DatabaseAdmin {
  /**
   * Waits for the project's lock (advisory, on the connection that runs the DDL, so it dies with the process), runs
   * `work`, lets go. Throws `cluster.locked` after the deadline and `cluster.*` when the cluster cannot be reached.
   * `onWait` is told once who is in the way; what it throws ends the waiting.
   */
  withProjectLock<T>(
    projectId: string,
    work: (admin: LockedAdmin) => Promise<T>,
    onWait?: (holder: string) => void,
  ): Promise<T>;
  /** All databases of the cluster with our name pattern, also those in the trash, for finding orphans. */
  listDatabases(): Promise<readonly string[]>;
  /** Bytes on disk of those of the named databases that are there and that the administrator may measure. */
  sizes(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** All roles of the cluster with our name pattern and our tag. */
  listRoles(): Promise<readonly string[]>;
  /**
   * Runs the isolation checklist over the cluster, and over every project database as the reading login that
   * `loginFor` gives for it: the administrator enters none. Null, or a login that does not get in, is told as `unchecked`.
   */
  checkIsolation(loginFor: (databaseName: string) => Promise<Login | null>): Promise<readonly IsolationFinding[]>;
  /** What the checklist leaves out here because this cluster or its administrator cannot do better; empty for a superuser. */
  limits(): Promise<readonly IsolationLimit[]>;
}
