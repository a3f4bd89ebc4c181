/** The servers that `bench:api` compares: built, started and looked at the same way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import getPort from 'get-port';
import { rolldown } from 'rolldown';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { scaffoldFiles } from '../../src/phases/scaffold.ts';

const root = new URL('../../', import.meta.url).pathname;

/** What there is to start. */
export interface Build {
  readonly name: string;
  readonly directory: string;
  readonly script: string;
  readonly buildMs: number;
  readonly outputMb: number;
}

function sizeMb(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1e6;
}

async function bundle(input: string, file: string): Promise<void> {
  const built = await rolldown({ input: join(root, input), platform: 'node', logLevel: 'silent' });
  await built.write({ file, format: 'esm', codeSplitting: false });
  await built.close();
}

/** A hand-written server, as one file. */
export async function buildRival(name: string, source: string, folder: string): Promise<Build> {
  const directory = join(folder, source);
  mkdirSync(directory, { recursive: true });
  const startedAt = performance.now();
  await bundle(`test/bench/${source}.ts`, join(directory, 'server.mjs'));
  const buildMs = performance.now() - startedAt;
  return { name, directory, script: 'server.mjs', buildMs, outputMb: sizeMb(directory) };
}

/** The backend that we generate for a schema. */
export async function buildGenerated(name: string, schema: Schema, folder: string): Promise<Build> {
  const directory = join(folder, name.replaceAll(/\W+/g, '-'));
  const template = await localTemplates(join(root, 'templates')).readTree('project');
  const project = { version: 1, id: 'abcdefghijklmnop', name: 'bench', request: 'bench', createdAt: 0 } as const;
  for (const [path, text] of Object.entries(
    scaffoldFiles({ ...project, decision: null, schema, files: {} }, template),
  )) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const workerPath = join(folder, 'build-worker.mjs');
  await bundle('src/adapters/builder/nitro/build-worker.ts', workerPath);
  const builder = nitroBuilder({ packageRoot: root, workerPath });
  const startedAt = performance.now();
  try {
    await builder.build(directory);
  } finally {
    await builder.close();
  }
  const buildMs = performance.now() - startedAt;
  const outputMb = sizeMb(join(directory, '.output'));
  return { name, directory, script: '.output/server/index.mjs', buildMs, outputMb };
}

/** A server that runs. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly startMs: number;
  /** CPU time it had used when it answered first; milliseconds. */
  readonly startCpuMs: number;
  cpuMs(): number;
  rssMb(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly databaseUrl: string;
  readonly logRequests: boolean;
  /** Asked until it is answered with 200. */
  readonly path: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

/** Starts a server; its log goes to a file, as in production. */
export async function start(build: Build, options: StartOptions): Promise<Contender> {
  const port = await getPort({ host: '127.0.0.1' });
  const { databaseUrl, logRequests, env, execArgv = [] } = options;
  const log = openSync(join(build.directory, 'log'), 'w');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...execArgv, build.script], {
    cwd: build.directory,
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      LOG_REQUESTS: String(logRequests),
      ...env,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await answers(port, options.path))) {
    if (child.exitCode !== null || performance.now() - startedAt > 20_000) {
      child.kill('SIGKILL');
      throw new Error(`${build.name} did not start:\n${readFileSync(join(build.directory, 'log'), 'utf8')}`);
    }
    await new Promise((next) => setTimeout(next, 2));
  }
  const startMs = performance.now() - startedAt;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const cpuMs = () => cpuOf(child);
  return { name: build.name, port, startMs, startCpuMs: cpuMs(), cpuMs, rssMb: () => rssOf(child), stop };
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString('latin1', 9, 12) === '200');
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** utime and stime, in ticks of a hundredth of a second (proc(5)); neighbours do not disturb them. Linux only. */
function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssOf({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
