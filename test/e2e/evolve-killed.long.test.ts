import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dieAt } from '../support/die-at.ts';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';

/** `evolve` killed at everything it does, one after the other. */

const { folder: home, giveBack } = lendFolder();
const here = join(home, 'chores');
const BEGUN = '.turbobackend/change.json';
let server: Awaited<ReturnType<typeof startCluster>>;
let env: Record<string, string>;

async function cli(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const cwd = existsSync(here) ? here : home;
  const { code, stdout } = await runCli([...args, '--json'], {
    home,
    cwd,
    env: { ...env, ...more },
  });
  const data = stdout === '' ? {} : JSON.parse(stdout);
  return { code, data, error: data.error?.code as string | undefined };
}

async function columns(): Promise<readonly unknown[]> {
  const url = new URL(parseEnv(readFileSync(join(here, '.env.migrate'), 'utf8')).DATABASE_URL ?? '');
  const { hostname, port, username, password, pathname } = url;
  const login = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  const sql = "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'tasks'";
  return (await withSession(login, (query) => query(sql))).map(({ name }: Record<string, unknown>) => name);
}

const manifest = () => readFileSync(join(here, 'turbobackend.json'), 'utf8');
const ups = () => readdirSync(join(here, 'migrations')).filter((name) => name.endsWith('.sql'));
const downs = () => readdirSync(join(here, 'migrations/down'));
const leftovers = () =>
  readdirSync(here, { recursive: true }).filter((name) => /\.tmp-[0-9a-f]{12}$/.test(String(name)));

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
  const made = await cli(['create', 'to-do list', '--name', 'chores', '--verify', 'none']);
  expect([made.code, made.error]).toEqual([0, undefined]);
});

afterAll(async () => {
  await runCli(['destroy', here, '--yes'], { home, env });
  await giveBack().finally(() => server.stop());
});

test('killed at anything it does, the next one finishes or finds all as it was', async () => {
  // Up to the database each of them; then one file of code is like another, and every third is enough.
  for (let point = 1; ; point += point < 15 ? 1 : 3) {
    const word = `mark_${point}`;
    const before = { manifest: manifest(), ups: ups().length };
    const sentence = ['evolve', `tasks have an optional ${word.replace('_', ' ')}`, '--yes', '--verify', 'none'];
    const { code } = await cli(sentence, { NODE_OPTIONS: dieAt(point, BEGUN) });
    const isBegun = existsSync(join(here, BEGUN));
    if (!isBegun && code === 137 && manifest() === before.manifest)
      expect(ups().length, `point ${point}`).toBe(before.ups);
    // Without a sentence it only finishes what was begun.
    const next = await cli(isBegun && point % 2 === 0 ? ['evolve'] : sentence);
    expect([point, next.code, next.error]).toEqual([point, 0, undefined]);
    expect([point, await columns()]).toEqual([point, expect.arrayContaining([word])]);
    expect([point, ups().length, downs().length]).toEqual([point, before.ups + 1, before.ups]);
    expect([existsSync(join(here, BEGUN)), leftovers()]).toEqual([false, []]);
    const status = await cli(['scaffold', '--check']);
    expect([point, status.code, manifest().includes(`"${word}"`)]).toEqual([point, 0, true]);
    if (code !== 137) {
      expect([code, point]).toEqual([0, expect.any(Number)]);
      expect(point).toBeGreaterThan(20);
      break;
    }
  }
  const verified = await cli(['migrate', 'verify']);
  expect([verified.code, verified.data]).toEqual([0, verified.data]);
  expect(readdirSync(join(here, '.turbobackend')).filter((name) => name.startsWith('trial-'))).toEqual([]);
}, 1_800_000);
