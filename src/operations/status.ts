import { APP_SCHEMA } from '../domain/database.ts';
import type { Deployment } from '../domain/deployment.ts';
import { identifier } from '../domain/identifier.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-store.ts';
import { openLogin } from './open-login.ts';

export interface ProjectStatus {
  readonly project: ProjectRecord;
  /** Null for a project without a database. */
  readonly database: {
    readonly name: string;
    readonly status: string;
    /** The backend's own login works right now. */
    readonly reachable: boolean;
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
  try {
    const login = await openLogin(project.id, 'dev', 'ro', services);
    const session = await services.sql.connect(login);
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
      return { name, status, reachable: true, tables };
    } finally {
      await session.close();
    }
  } catch {
    // Not reachable is an answer here, not a failure: status tells the truth about everything else, too.
    return { name, status, reachable: false, tables: [] };
  }
}
