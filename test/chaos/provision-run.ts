import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import type { Server } from '../support/provisioning.ts';
import type { ChildOrder } from './provision-child.ts';

/** How an order ended. */
export interface ChildEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly points: readonly string[];
  readonly failure: string;
  readonly ms: number;
}

export type Order = Pick<ChildOrder, 'verb' | 'projectId'> & { killAt?: string; killAfterMs?: number };

export interface ChildRunner {
  /** In a process of its own, which has been started already and ends with the order. */
  run(order: Order): Promise<ChildEnd>;
  /** In a process that takes the next order afterwards, unless it was killed: `at` names it. */
  runIn(at: number, order: Order): Promise<ChildEnd>;
  /** Processes started so far that still live although nothing is asked of them. */
  strays(): readonly number[];
  /** Kills what still runs, and removes the bundle. */
  close(): void;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** No command may take longer than this, whatever happens to it. */
const DEADLINE_MS = 90_000;

/** Bundles the child once, and keeps `spares` processes waiting for work: what is killed is then the work itself. */
export async function childRunner(
  server: Server,
  metadata: { home: string; metadataDatabase: string },
  spares = 2,
): Promise<ChildRunner> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-chaos-'));
  const program = join(folder, 'child.mjs');
  await build({
    input: path('./provision-child.ts'),
    platform: 'node',
    external: ['pg-native'],
    output: { file: program, format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  });
  const alive = new Set<ChildProcess>();
  const idle: Worker[] = [];
  const seats = new Map<number, Worker>();
  const { host, port, user, password } = server;
  const place = { home: metadata.home, metadataDatabase: metadata.metadataDatabase };
  const fixed = { server: { host, port, user, password }, ...place, migrationsFolder: path('../../templates/state') };
  const start = () => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
    alive.add(child);
    child.once('close', () => alive.delete(child));
    return worker(child, (order) => JSON.stringify({ ...fixed, env: 'dev', killAt: '', ...order }));
  };
  let closed = false;
  return {
    async run(order) {
      const next = idle.shift() ?? start();
      while (idle.length < spares && !closed) idle.push(start());
      const end = await next.obey(order);
      await next.dismiss();
      return end;
    },
    async runIn(at, order) {
      const seated = seats.get(at);
      const next = seated?.child.exitCode === null && seated.child.signalCode === null ? seated : start();
      seats.set(at, next);
      return next.obey(order);
    },
    strays() {
      const known = new Set([...idle, ...seats.values()].map(({ child }) => child));
      return [...alive].filter((child) => !known.has(child)).map((child) => child.pid ?? 0);
    },
    close: () => {
      closed = true;
      for (const child of alive) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Worker {
  readonly child: ChildProcess;
  obey(order: Order): Promise<ChildEnd>;
  dismiss(): Promise<void>;
}

function worker(child: ChildProcess, encode: (order: Order) => string): Worker {
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  child.stdin?.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  let hear: (line: string) => void = () => {};
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => hear(line));
  return {
    child,
    async obey(order) {
      const points: string[] = [];
      const startedAt = performance.now();
      const told = new Promise<{ code: number; failure: string }>((resolve) => {
        hear = (line) => (line.startsWith('{') ? resolve(JSON.parse(line)) : points.push(line));
      });
      child.stdin?.write(`${encode(order)}\n`);
      const kill = () => child.kill('SIGKILL');
      const timer = order.killAfterMs === undefined ? undefined : setTimeout(kill, order.killAfterMs);
      let late = false;
      const deadline = setTimeout(() => {
        late = true;
        kill();
      }, DEADLINE_MS);
      const end = await Promise.race([told, ended]);
      clearTimeout(timer);
      clearTimeout(deadline);
      const ms = performance.now() - startedAt;
      if (late) return { code: 1, points, failure: `BUG not done after ${DEADLINE_MS} ms`, ms };
      if (end) return { ...end, points, ms };
      return { code: child.signalCode === null ? (child.exitCode ?? 1) : null, points, failure: stderr, ms };
    },
    async dismiss() {
      child.stdin?.end();
      await ended;
    },
  };
}
