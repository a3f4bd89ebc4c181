import type { Login } from '../domain/database.ts';

export interface ClusterInfo {
  readonly kind: 'embedded' | 'external';
  readonly host: string;
  readonly port: number;
  /** server_version_num, e.g. 180004. */
  readonly version: number;
  /** pg_control_system(): tells clusters apart even when they answer on the same port. */
  readonly systemIdentifier: string;
  /** Where an embedded cluster keeps its data; null for an external one. */
  readonly dataDirectory: string | null;
  /** The folder of a cluster that is gone, with all its data: the one that runs now is new and empty. */
  readonly replaces?: string;
}

/** The PostgreSQL server all projects live in. Life cycle only; `DatabaseAdmin` works inside it. */
export interface Cluster {
  readonly kind: 'embedded' | 'external';
  /**
   * Makes the cluster if there is none, starts it if it is down, attaches if it runs. Safe to call from many processes.
   * Throws `cluster.*`.
   */
  ensure(): Promise<ClusterInfo>;
  /** Looks without starting anything; null when it is down or was never made. */
  inspect(): Promise<ClusterInfo | null>;
  /** What there is of an embedded cluster on disk, whether or not it runs. `gone`: there was one, its data are not there. */
  condition?(): 'never-made' | 'made' | 'gone';
  /** Stops an embedded cluster (finishing running transactions); true when it was running. Refuses for an external one. */
  stop(): Promise<boolean>;
  /**
   * Folders that crashes in CREATE DATABASE left on disk and no database owns, with their sizes; none while the server is
   * down. Only where the files are ours to look at.
   */
  leaks?(): Promise<readonly { readonly path: string; readonly bytes: number }[]>;
  /**
   * Removes what `leaks` finds; gives the bytes that were freed. Starts the server if it is down; when there is something
   * to remove, restarts it, which cuts all connections.
   */
  removeLeaks?(): Promise<number>;
  /** The administrator's login; call `ensure` first. For cluster DDL and the metadata database, never for a project. */
  adminLogin(database: string): Login;
}
