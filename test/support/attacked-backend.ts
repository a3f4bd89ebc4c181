import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import { nodeWire } from '../../src/adapters/wire/node/node-wire.ts';
import { accountsOf } from '../../src/domain/access.ts';
import { loginUrl } from '../../src/domain/database.ts';
import { identifier } from '../../src/domain/identifier.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { AttackResult } from '../../src/domain/verification.ts';
import { attack } from '../../src/phases/attack.ts';
import { scaffoldFiles } from '../../src/phases/scaffold.ts';
import { freePort } from './free-port.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = randomBytes(32).toString('base64url');
const MARKER = `planted${randomBytes(12).toString('hex')}`;

export type Cluster = Parameters<typeof makeProjectDatabase>[0];
/** Path → text. */
export type Files = Record<string, string>;
export type Attack = Omit<Parameters<typeof attack>[0], 'url' | 'schema'>;

export interface AttackedBackend {
  readonly url: string;
  readonly database: ProjectDatabase;
  /** What it printed. */
  log(): string;
  attack(order: Attack): Promise<AttackResult>;
}

/** A project as it is generated, to be read or spoilt. */
export async function generateFiles(schema: Schema): Promise<Files> {
  const template = await localTemplates(join(root, 'templates')).readTree('project');
  const project = { version: 1, id: 'abcdefghijklmnop', name: 'attacked', request: 'attacked', createdAt: 0 } as const;
  const files: Files = { ...scaffoldFiles({ ...project, decision: null, schema, files: {} }, template) };
  const { path, content } = initialMigration(schema, 0);
  return { ...files, [path]: content };
}

/** Builds and runs files on a database of their own, with a planted table, and takes all of it away again. */
export async function withAttacked<T>(
  { schema, files, cluster }: { schema: Schema; files: Files; cluster: Cluster },
  work: (backend: AttackedBackend) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'tb-attacked-'));
  const database = await makeProjectDatabase(cluster);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const [server] = await Promise.all([build(directory), load(database, files)]);
    const running = await start(server, {
      DATABASE_URL: loginUrl(database.login('app')),
      ...(schema.accounts ? { APP_SECRET: SECRET } : {}),
    });
    try {
      return await work({
        url: running.url,
        database,
        log: running.log,
        attack: (order) =>
          attack(
            { ...callbacks(schema, database, running.log), ...order, url: running.url, schema },
            { http: nodeHttp(), wire: nodeWire(), clock: systemClock(), progress: () => {} },
          ),
      });
    } finally {
      await running.stop();
    }
  } finally {
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The folder of the built server. */
async function build(directory: string): Promise<string> {
  const builder = nitroBuilder({ packageRoot: root, workerPath: join(root, 'dist/build-worker.js') });
  try {
    await builder.build(directory);
  } finally {
    await builder.close();
  }
  return directory;
}

async function load(database: ProjectDatabase, files: Files): Promise<void> {
  const migrations = Object.entries(files).filter(([path]) => path.startsWith('migrations/'));
  const client = new pg.Client({ connectionString: loginUrl(database.login('mig')) });
  await client.connect();
  try {
    for (const [, sql] of migrations) await client.query(`SET search_path = app; ${sql}`);
  } finally {
    await client.end();
  }
  await database.admin(`CREATE TABLE tb.planted (note text); INSERT INTO tb.planted VALUES ('${MARKER}')`);
}

function callbacks(schema: Schema, database: ProjectDatabase, readLog: () => string): Attack {
  const isIntact = async () => {
    const rows = await database.admin<{ note: string }>('SELECT note FROM tb.planted');
    return rows.length === 1 && rows[0]?.note === MARKER;
  };
  return {
    profile: 'quick',
    seed: 1,
    plant: { table: 'tb.planted', column: 'note', marker: MARKER, isIntact },
    readLog: async () => readLog(),
    readCells: () => readCells(schema, database),
    countRows: () => countRows(database),
    accounts: { secret: SECRET, promote: (key) => promote(schema, database, key) },
  };
}

async function promote(schema: Schema, database: ProjectDatabase, key: string | number): Promise<void> {
  const found = accountsOf(schema);
  const { role, admins = [] } = schema.accounts ?? {};
  if (!found || !role) throw new Error('nobody can be promoted here');
  const { table, key: column } = found;
  await database.admin(
    `UPDATE app.${identifier(table.name)} SET ${identifier(role)} = $1 WHERE ${identifier(column.name)}::text = $2`,
    [admins[0], String(key)],
  );
}

async function readCells(schema: Schema, database: ProjectDatabase) {
  const cells: { table: string; column: string; value: string }[] = [];
  for (const table of schema.tables) {
    const rows = await database.admin<Record<string, unknown>>(`SELECT * FROM app.${identifier(table.name)}`);
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === 'string') cells.push({ table: table.name, column, value });
      }
    }
  }
  return cells;
}

/** Of every table but those of the backend itself, which keep what was asked of it for a while. */
async function countRows(database: ProjectDatabase): Promise<Record<string, number>> {
  const tables = await database.admin<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_schema IN ('app', 'tb') AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_%'`,
  );
  const counts: Record<string, number> = {};
  for (const { schema, name } of tables) {
    const [row] = await database.admin<{ count: string }>(
      `SELECT count(*) FROM ${identifier(schema)}.${identifier(name)}`,
    );
    counts[`${schema}.${name}`] = Number(row?.count);
  }
  return counts;
}

async function start(directory: string, env: Readonly<Record<string, string>>) {
  const port = await freePort();
  const child = spawn(process.execPath, ['.output/server/index.mjs'], {
    cwd: directory,
    env: { PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(String(chunk)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const log = () => printed.join('');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 4000; attempt += 1) {
    if (await fetch(`${url}/health`).catch(() => null)) return { url, log, stop };
    if (child.exitCode !== null) break;
    await new Promise((next) => setTimeout(next, 25));
  }
  await stop();
  throw new Error(`the server did not start:\n${log()}`);
}
