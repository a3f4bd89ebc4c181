import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import getPort from 'get-port';
import { child, isJson } from '../../../../src/adapters/contract/ajv/description.ts';
import type { MachineConfig } from './world.ts';

export interface FlyProcess {
  /** Where its service listens on this computer; null when it has none. */
  readonly port: number | null;
  /** Settles with its exit code. */
  readonly ended: Promise<number>;
  /** Settles when it answers over HTTP for the first time, or ended, or has been silent for long. */
  readonly settled: Promise<void>;
  /** Answers a check of the machine with the status, 0 when nobody answers. */
  probe(path: string): Promise<number>;
  end(): Promise<void>;
}

const SILENT_FOR_MS = 15_000;

/** Runs what a machine is configured to run, in a folder that stands for its disk. Only `node` is in its image. */
export async function startProcess(
  config: MachineConfig,
  secrets: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Promise<FlyProcess> {
  // Nothing that runs: an image, which does what it should.
  if (!Array.isArray(config.files)) return imagined(config);
  const disk = mkdtempSync(join(tmpdir(), 'tb-fly-'));
  // A program may give up being root.
  chmodSync(disk, 0o711);
  const paths = writeFiles(disk, config, secrets);
  const isServing = Array.isArray(config.services) || isJson(config.checks);
  const port = isServing ? await getPort() : null;
  const [program, ...given] = commandOf(config);
  const env = { ...strings(child(config, 'env')), ...secrets, PATH: process.env.PATH ?? '', FLY_MACHINE_ID: 'fake' };
  const own = port === null ? env : { ...env, PORT: String(port), HOST: '127.0.0.1' };
  if (program !== 'node') throw new Error(`The fake has no program ${String(program)}`);
  const args = given.map((arg) => (paths.has(arg) ? join(disk, arg) : arg));
  const running = spawn(process.execPath, args, { cwd: disk, env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  const keep = (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') onLine(line);
  };
  running.stdout.on('data', keep);
  running.stderr.on('data', keep);
  const ended = new Promise<number>((resolve) => {
    running.once('close', (code, signal) => {
      rmSync(disk, { recursive: true, force: true });
      resolve(code ?? (signal === null ? 1 : 128));
    });
  });
  const probe = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(2_000) }).then(
      ({ status }) => status,
      () => 0,
    );
  return {
    port,
    ended,
    probe,
    settled: port === null ? Promise.resolve() : Promise.race([firstAnswer(probe), ended.then(() => undefined)]),
    end: async () => {
      running.kill('SIGTERM');
      const isSlow = await Promise.race([ended.then(() => false), wait(3_000, true, { ref: false })]);
      if (isSlow) running.kill('SIGKILL');
      await ended;
    },
  };
}

function imagined(config: MachineConfig): FlyProcess {
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  // A command of its own is a migration; what the image does by itself is to serve.
  if (Object.keys(child(config, 'init')).length > 0) end(0);
  const settled = Promise.resolve();
  return {
    port: null,
    ended,
    settled,
    probe: async () => 200,
    end: async () => {
      end(0);
    },
  };
}

async function firstAnswer(probe: (path: string) => Promise<number>): Promise<void> {
  const end = Date.now() + SILENT_FOR_MS;
  while (Date.now() < end && (await probe('/')) === 0) await wait(40, undefined, { ref: false });
}

function writeFiles(disk: string, config: MachineConfig, secrets: Readonly<Record<string, string>>): Set<string> {
  const files = Array.isArray(config.files) ? config.files.filter(isJson) : [];
  return new Set(
    files.map((file) => {
      const path = String(file.guest_path);
      if (!path.startsWith('/')) throw new Error(`${path} is no absolute path`);
      const content = typeof file.raw_value === 'string' ? file.raw_value : (secrets[String(file.secret_name)] ?? '');
      mkdirSync(dirname(join(disk, path)), { recursive: true });
      writeFileSync(join(disk, path), Buffer.from(content, 'base64'));
      return path;
    }),
  );
}

function commandOf(config: MachineConfig): readonly string[] {
  const init = child(config, 'init');
  const words = [init.entrypoint, init.cmd].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  return Array.isArray(init.exec) ? init.exec.map(String) : words;
}

function strings(value: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}
