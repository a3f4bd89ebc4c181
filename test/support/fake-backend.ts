import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll } from 'vitest';
import { type LocalTargetOptions, localTarget } from '../../src/adapters/deploy-target/local/local-target.ts';
import type { DeployTarget } from '../../src/ports/deploy-target.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

/**
 * A built backend that does what a test wants: it answers /health (503 while a file `sick` lies in its folder, nothing while `mute` does) and
 * has a few paths to make trouble with. `VERSION` tells one build from the next.
 */
const SERVER = (version: string) => `
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
if (existsSync('dead-on-arrival')) { console.error('cannot go on: ' + process.env.DB_PASSWORD); process.exit(3); }
if (existsSync('deaf')) process.on('SIGTERM', () => {});
else process.on('SIGTERM', () => { console.log('saying goodbye'); server.close(() => process.exit(0)); });
const paths = {
  '/health': (answer) => { if (existsSync('mute')) return; answer.statusCode = existsSync('sick') ? 503 : 200; answer.end('{"status":"ok"}'); },
  '/version': (answer) => answer.end('${version}'),
  '/env': (answer) => answer.end(JSON.stringify({ env: process.env, argv: process.argv })),
  '/crash': (answer) => answer.end('', () => process.exit(7)),
  '/slow': (answer) => { answer.setHeader('connection', 'close'); answer.flushHeaders(); setTimeout(() => answer.end('finished'), 600); },
  '/child': (answer) => answer.end(String(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).pid)),
  '/say': (answer, url) => { console.log(url.searchParams.get('text')); answer.end(); },
  '/shout': (answer, url) => {
    const lines = Number(url.searchParams.get('lines'));
    const line = 'x'.repeat(Number(url.searchParams.get('width') ?? 100));
    const from = Number(url.searchParams.get('from') ?? 0);
    let n = 0;
    const more = () => { while (n < lines) { n += 1; if (!process.stdout.write((from + n) + ' ' + line + '\\n')) return process.stdout.once('drain', more); } answer.end(); };
    more();
  },
};
const server = createServer((request, answer) => {
  const url = new URL(request.url, 'http://x');
  (paths[url.pathname] ?? (() => { answer.statusCode = 404; answer.end(); }))(answer, url);
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
`;

let bundle: Promise<string> | undefined;

/** The supervisor as the package ships it: bundled to JavaScript, once for a test file. */
export function supervisorBundle(): Promise<string> {
  bundle ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-supervisor-'));
    const source = new URL('../../src/adapters/deploy-target/local/supervisor.ts', import.meta.url).pathname;
    const built = await rolldown({ input: source, platform: 'node', logLevel: 'silent' });
    const file = join(folder, 'supervisor.mjs');
    await built.write({ file, format: 'esm' });
    await built.close();
    return file;
  })();
  return bundle;
}

afterAll(async () => {
  if (bundle) rmSync(dirname(await bundle), { recursive: true, force: true });
});

export function writeBackend(directory: string, options: { version?: string; env?: string } = {}): void {
  const entry = join(directory, '.output/server/index.mjs');
  mkdirSync(dirname(entry), { recursive: true });
  writeFileSync(entry, SERVER(options.version ?? '1'));
  if (options.env !== undefined) writeFileSync(join(directory, '.env'), options.env);
}

export function randomProjectId(): string {
  return Array.from({ length: 16 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'.charAt(randomInt(36))).join('');
}

export interface Scene {
  /** turbobackend's data folder. */
  readonly home: string;
  readonly target: DeployTarget;
  readonly options: LocalTargetOptions;
  /** Makes a built project and gives its id and folder. */
  project(options?: { version?: string; env?: string }): { projectId: string; directory: string };
}

/** A home of its own; at the end everything started in it is removed, and a process that stays is a failure. */
export function withTarget(
  work: (scene: Scene) => Promise<void>,
  tuning: LocalTargetOptions['tuning'] = {},
): Promise<void> {
  return withTemporaryFolder(async (root) => {
    const options: LocalTargetOptions = {
      home: join(root, 'home'),
      supervisorPath: await supervisorBundle(),
      environment: { PATH: process.env.PATH, SECRET_OF_THE_SHELL: 'do-not-pass' },
      tuning: { restart: { firstDelayMs: 20, maxDelayMs: 100, forgiveAfterMs: 60_000, maxDeaths: 5 }, ...tuning },
    };
    const target = localTarget(options);
    const made: string[] = [];
    const project: Scene['project'] = (content) => {
      const projectId = randomProjectId();
      const directory = join(root, 'projects', projectId);
      mkdirSync(directory, { recursive: true });
      writeBackend(directory, content);
      made.push(projectId);
      return { projectId, directory };
    };
    try {
      await work({ home: options.home, target, options, project });
    } finally {
      for (const projectId of made) await target.remove(projectId).catch(() => {});
    }
  });
}

/** Looks again and again until a claim is true; throws with the last thing seen when it never is. */
export async function eventually<T>(look: () => Promise<T> | T, claim: (seen: T) => boolean, what: string): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (claim(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`${what} did not come true; last seen: ${JSON.stringify(seen)}`);
    await new Promise((next) => setTimeout(next, 15));
  }
}
