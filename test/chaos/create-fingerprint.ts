import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openCluster } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { databaseNames, type Login } from '../../src/domain/database.ts';
import { MIGRATIONS_FOLDER, parseMigrationFiles, renderSum, SUM_FILE } from '../../src/domain/migration.ts';
import { databaseQueries, metadataQueries } from './create-catalog.ts';

/**
 * Everything a project is made of, line by line, with what differs from one project to the next (ids, passwords, ports,
 * times, paths) replaced by words: two projects of the same request made by the same program are equal.
 */
export type Fingerprint = ReadonlyMap<string, string>;

/** Logs in as the administrator of a home's cluster, which must have been made. */
export async function administrator(home: string, env: Readonly<Record<string, string>> = {}) {
  const config = loadConfig(home, { TURBOBACKEND_HOME: join(home, 'turbobackend'), ...env });
  const cluster = await openCluster(config, () => {});
  await cluster.ensure();
  return (database: string): Login => cluster.adminLogin(database);
}

type Replace = (text: string) => string;

export async function fingerprint(directory: string, login: (database: string) => Login): Promise<Fingerprint> {
  const lines = new Map<string, string>();
  const meta = await withDatabase(login('turbobackend_meta'), async (query) => ({
    project: (await query(`select id, created_at from turbobackend.projects where directory = $1`, [directory]))[0],
    port: (
      await query(
        'select port from turbobackend.deployments d join turbobackend.projects p on p.id = d.project_id where p.directory = $1',
        [directory],
      )
    )[0]?.port,
  })).catch(() => null);
  const id = meta?.project?.id === undefined ? null : String(meta.project.id);
  const replace = replacements(directory, id, meta?.project?.created_at, meta?.port, login('postgres').port);
  describeFolder(directory, '', replace, lines);
  if (id === null) return lines;
  await withDatabase(login('turbobackend_meta'), (query) =>
    describeRows('metadata', metadataQueries(id), query, replace, lines),
  );
  const { database } = databaseNames(id);
  await withDatabase(login(database), (query) =>
    describeRows('database', databaseQueries(database), query, replace, lines),
  ).catch((error: unknown) => {
    lines.set('database', `cannot be opened: ${String(error)}`);
  });
  return lines;
}

type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;

async function withDatabase<T>(login: Login, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...login, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(async (sql, values = []) => (await client.query(sql, [...values])).rows);
  } finally {
    await client.end();
  }
}

/** Each row becomes one line, under the query's name and the row itself: order does not count, number does. */
async function describeRows(
  area: string,
  queries: Readonly<Record<string, string>>,
  query: Query,
  replace: Replace,
  lines: Map<string, string>,
): Promise<void> {
  for (const [name, sql] of Object.entries(queries)) {
    const rows = (await query(sql)).map((row) => replace(JSON.stringify(row)));
    for (const row of new Set(rows)) {
      lines.set(`${area} ${name} ${row}`, String(rows.filter((other) => other === row).length));
    }
  }
}

function replacements(
  directory: string,
  id: string | null,
  createdAt: unknown,
  serverPort: unknown,
  clusterPort: number,
): Replace {
  const words: [string, string][] = [[directory, '<folder>']];
  if (existsSync(directory)) words.push([realpathSync(directory), '<folder>']);
  if (id !== null) words.push([id, '<id>']);
  if (createdAt !== undefined) {
    const at = Number(createdAt);
    const version = new Date(at * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
    words.push([String(at), '<created>'], [version, '<version>']);
  }
  for (const file of ['.env', '.env.migrate']) {
    const text = readIfThere(join(directory, file));
    for (const [, value] of text.matchAll(/^DB_PASSWORD="(.+)"$/gm)) if (value) words.push([value, '<password>']);
  }
  const ports = [serverPort, clusterPort].filter((port) => port !== undefined).map(Number);
  return (text) => {
    const named = words.reduce((rest, [value, word]) => rest.replaceAll(value, word), text);
    const ported = ports.reduce((rest, port) => rest.replace(new RegExp(`\\b${port}\\b`, 'g'), '<port>'), named);
    return ported.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, '<time>');
  };
}

const readIfThere = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function describeFolder(directory: string, below: string, replace: Replace, lines: Map<string, string>): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(join(directory, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`;
    const stat = lstatSync(join(directory, path));
    const key = `file ${replace(path)}`;
    const mode = (stat.mode & 0o777).toString(8);
    if (path === '.git') lines.set(key, replace(committed(directory)));
    else if (stat.isSymbolicLink()) lines.set(key, `link ${replace(readlinkSync(join(directory, path)))}`);
    else if (stat.isDirectory()) {
      lines.set(key, `folder ${mode}`);
      describeFolder(directory, path, replace, lines);
    } else lines.set(key, `file ${mode} ${hashOf(content(directory, path, replace))}`);
  }
}

/** Objects are named after what is in them, times and ids too: what was committed, and that nothing waits to be. */
function committed(directory: string): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: directory, encoding: 'utf8' });
  return [git('log', '--format=%s'), git('ls-tree', '-r', '--name-only', 'HEAD'), git('status', '--short')].join('\n');
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

function content(directory: string, path: string, replace: Replace): string {
  const text = readFileSync(join(directory, path), 'utf8');
  if (path === 'node_modules/.nitro/last-build.json') return '';
  // Of the very files, ids and all; and how long each check took.
  if (path === '.output/fingerprint' || path.startsWith('.turbobackend/report')) return '';
  if (path === `${MIGRATIONS_FOLDER}/${SUM_FILE}`) return judgeSum(directory, text);
  if (path === 'turbobackend.json') return replace(judgeHashes(directory, text));
  return replace(path.startsWith('.output/') ? numberHandlers(text) : text);
}

/** It chains the names of the files, and these hold the time: it is the right one for them, or it is itself. */
function judgeSum(directory: string, text: string): string {
  const folder = join(directory, MIGRATIONS_FOLDER);
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const tree = Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  return text === renderSum(parseMigrationFiles(tree)) ? 'right' : text;
}

/** The bundler names its handlers after a hash of their absolute path; their order tells them apart as well. */
function numberHandlers(code: string): string {
  const names = [...new Set(code.match(/_lazy_[0-9a-f]{16}/g))];
  return names.reduce((rest, name, index) => rest.replaceAll(name, `_lazy_${index}`), code);
}

/** The manifest's hashes are of texts that hold ids and times: each is replaced by whether it is true. */
function judgeHashes(directory: string, manifest: string): string {
  return manifest.replace(/"([^"\n]+)": "([0-9a-f]{64})"/g, (_match, path: string, hash: string) => {
    const file = join(directory, path);
    const isTrue =
      existsSync(file) &&
      statSync(file).isFile() &&
      createHash('sha256').update(readFileSync(file)).digest('hex') === hash;
    return `"${path}": ${isTrue ? '<true hash>' : '<wrong hash>'}`;
  });
}

/** Lines that are not the same in both, at most `limit` of them. */
export function differences(wanted: Fingerprint, found: Fingerprint, limit = 20): readonly string[] {
  const missing = [...wanted].filter(([key]) => !found.has(key)).map(([key]) => `missing: ${key}`);
  const added = [...found].filter(([key]) => !wanted.has(key)).map(([key]) => `added: ${key}`);
  const changed = [...wanted]
    .filter(([key, value]) => found.has(key) && found.get(key) !== value)
    .map(([key, value]) => `changed: ${key}: ${value} → ${found.get(key)}`);
  return [...missing, ...added, ...changed].slice(0, limit);
}
