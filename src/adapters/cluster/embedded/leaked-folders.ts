import { closeSync, existsSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Login } from '../../../domain/database.ts';
import { errorCode, withConnection } from '../shared/connect.ts';

/** Files of a database that was never finished: a crash in CREATE DATABASE leaves them, and nothing lists them. */
export interface LeakedFolder {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
}

/** Younger ones are left alone, whatever they are. */
const MIN_AGE_MS = 10 * 60_000;
/** File systems take the time from a clock that is some milliseconds late. */
const SLACK_MS = 1000;
/** Lower numbers are of databases that initdb made (FirstNormalObjectId in PostgreSQL's transam.h). */
const FIRST_OID = 16_384;

/** Databases with files in `base`, and since when (unix milliseconds) a statement that makes or drops one has been running. */
const KNOWN = `select array(select oid::text from pg_catalog.pg_database) as known,
  array(select d.oid::text from pg_catalog.pg_database d join pg_catalog.pg_tablespace t on t.oid = d.dattablespace
    where t.spcname = 'pg_default') as here,
  (select (extract(epoch from min(a.xact_start)) * 1000)::float8 from pg_catalog.pg_locks l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.relation = 'pg_catalog.pg_database'::regclass and l.pid <> pg_catalog.pg_backend_pid()
      and l.mode not in ('AccessShareLock', 'RowShareLock')) as busy_since`;

/**
 * Folders of `<data>/base` that belong to no database: untouched for ten minutes, and for as long as any CREATE DATABASE
 * has been running. `login` is the administrator's on the running server of exactly this data folder. When folders and
 * catalog do not fit together, none is called leaked.
 */
export async function findLeakedFolders(
  target: { readonly data: string; readonly login: Login },
  options: { readonly minAgeMs?: number } = {},
): Promise<readonly LeakedFolder[]> {
  const base = join(target.data, 'base');
  // The folders first: one that is made after the list of databases was read is no leak.
  const seen = readdirSync(base).filter((name) => /^[1-9]\d{0,9}$/.test(name));
  const { known, here, busySince } = await askCatalog(target.login);
  if (here.length === 0 || here.some((oid) => !existsSync(join(base, oid)))) return [];
  const lastIdle = busySince === null ? Number.POSITIVE_INFINITY : busySince - SLACK_MS;
  const before = Math.min(Date.now() - (options.minAgeMs ?? MIN_AGE_MS), lastIdle);
  return seen
    .filter((name) => Number(name) >= FIRST_OID && !known.includes(name))
    .flatMap((name) => {
      const files = filesOf(join(base, name));
      if (files === null || files.touchedAt >= before) return [];
      return [{ path: join(base, name), bytes: files.bytes }];
    });
}

/**
 * Removes exactly these folders; gives the bytes that were freed. Only to be called under the cluster's lock while its
 * server is down: a server that did not end cleanly would replay its log into them, and then none is removed.
 */
export async function removeLeakedFolders(data: string, leaked: readonly LeakedFolder[]): Promise<number> {
  if (!wasShutDown(data)) return 0;
  let freed = 0;
  for (const { path } of leaked) {
    const files = filesOf(path);
    if (files === null) continue;
    await rm(path, { recursive: true, force: true });
    freed += files.bytes;
  }
  return freed;
}

interface Catalog {
  readonly known: readonly string[];
  readonly here: readonly string[];
  readonly busySince: number | null;
}

function askCatalog(login: Login): Promise<Catalog> {
  return withConnection(login, { ownServer: true }, async (client) => {
    const row: Readonly<Record<string, unknown>> = (await client.query(KNOWN)).rows[0] ?? {};
    const oids = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    const busySince = typeof row.busy_since === 'number' ? row.busy_since : null;
    return { known: oids(row.known), here: oids(row.here), busySince };
  });
}

/** Size and latest change of a folder's files and itself; null for what is no folder, or gone. Follows no link. */
function filesOf(folder: string): { readonly bytes: number; readonly touchedAt: number } | null {
  const own = statOf(folder);
  if (!own?.isDirectory()) return null;
  const stats = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const stat = statOf(join(folder, name));
    return stat === null ? [] : [stat];
  });
  const bytes = stats.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  return { bytes, touchedAt: Math.max(own.mtimeMs, ...stats.map((stat) => stat.mtimeMs)) };
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** DB_SHUTDOWNED: `state` follows identifier and two versions in the control file (PostgreSQL's pg_control.h). */
function wasShutDown(data: string): boolean {
  const bytes = Buffer.alloc(20);
  const file = openSync(join(data, 'global', 'pg_control'), 'r');
  try {
    readSync(file, bytes, 0, 20, 0);
  } finally {
    closeSync(file);
  }
  const [little, big] = [bytes.readUInt32LE(16), bytes.readUInt32BE(16)];
  return little === 1 || big === 1;
}
