import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { findLeakedFolders, removeLeakedFolders } from '../../../src/adapters/cluster/embedded/leaked-folders.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import { type BorrowedHome, borrowHome, serverPid } from './borrow-home.ts';

let borrowed: BorrowedHome;
let cluster: Cluster;
let base: string;

beforeAll(async () => {
  borrowed = borrowHome();
  cluster = embeddedCluster({ home: borrowed.home });
  await cluster.ensure();
  base = join(borrowed.layout().data, 'base');
  await ask('create database kept');
  await ask('create table rows as select n from generate_series(1, 1000) n', 'kept');
});
afterAll(() => borrowed.dispose());

/** Whatever was removed, the databases are all there, and whole. */
afterEach(async () => {
  await cluster.ensure();
  expect(await ask('select count(*)::int as n from rows', 'kept')).toEqual([{ n: 1000 }]);
  expect(await ask('select 1 as n', 'template1')).toEqual([{ n: 1 }]);
});

async function ask(sql: string, database = 'postgres'): Promise<readonly unknown[]> {
  const client = new pg.Client(cluster.adminLogin(database));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Makes a folder look as if nobody had touched it for an hour. */
function age(folder: string): void {
  const anHourAgo = Date.now() / 1000 - 3600;
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), anHourAgo, anHourAgo);
  utimesSync(folder, anHourAgo, anHourAgo);
}

function plant(oid: string): string {
  const folder = join(base, oid);
  mkdirSync(folder);
  writeFileSync(join(folder, '1259'), Buffer.alloc(8192));
  writeFileSync(join(folder, '1260'), Buffer.alloc(100));
  age(folder);
  return folder;
}

const foldersWithout = (known: readonly string[]) => readdirSync(base).filter((name) => !known.includes(name));

const filesIn = (names: readonly string[]) => names.flatMap((name) => readdirSync(join(base, name))).length;

/** Kills a back-end while it makes a database, which makes the whole server start again, until files are left. */
async function leak(): Promise<string> {
  for (let attempt = 1; attempt <= 25; attempt += 1) {
    await ensureReady();
    const before = readdirSync(base);
    const client = new pg.Client(cluster.adminLogin('postgres'));
    client.on('error', () => {});
    await client.connect();
    const pid = (await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
    const made = client
      .query(`create database leaky strategy ${attempt % 2 ? 'file_copy' : 'wal_log'}`)
      .catch(() => {});
    const begun = performance.now();
    while (filesIn(foldersWithout(before)) < 150 && performance.now() - begun < 2000) await sleep(1);
    process.kill(pid, 'SIGKILL');
    await made;
    await client.end().catch(() => {});
    await ensureReady();
    await ask('drop database if exists leaky');
    const [left] = foldersWithout(before);
    if (left !== undefined) return join(base, left);
  }
  throw new Error('no crash left any files');
}

async function ensureReady(): Promise<void> {
  const pid = serverPid(borrowed.layout());
  await expect.poll(async () => (await cluster.inspect()) !== null).toBe(true);
  expect(serverPid(borrowed.layout())).toBe(pid);
}

test('what a crash in CREATE DATABASE left is found when it is old, and removed with the server stopped', async () => {
  const folder = await leak();
  expect(await cluster.leaks?.()).toEqual([]);
  age(folder);
  const [found] = (await cluster.leaks?.()) ?? [];
  expect(found).toEqual({ path: folder, bytes: expect.any(Number) });
  expect(found?.bytes).toBeGreaterThan(1_000_000);
  const before = serverPid(borrowed.layout());
  expect(await cluster.removeLeaks?.()).toBe(found?.bytes);
  expect(existsSync(folder)).toBe(false);
  expect(serverPid(borrowed.layout())).not.toBe(before);
  expect(await cluster.leaks?.()).toEqual([]);
});

test('without a leak nothing is stopped', async () => {
  const before = serverPid(borrowed.layout());
  expect(await cluster.removeLeaks?.()).toBe(0);
  expect(serverPid(borrowed.layout())).toBe(before);
});

test('of two who remove at once one does it, and both find the cluster running', async () => {
  plant('4000000031');
  const both = [cluster, embeddedCluster({ home: borrowed.home })];
  const freed = await Promise.all(both.map((one) => one.removeLeaks?.()));
  expect(freed.toSorted()).toEqual([0, 8292]);
  for (const one of both) expect(await one.leaks?.()).toEqual([]);
});

test('only folders with the number of a database that could have been made count', async () => {
  const planted = plant('4000000001');
  const others = ['0123', '2', 'pgsql_tmp', '40000x', '99999999999'].map(plant);
  symlinkSync(borrowed.home, join(base, '4000000002'));
  writeFileSync(join(base, '4000000003'), '');
  expect(await cluster.leaks?.()).toEqual([{ path: planted, bytes: 8292 }]);
  expect(await cluster.removeLeaks?.()).toBe(8292);
  expect(existsSync(planted)).toBe(false);
  expect([...others, join(base, '4000000002'), join(base, '4000000003')].filter((path) => !existsSync(path))).toEqual(
    [],
  );
});

test('the files of a database that is being made are nobody’s leak, however old they look', async () => {
  const maker = new pg.Client(cluster.adminLogin('postgres'));
  await maker.connect();
  try {
    // What CREATE DATABASE holds while it copies.
    await maker.query('begin; lock table pg_catalog.pg_database in row exclusive mode');
    const target = { data: borrowed.layout().data, login: cluster.adminLogin('postgres') };
    const young = plant('4000000011');
    utimesSync(young, Date.now() / 1000, Date.now() / 1000);
    expect(await findLeakedFolders(target, { minAgeMs: -60_000 })).toEqual([]);
    await maker.query('commit');
    expect(await findLeakedFolders(target, { minAgeMs: -60_000 })).toMatchObject([{ path: young }]);
    age(young);
  } finally {
    await maker.end();
  }
  expect(await cluster.removeLeaks?.()).toBeGreaterThan(0);
});

test('a server that did not end cleanly keeps its files, and a data folder that is another’s has no leaks', async () => {
  const planted = plant('4000000021');
  const leaked = (await cluster.leaks?.()) ?? [];
  expect(leaked.map(({ path }) => basename(path))).toEqual(['4000000021']);
  expect(await removeLeakedFolders(borrowed.layout().data, leaked)).toBe(0);
  expect(existsSync(planted)).toBe(true);
  const other = join(borrowed.home, 'other');
  mkdirSync(join(other, 'base/4000000022'), { recursive: true });
  age(join(other, 'base/4000000022'));
  expect(await findLeakedFolders({ data: other, login: cluster.adminLogin('postgres') })).toEqual([]);
  await cluster.stop();
  expect(await cluster.leaks?.()).toEqual([]);
  expect(await cluster.removeLeaks?.()).toBe(8292);
  expect(await cluster.inspect()).not.toBeNull();
});

test('a cluster that was never made has no leaks, and is not made to look for them', async () => {
  const { home, dispose } = borrowHome();
  try {
    const none = embeddedCluster({ home });
    expect({ leaks: await none.leaks?.(), freed: await none.removeLeaks?.() }).toEqual({ leaks: [], freed: 0 });
    expect(existsSync(home)).toBe(false);
  } finally {
    await dispose();
  }
});
