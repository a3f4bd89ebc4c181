import type { Environment, LoginRole } from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';

export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  readonly request: string;
  /** Absolute path of the project folder. */
  readonly directory: string;
  readonly status: 'creating' | 'ready' | 'destroying';
  /** Unix seconds. */
  readonly createdAt: number;
}

export interface DatabaseRecord {
  readonly projectId: string;
  readonly env: Environment;
  readonly databaseName: string;
  readonly systemIdentifier: string;
  readonly desired: 'present' | 'absent';
  readonly status: 'creating' | 'ready' | 'deleting' | 'trashed' | 'failed';
  /** Grows with each change of `desired`; a late writer with an older one changes nothing. */
  readonly generation: number;
  /** Sealed passwords; see `Vault`. */
  readonly secrets: Readonly<Record<LoginRole, string>>;
  readonly lastError: string | null;
}

export interface ModelCall {
  readonly projectId: string | null;
  readonly phase: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** US dollars; null when the price is not known. */
  readonly costUsd: number | null;
  readonly ms: number;
  readonly outcome: 'ok' | 'failed';
}

/** The metadata database. Made by need, upgraded at the first use, refused (`metadata.newer`) when it is ahead of us. */
export interface StateStore {
  /** Inserts the project, or gives the one that already has this folder (two creates at once: one row). */
  claimProject(project: Omit<ProjectRecord, 'status'>): Promise<ProjectRecord>;
  findProject(id: string): Promise<ProjectRecord | null>;
  findProjectByDirectory(directory: string): Promise<ProjectRecord | null>;
  listProjects(): Promise<readonly ProjectRecord[]>;
  setProjectStatus(id: string, status: ProjectRecord['status']): Promise<void>;
  /** The project's folder lies elsewhere now. */
  moveProject(id: string, directory: string): Promise<void>;
  deleteProject(id: string): Promise<void>;
  /** A project of this id or name was destroyed before (and none of that name lives now). */
  wasDestroyed(idOrName: string): Promise<boolean>;

  /**
   * Writes the intent before anything exists. An existing row keeps its secrets and gets a new generation, unless it
   * already wishes the same and is settled.
   */
  wishDatabase(wish: Omit<DatabaseRecord, 'status' | 'generation' | 'lastError'>): Promise<DatabaseRecord>;
  findDatabase(projectId: string, env: Environment): Promise<DatabaseRecord | null>;
  listDatabases(): Promise<readonly DatabaseRecord[]>;
  /** Only when `generation` is still the row's; false otherwise. */
  settleDatabase(
    projectId: string,
    env: Environment,
    generation: number,
    outcome: { status: DatabaseRecord['status']; lastError?: string | null },
  ): Promise<boolean>;
  deleteDatabase(projectId: string, env: Environment, generation: number): Promise<boolean>;

  /** Keeps a statement run for a project (DDL of provisioning and migrations), without secrets. */
  recordQuery(query: {
    projectId: string;
    env: Environment;
    kind: 'provision' | 'migration';
    sql: string;
  }): Promise<void>;
  recordDeployment(deployment: Deployment, directory: string): Promise<void>;
  /** One row per generated version of a project's schema and files. */
  recordGeneration(generation: {
    projectId: string;
    schema: unknown;
    files: Readonly<Record<string, string>>;
    toolVersion: string;
  }): Promise<void>;
  recordModelCall(call: ModelCall): Promise<void>;
  /** What happened to a project, for people: "created", "started", "destroyed". */
  recordActivity(activity: {
    projectId: string | null;
    action: string;
    details?: Readonly<Record<string, unknown>>;
  }): Promise<void>;
  close(): Promise<void>;
}
