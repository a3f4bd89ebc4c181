import { BACKEND_TABLES } from '../domain/backend-tables.ts';
import {
  APP_SCHEMA,
  type DatabaseLimits,
  type Environment,
  LOGIN_ROLES,
  limitsOf,
  TRASH_SECONDS,
} from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';
import { identifier } from '../domain/identifier.ts';
import type { Writes } from '../domain/storage.ts';
import type { Profile } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { DatabaseRecord, ProjectRecord } from '../ports/state-records.ts';
import { fingerprint } from './fingerprint.ts';
import { loginProblem, rotationProblem } from './login-problem.ts';
import { openLogin } from './open-login.ts';
import { readWrites, type StorageUse, storageUses } from './storage.ts';

export interface ProjectStatus {
  readonly project: ProjectRecord;
  /** The one of `dev`, which the local server uses; null when there is none. */
  readonly database: DatabaseStatus | null;
  /** Those of all environments. */
  readonly databases: readonly DatabaseStatus[];
  /** Null when it was never deployed. */
  readonly server: Deployment | null;
  /** The last one; null when there was none. */
  readonly verification: {
    readonly passed: boolean;
    readonly profile: Profile;
    /** Unix seconds. */
    readonly at: number;
    /** The files have changed since. */
    readonly isOutdated: boolean;
  } | null;
}

export interface DatabaseStatus {
  readonly env: Environment;
  readonly name: string;
  readonly status: string;
  /** The backend's own login works right now; null when that is not ours to try. */
  readonly reachable: boolean | null;
  /** What drifted: each login that does not work, and why. `provision` restores it. Of one's own projects only. */
  readonly problems: readonly string[];
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  /** `writes`: what is in force right now, which may not be what the size demands. */
  readonly storage: StorageUse & { readonly writes: Writes };
  readonly limits: DatabaseLimits;
  /** Null outside the trash; unix seconds. */
  readonly trash: { readonly name: string; readonly restorableUntil: number } | null;
}

type StatusNeeds = Needs<
  'state' | 'target' | 'cluster' | 'vault' | 'sql' | 'databases' | 'limits' | 'owner' | 'workspace'
>;

/**
 * What is true of a project right now, asked of the server and the databases themselves. Into somebody else's it does
 * not look: the passwords are their owner's.
 */
export async function projectStatus(project: ProjectRecord, services: StatusNeeds): Promise<ProjectStatus> {
  const [databases, server, verification] = await Promise.all([
    allDatabases(project, services),
    services.target.inspect(project.id),
    lastVerification(project, services),
  ]);
  return { project, database: databases.find(({ env }) => env === 'dev') ?? null, databases, server, verification };
}

async function lastVerification(
  { id, directory, owner }: ProjectRecord,
  services: Needs<'state' | 'workspace' | 'owner'>,
): Promise<ProjectStatus['verification']> {
  const last = await services.state.findVerification(id);
  if (last === null) return null;
  const { passed, profile, at } = last.report;
  // Somebody else's files are not ours to read.
  const isOwn = owner === services.owner;
  const isOutdated = isOwn && last.fingerprint !== (await fingerprint(directory, services));
  return { passed, profile, at, isOutdated };
}

async function allDatabases(project: ProjectRecord, services: StatusNeeds): Promise<readonly DatabaseStatus[]> {
  const records = await services.state.listDatabases(project.id);
  const uses = await storageUses(records, services);
  const found: DatabaseStatus[] = [];
  // One after the other: of the few connections a server has, a look takes no more than it must.
  for (const [index, record] of records.entries()) {
    const { bytes = null, limitMb = null, level = 'unlimited' } = uses[index] ?? {};
    const isOwn = project.owner === services.owner;
    found.push(await databaseStatus(record, { bytes, limitMb, level }, isOwn, services));
  }
  return found;
}

async function databaseStatus(
  record: DatabaseRecord,
  use: StorageUse,
  isOwn: boolean,
  services: StatusNeeds,
): Promise<DatabaseStatus> {
  const { projectId, env, databaseName: name, status, desired, trashName, trashedAt } = record;
  const trash =
    trashName === null || trashedAt === null ? null : { name: trashName, restorableUntil: trashedAt + TRASH_SECONDS };
  const storage = { ...use, writes: null };
  const known = { env, name, status, storage, limits: limitsOf(record.limits, services.limits), trash };
  if (!isOwn) return { ...known, reachable: null, problems: [], tables: [] };
  if (desired !== 'present') {
    const half = `It is half taken away: turbobackend deprovision ${projectId} --env ${env} --purge`;
    return { ...known, reachable: false, problems: desired === 'absent' ? [half] : [], tables: [] };
  }
  const tried = await Promise.all(
    LOGIN_ROLES.map(async (role) => ({ role, problem: await loginProblem(projectId, role, services, env) })),
  );
  const broken = tried.filter(({ problem }) => problem !== null);
  const works = (role: string) => broken.every((login) => login.role !== role);
  return {
    ...known,
    storage: { ...use, writes: works('ro') ? await readWrites(record, services) : null },
    reachable: works('app'),
    problems: [...new Set([...broken.map(({ problem }) => problem), rotationProblem(record)])].flatMap(
      (problem) => problem ?? [],
    ),
    tables: works('ro') ? await countRows(projectId, env, services) : [],
  };
}

async function countRows(
  projectId: string,
  env: Environment,
  services: StatusNeeds,
): Promise<DatabaseStatus['tables']> {
  const session = await services.sql.connect(await openLogin(projectId, env, 'ro', services));
  try {
    const found = await session.query(
      `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname <> ALL ($2) ORDER BY c.relname`,
      [APP_SCHEMA, BACKEND_TABLES],
    );
    const tables = [];
    for (const row of found.rows) {
      const table = String(row.name);
      const counted = await session.query(
        `SELECT count(*)::integer AS rows FROM ${identifier(APP_SCHEMA)}.${identifier(table)}`,
      );
      tables.push({ name: table, rows: Number(counted.rows[0]?.rows ?? 0) });
    }
    return tables;
  } catch (error) {
    // Rights that drifted inside are an answer here, not a failure: status tells the truth about everything else, too.
    if (error instanceof SqlError) return [];
    throw error;
  } finally {
    await session.close();
  }
}
