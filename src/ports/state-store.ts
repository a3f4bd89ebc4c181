import type { Environment, LoginRole } from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';
import type { Framework } from '../domain/framework.ts';
import type { ModelCost, Spending } from '../domain/model-cost.ts';
import type {
  DatabaseRecord,
  DatabaseWish,
  ModelCall,
  ModelCallEnd,
  ProjectRecord,
  RemoteRecord,
  ScratchRecord,
  SealedSecrets,
  VerificationRecord,
  VersionRecord,
} from './state-records.ts';

/** The metadata database. Made by need, upgraded at the first use, refused (`metadata.newer`) when it is ahead of us. */
export interface StateStore {
  /** What version the metadata have and what this program knows; `found` is null when there are none. Changes nothing. */
  version(): Promise<{ readonly found: number | null; readonly known: number }>;
  /** Inserts the project for the acting user, or gives the one that already has this folder (two creates at once: one row). */
  claimProject(project: Omit<ProjectRecord, 'status' | 'owner'>): Promise<ProjectRecord>;
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
   * already wishes the same and is settled. The name in the trash, once given, stays until it is settled as ready. One
   * for a project that is being destroyed, or was, is refused with `project.not_found`.
   */
  wishDatabase(wish: DatabaseWish): Promise<DatabaseRecord>;
  /**
   * The end of a failed beginning: wishes it absent, only when `generation` is still the row's. Null otherwise: somebody
   * else has taken it up.
   */
  abandonDatabase(projectId: string, env: Environment, generation: number): Promise<DatabaseRecord | null>;
  findDatabase(projectId: string, env: Environment): Promise<DatabaseRecord | null>;
  /** All, or those of one project, by name. */
  listDatabases(projectId?: string): Promise<readonly DatabaseRecord[]>;
  /** What has been in the trash for its seven days by the clock of the metadata database, and nobody has wished back. */
  listExpiredTrash(): Promise<readonly DatabaseRecord[]>;
  /** Records whose project is not there any more, and that are no scratch; all, or those of one id, or of the name a destroyed project had. */
  listForsaken(idOrName?: string): Promise<readonly DatabaseRecord[]>;
  /**
   * Only when `generation` is still the row's; false otherwise. Settled as ready without an error, next
   * secrets become the secrets and nothing is in the trash any more.
   */
  settleDatabase(
    projectId: string,
    env: Environment,
    generation: number,
    outcome: { status: DatabaseRecord['status']; lastError?: string | null },
  ): Promise<boolean>;
  deleteDatabase(projectId: string, env: Environment, generation: number): Promise<boolean>;
  /** Writes down the new passwords, under a new generation, before any role has them. False when the row has another generation, or some already. */
  beginRotation(projectId: string, env: Environment, generation: number, next: SealedSecrets): Promise<boolean>;
  /** The new passwords are everywhere. */
  endRotation(projectId: string, env: Environment): Promise<void>;
  /** Replaces one sealed value (its key is another, the password the same), only when it still is `from`. */
  resealSecret(
    place: { projectId: string; env: Environment; role: LoginRole; slot: 'secrets' | 'nextSecrets' },
    from: string,
    to: string,
  ): Promise<boolean>;
  /**
   * Refuses everything sealed with these keys from now on, whoever writes it, in this very instant provided that nothing
   * of the kind is stored. False, and nothing changes, when something is. `keyIdOf` a value is its second part.
   */
  retireKeys(keyIds: readonly string[]): Promise<boolean>;
  /** Limits of one database; null: as the settings say. Those left out stay. `provision` carries them out. */
  setLimits(projectId: string, env: Environment, limits: Partial<DatabaseRecord['limits']>): Promise<void>;

  /** Written down before anything of it exists. */
  addScratch(scratch: ScratchRecord): Promise<void>;
  /** All, oldest first, or those of one project. */
  listScratches(projectId?: string): Promise<readonly ScratchRecord[]>;
  removeScratch(id: string): Promise<void>;

  /** Written down before its step begins; gives its number, one more than the last. */
  addVersion(projectId: string, version: Pick<VersionRecord, 'kind' | 'state' | 'details'>): Promise<number>;
  updateVersion(projectId: string, version: Pick<VersionRecord, 'number' | 'state' | 'details'>): Promise<void>;
  /** For one whose step has done nothing. */
  removeVersion(projectId: string, number: number): Promise<void>;
  /** Oldest first. */
  listVersions(projectId: string): Promise<readonly VersionRecord[]>;

  /** Takes the place of the project's last one. */
  recordVerification(projectId: string, verification: VerificationRecord): Promise<void>;
  /** Null when the project was never verified. */
  findVerification(projectId: string): Promise<VerificationRecord | null>;

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
    /** What the server is written for, and where. */
    framework: Framework;
    directory: string;
  }): Promise<void>;
  /** The schemas a project was generated from last, newest first, each once; as they were recorded. */
  listGeneratedSchemas(projectId: string): Promise<readonly unknown[]>;
  /** Written down before the call is made; gives the id of the record. */
  beginModelCall(call: ModelCall): Promise<number>;
  endModelCall(id: number, end: ModelCallEnd): Promise<void>;
  /** The newest good answer to a question; null when there is none. */
  findModelAnswer(key: string): Promise<string | null>;
  /** These answers were of no use in the end: nobody is given them again. */
  rejectModelAnswers(keys: readonly string[]): Promise<void>;
  /** Keeps what came of the tools that an answer asked for; the first to say so is believed. */
  recordToolResults(key: string, results: readonly string[]): Promise<void>;
  /** Null when it is not recorded. */
  findToolResults(key: string): Promise<readonly string[] | null>;
  /** What a project has cost so far. */
  modelSpending(projectId: string): Promise<Spending>;
  /** Calls by project, phase, model and day; all, or those of one project. */
  listModelCosts(projectId?: string): Promise<readonly ModelCost[]>;
  /**
   * Written down before anything is made there; what is known of this place already is kept, and `details` are added.
   * Refused with `project.not_found` for a project that is being destroyed, or was.
   */
  wishRemote(wish: Omit<RemoteRecord, 'status' | 'updatedAt'>): Promise<void>;
  /** It is there; `details` are added to what is known of it. */
  settleRemote(found: Omit<RemoteRecord, 'status' | 'updatedAt'>): Promise<void>;
  /** All, or those of one project, in the order they were wished. */
  listRemotes(projectId?: string): Promise<readonly RemoteRecord[]>;
  /** Nothing is left there. */
  forgetRemote(place: Pick<RemoteRecord, 'projectId' | 'remote' | 'place'>): Promise<void>;
  /** What happened to a project, for people: "created", "started", "destroyed". */
  recordActivity(activity: {
    projectId: string | null;
    action: string;
    details?: Readonly<Record<string, unknown>>;
  }): Promise<void>;
  close(): Promise<void>;
}
