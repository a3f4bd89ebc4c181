import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProvidedContext } from 'vitest';
import { asAdmin } from '../support/provisioning.ts';

/** A PostgreSQL that falls over now and then, and is started again each time. */
export interface FallingServer {
  /** What has happened to it so far. */
  readonly hits: { cuts: number; crashes: number; kills: number; quits: number };
  /** Resolves when it runs again, for good. */
  stop(): Promise<void>;
}

type Cluster = ProvidedContext['cluster'];

/** Ends sessions of ours, kills one server process (all others then end, too), or the postmaster, every second or so. */
export function letServerFall(server: Cluster): FallingServer {
  const hits = { cuts: 0, crashes: 0, kills: 0, quits: 0 };
  let stopped = false;
  const fall = async () => {
    while (!stopped) {
      await sleep(100 + Math.random() * 900);
      const die = Math.random();
      if (die < 0.4) hits.cuts += await hitSession(server, 'cut');
      else if (die < 0.7) hits.crashes += await hitSession(server, 'crash');
      else {
        const signal = die < 0.85 ? 'SIGKILL' : 'SIGQUIT';
        await restart(server, signal);
        if (signal === 'SIGKILL') hits.kills += 1;
        else hits.quits += 1;
      }
    }
  };
  const falling = fall();
  return {
    hits,
    stop: async () => {
      stopped = true;
      await falling;
      await answers(server);
    },
  };
}

async function hitSession(server: Cluster, how: 'cut' | 'crash'): Promise<number> {
  return asAdmin(server, 'postgres', async (query) => {
    const rows = await query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'turbobackend' AND pid <> pg_backend_pid()
         AND backend_type = 'client backend' ORDER BY (state = 'active') DESC, random() LIMIT 1`,
    );
    const pid = Number(rows[0]?.pid ?? 0);
    if (pid === 0) return 0;
    if (how === 'crash') process.kill(pid, 'SIGKILL');
    else await query('SELECT pg_terminate_backend($1)', [pid]);
    return 1;
  }).catch(() => 0);
}

const postmasterPid = (data: string): number =>
  Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);

/** Lets the postmaster fall, and starts it again. */
export async function restart(server: Cluster, signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
  const data = server.dataDirectory;
  const options = readOptions(data);
  const pid = postmasterPid(data);
  process.kill(pid, signal);
  while (isAlive(pid)) await sleep(20);
  await sleep(Math.random() * 300);
  const { uid, gid } = statSync(data);
  const owner = process.getuid?.() === 0 ? { uid, gid } : {};
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const child = spawn(join(server.binDirectory, 'postgres'), options, {
      ...owner,
      env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH ?? '' },
      stdio: 'ignore',
      detached: true,
    });
    child.unref();
    const gone = new Promise<'gone'>((resolve) => child.once('exit', () => resolve('gone')));
    // A server process that has not noticed yet keeps the memory of the former one: then it ends at once.
    if ((await Promise.race([gone, answers(server).then(() => 'up')])) === 'up') return;
    await sleep(50);
  }
  throw new Error('PostgreSQL does not start again');
}

/** What it was started with, as it writes it down itself. */
function readOptions(data: string): readonly string[] {
  const [, ...options] =
    readFileSync(join(data, 'postmaster.opts'), 'utf8')
      .trim()
      .match(/"[^"]*"|\S+/g) ?? [];
  return options.map((option) => option.replace(/^"|"$/g, ''));
}

/** A zombie has ended; nobody may have collected it yet. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') !== true;
  } catch {
    return false;
  }
}

async function answers(server: Cluster): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const isUp = await asAdmin(server, 'postgres', (query) => query('SELECT 1')).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(50);
  }
  throw new Error('PostgreSQL does not answer');
}

/** Ends the server that runs now, whoever started it. */
export async function endServer(server: Cluster): Promise<void> {
  const pid = postmasterPid(server.dataDirectory);
  process.kill(pid, 'SIGINT');
  while (isAlive(pid)) await sleep(20);
}
