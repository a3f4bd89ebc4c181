/**
 * `npm run bench:projects [count]`: provisions that many projects (1000) on one cluster and prints, around the 10th, the
 * 30th, the 100th …, what one more costs (time, and CPU, which neighbours do not disturb), and what memory and disk all
 * of them take. The bare CREATE ROLE + CREATE DATABASE is measured in between: what grows there is PostgreSQL's, what
 * grows beyond it is ours.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import { startCluster } from '../support/global-cluster.ts';
import { asAdmin, borrowMetadata, provisioningServices } from '../support/provisioning.ts';
import { cpuMs, serverMemoryMb, serverPids } from './server-cost.ts';

const count = Number(process.argv[2] ?? 1000);
const WINDOW = 10;
const checkpoints = [10, 30, 100, 300, 1000, 3000, count].filter((at, i, all) => at <= count && all.indexOf(at) === i);

const { cluster: server, stop } = await startCluster(['fsync=on']);
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
const ids: string[] = [];

interface Row {
  readonly projects: number;
  readonly [column: string]: number;
}

async function measure(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const least = (values: readonly number[]): number => Math.min(...values);

/** As `create` does: the project is written down, then it gets its database. */
async function addProject(): Promise<number> {
  const projectId = services.ids.projectId();
  const directory = `/projects/${projectId}`;
  await services.state.claimProject({ id: projectId, name: projectId, request: '', directory, createdAt: 0 });
  ids.push(projectId);
  return measure(() => provision({ projectId, env: 'dev' }, services));
}

async function addBare(): Promise<number> {
  const name = `bare_${randomBytes(6).toString('hex')}`;
  const ms = await measure(() =>
    asAdmin(server, 'postgres', async (query) => {
      await query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
      await query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0`);
    }),
  );
  await asAdmin(server, 'postgres', async (query) => {
    await query(`DROP DATABASE ${name}`);
    await query(`DROP ROLE ${name}`);
  });
  return ms;
}

function diskMb(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // PostgreSQL removes files while we look.
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes / 1024 / 1024;
}

async function repeat(times: number, work: (at: number) => Promise<number>): Promise<readonly number[]> {
  const values: number[] = [];
  for (let at = 0; at < times; at += 1) values.push(await work(at));
  return values;
}

const someId = (): string => ids[Math.floor(Math.random() * ids.length)] ?? '';

interface Window {
  readonly whole: readonly number[];
  readonly bare: readonly number[];
  /** CPU per project in milliseconds. */
  readonly ourCpu: number;
  readonly serverCpu: number;
}

async function fillWindow(upTo: number): Promise<Window> {
  const before = cpuMs(server);
  const whole: number[] = [];
  while (ids.length < upTo) whole.push(await addProject());
  const after = cpuMs(server);
  const bare = await repeat(WINDOW / 2, addBare);
  const each = (from: number, to: number) => (to - from) / whole.length;
  return { whole, bare, ourCpu: each(before.ours, after.ours), serverCpu: each(before.server, after.server) };
}

async function takeStock({ whole, bare, ourCpu, serverCpu }: Window): Promise<Row> {
  const again = await repeat(WINDOW, () => measure(() => provision({ projectId: someId(), env: 'dev' }, services)));
  const find = await repeat(WINDOW, () => measure(() => services.state.findDatabase(someId(), 'dev')));
  const list = await repeat(3, () => measure(() => services.state.listDatabases()));
  const isolation = await measure(() => services.databases.checkIsolation(readerLogins(services)));
  return {
    projects: ids.length,
    'provision ms': middle(whole),
    'least ms': least(whole),
    'our CPU ms': ourCpu,
    'server CPU ms': serverCpu,
    'bare ms': middle(bare),
    'bare least': least(bare),
    'again ms': middle(again),
    'record ms': middle(find),
    'all records ms': middle(list),
    'isolation ms': isolation,
    'per project ms': isolation / ids.length,
    'our RSS MB': process.memoryUsage().rss / 1024 / 1024,
    'our heap MB': process.memoryUsage().heapUsed / 1024 / 1024,
    'server MB': serverMemoryMb(server),
    'server processes': serverPids(server).length,
    'disk MB/project': diskMb(join(server.dataDirectory, 'base')) / ids.length,
  };
}

function print(rows: readonly Row[]): void {
  const [first] = rows;
  const last = rows.at(-1);
  if (!first || !last) return;
  const cell = (value: number) => value.toFixed(value < 100 ? 1 : 0).padStart(10);
  for (const column of Object.keys(first)) {
    const growth = (last[column] ?? 0) / (first[column] ?? 1);
    const values = rows.map((row) => cell(row[column] ?? Number.NaN)).join('');
    process.stdout.write(`${column.padEnd(20)}${values}   last/first ${growth.toFixed(2)}\n`);
  }
  const ratio = (last['provision ms'] ?? 0) / (first['provision ms'] ?? 1);
  process.stdout.write(`provision of the last against the first window: ${ratio.toFixed(2)} (goal: at most 1.5)\n`);
}

async function cleanUp(): Promise<void> {
  await services.state.close();
  // With the cluster go all its databases.
  await stop();
  rmSync(metadata.home, { recursive: true, force: true });
}
process.once('SIGINT', () => void cleanUp().then(() => process.exit(130)));
try {
  await services.state.listDatabases();
  const rows: Row[] = [];
  for (const checkpoint of checkpoints) {
    while (ids.length < checkpoint - WINDOW) await addProject();
    rows.push(await takeStock(await fillWindow(checkpoint)));
    process.stdout.write(`${rows.length > 1 ? '\n' : ''}`);
    print(rows);
  }
} finally {
  await cleanUp();
}
