import { APP_SCHEMA, LOGIN_ROLES } from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';
import { identifier } from '../domain/identifier.ts';
import type { Needs } from '../ports/services.ts';
import { SqlError } from '../ports/sql.ts';
import type { ProjectRecord } from '../ports/state-store.ts';
import { loginProblem, rotationProblem } from './login-problem.ts';
import { openLogin } from './open-login.ts';

export interface ProjectStatus {
  readonly project: ProjectRecord;
  /** Null for a project without a database. */
  readonly database: {
    readonly name: string;
    readonly status: string;
    /** The backend's own login works right now. */
    readonly reachable: boolean;
    /** What drifted: each login of the project that does not work, and why. `provision` restores it. */
    readonly problems: readonly string[];
    readonly tables: readonly { readonly name: string; readonly rows: number }[];
  } | null;
  /** Null when it was never deployed. */
  readonly server: Deployment | null;
}

type StatusNeeds = Needs<'state' | 'target' | 'cluster' | 'vault' | 'sql'>;

/** What is true of a project right now, asked of the server and the database themselves. */
export async function projectStatus(project: ProjectRecord, services: StatusNeeds): Promise<ProjectStatus> {
  const [database, server] = await Promise.all([
    databaseStatus(project, services),
    services.target.inspect(project.id),
  ]);
  return { project, database, server };
}

async function databaseStatus(project: ProjectRecord, services: StatusNeeds): Promise<ProjectStatus['database']> {
  const record = await services.state.findDatabase(project.id, 'dev');
  if (!record) return null;
  const { databaseName: name, status } = record;
  const tried = await Promise.all(
    LOGIN_ROLES.map(async (role) => ({ role, problem: await loginProblem(project.id, role, services) })),
  );
  const broken = tried.filter(({ problem }) => problem !== null);
  const works = (role: string) => broken.every((login) => login.role !== role);
  return {
    name,
    status,
    reachable: works('app'),
    problems: [...new Set([...broken.map(({ problem }) => problem), rotationProblem(record)])].flatMap(
      (problem) => problem ?? [],
    ),
    tables: works('ro') ? await countRows(project, services) : [],
  };
}

type Tables = NonNullable<ProjectStatus['database']>['tables'];

async function countRows(project: ProjectRecord, services: StatusNeeds): Promise<Tables> {
  const session = await services.sql.connect(await openLogin(project.id, 'dev', 'ro', services));
  try {
    const found = await session.query(
      `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY c.relname`,
      [APP_SCHEMA],
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
