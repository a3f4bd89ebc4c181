import { accountsOf } from '../domain/access.ts';
import { APP_SCHEMA, databaseNames, JOURNAL_SCHEMA, loginUrl } from '../domain/database.ts';
import { identifier, literal } from '../domain/identifier.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { generatePassword } from '../domain/scram.ts';
import {
  type ScratchDatabase,
  type ScratchNeeds,
  sweepScratches,
  withScratchDatabase,
} from '../operations/scratch-database.ts';
import type { attack } from '../phases/attack.ts';
import { migrateUp } from '../phases/migrate.ts';
import type { Needs } from '../ports/services.ts';
import type { SqlSession } from '../ports/sql.ts';
import { readMigrations } from './migration-files.ts';

export type TrialNeeds = ScratchNeeds & Needs<'workspace' | 'toolVersion'>;

type AttackOrder = Parameters<typeof attack>[0];

/** A migrated database that a backend is tried on, seen from behind: by the role that owns everything in it. */
export interface TrialDatabase {
  /** What the backend is told. */
  readonly environment: Readonly<Record<string, string>>;
  /** What migrations of the project's own are told. */
  readonly migrationUrl: string;
  /** As the owner of the tables: nothing is hidden from it. */
  readonly owner: SqlSession;
  readonly scratch: ScratchDatabase;
  /** Gives an account the first role that may do everything. */
  readonly promote: (key: string | number) => Promise<void>;
  /** Whoever failed to sign in, or signed up too often, may try again. */
  readonly forgiveFailures: () => Promise<void>;
  readonly plant: NonNullable<AttackOrder['plant']>;
  readonly readCells: NonNullable<AttackOrder['readCells']>;
  readonly countRows: NonNullable<AttackOrder['countRows']>;
}

/** A scratch database with the project's own migrations for the time of `work`. Throws what these throw. */
export async function withTrialDatabase<T>(
  folder: ProjectFolder,
  schema: Schema,
  services: TrialNeeds,
  work: (database: TrialDatabase) => Promise<T>,
): Promise<T> {
  await sweepScratches(folder.project.id, services);
  return withScratchDatabase(folder.project.id, services, async (scratch) => {
    const [files, login] = await Promise.all([readMigrations(folder, services), scratch.login('mig')]);
    // What is still being written is tried, too; its sum is kept when it is applied.
    await migrateUp({ files, login, keepSum() {} }, services);
    const owner = await services.sql.connect(login);
    try {
      return await work(await trialDatabase(scratch, schema, owner, services));
    } finally {
      await owner.close();
    }
  });
}

/**
 * A scratch database that was migrated already as one to try a backend on. `owner` owns its tables, and stays open. Of
 * rows that are there already, a copy of somebody's say, nothing is read: what they hold is not the backend's doing.
 */
export async function trialDatabase(
  scratch: ScratchDatabase,
  schema: Schema,
  owner: SqlSession,
  { ids }: Needs<'ids'>,
): Promise<TrialDatabase> {
  const [backend, migrator] = [await scratch.login('app'), await scratch.login('mig')];
  const secret = generatePassword();
  const { rows } = await owner.query('SELECT pg_current_xact_id()::xid::text AS mark');
  const mark = String(rows[0]?.mark);
  return {
    environment: { DATABASE_URL: loginUrl(backend), ...(schema.accounts ? { APP_SECRET: secret } : {}) },
    migrationUrl: loginUrl(migrator),
    owner,
    scratch,
    promote: (key) => promote(key, schema, owner),
    forgiveFailures: () => forgiveFailures(owner),
    plant: await plant(scratch, ids, owner),
    readCells: () => readCells(owner, mark),
    countRows: () => countRows(schema, owner),
  };
}

async function promote(key: string | number, schema: Schema, owner: SqlSession): Promise<void> {
  const found = accountsOf(schema);
  const { accounts } = schema;
  const [first] = accounts?.admins ?? [];
  if (!found || !accounts?.role || first === undefined) return;
  const table = `${APP_SCHEMA}.${identifier(found.table.name)}`;
  const where = `${identifier(found.key.name)} = $2`;
  await owner.query(`UPDATE ${table} SET ${identifier(accounts.role)} = $1 WHERE ${where}`, [first, key]);
}

async function forgiveFailures(owner: SqlSession): Promise<void> {
  const { rows } = await owner.query(`SELECT to_regclass('${APP_SCHEMA}._login_failures') IS NOT NULL AS there`);
  if (rows[0]?.there === true) await owner.query(`DELETE FROM ${APP_SCHEMA}._login_failures`);
}

const COLUMN = 'marker';

/** A table among the others that the backend has no right to. No schema can have its name. */
async function plant(
  { id }: ScratchDatabase,
  ids: TrialNeeds['ids'],
  owner: SqlSession,
): Promise<TrialDatabase['plant']> {
  const { app, ro } = databaseNames(id);
  const table = `${APP_SCHEMA}._plant_${ids.projectId()}`;
  const marker = `marker${ids.projectId()}${ids.projectId()}`;
  await owner.query(
    `CREATE TABLE ${table} (${COLUMN} text NOT NULL); REVOKE ALL ON ${table} FROM ${identifier(app)}, ${identifier(ro)};
     INSERT INTO ${table} VALUES (${literal(marker)})`,
  );
  const isIntact = async () => {
    const { rows } = await owner.query(`SELECT ${COLUMN} FROM ${table}`);
    return rows.length === 1 && rows[0]?.[COLUMN] === marker;
  };
  return { table, column: COLUMN, marker, isIntact };
}

async function tablesOf(owner: SqlSession): Promise<readonly { readonly schema: string; readonly name: string }[]> {
  const { rows } = await owner.query(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_class c
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') ORDER BY 1, 2`,
    [[APP_SCHEMA, JOURNAL_SCHEMA]],
  );
  return rows.map((row) => ({ schema: String(row.schema), name: String(row.name) }));
}

/** More rows than anybody makes in a trial; each has at most some kilobytes. */
const MAX_ROWS = 500;

/** Of rows that were written after the transaction `mark`. */
async function readCells(owner: SqlSession, mark: string): Promise<Awaited<ReturnType<TrialDatabase['readCells']>>> {
  const cells = [];
  for (const { schema, name } of (await tablesOf(owner)).filter((table) => table.schema === APP_SCHEMA)) {
    const { rows } = await owner.query(
      `SELECT cell.key AS column, cell.value AS value FROM
         (SELECT written.* FROM ${identifier(schema)}.${identifier(name)} AS written
          WHERE age(written.xmin) < age($1::text::xid) LIMIT ${MAX_ROWS}) AS row_,
         jsonb_each_text(to_jsonb(row_)) AS cell
       WHERE cell.value IS NOT NULL`,
      [mark],
    );
    cells.push(...rows.map((row) => ({ table: name, column: String(row.column), value: String(row.value) })));
  }
  return cells;
}

/** All tables but those that answers to requests may be kept in. */
async function countRows(schema: Schema, owner: SqlSession): Promise<Readonly<Record<string, number>>> {
  const own = new Set(schema.tables.map(({ name }) => name));
  const backends = /^_(?!plant_)/;
  const others = (await tablesOf(owner)).filter(({ name }) => !own.has(name) && !backends.test(name));
  const counts: Record<string, number> = {};
  for (const table of others) {
    const { rows } = await owner.query(
      `SELECT count(*)::integer AS count FROM ${identifier(table.schema)}.${identifier(table.name)}`,
    );
    counts[`${table.schema}.${table.name}`] = Number(rows[0]?.count ?? 0);
  }
  return counts;
}
