import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { runInTerminal } from '../support/terminal.ts';

/** One project with rows, grown by sentences. The tests build on each other. */

const { folder: home, giveBack } = lendFolder();
const here = join(home, 'chores');
let server: Awaited<ReturnType<typeof startCluster>>;
let env: Record<string, string>;

const options = () => ({ home, env, cwd: existsSync(here) ? here : home, timeoutMs: 90_000 });

async function cli(...args: string[]) {
  const { code, stdout } = await runCli([...args, '--json'], options());
  const data = JSON.parse(stdout);
  const { code: error, message, hint } = data.error ?? {};
  return { code, data, error: error as string | undefined, message: `${message}`, hint: `${hint}` };
}
/** Proving takes some seconds, and is tried once. */
const evolve = (sentence: string, ...more: string[]) => cli('evolve', sentence, '--verify', 'none', ...more);

/** As who owns the tables. */
async function sql(text: string): Promise<readonly Record<string, unknown>[]> {
  const { hostname, port, username, password, pathname } = new URL(
    parseEnv(readFileSync(join(here, '.env.migrate'), 'utf8')).DATABASE_URL ?? '',
  );
  const login = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  return withSession(login, (query) => query(text));
}
const columns = async () =>
  (await sql("SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'tasks'")).map(
    ({ name }) => name,
  );
const files = () => readdirSync(join(here, 'migrations')).filter((name) => name.endsWith('.sql'));
const manifest = () => readFileSync(join(here, 'turbobackend.json'), 'utf8');

beforeAll(async () => {
  server = await startCluster();
  const { host, port, user, password } = server.cluster;
  env = { DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres` };
  const result = await cli('create', 'to-do list', '--name', 'chores', '--verify', 'none');
  expect([result.code, result.error]).toEqual([0, undefined]);
  await cli('stop');
  await sql("INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('a', 'sweep', 1, 1), ('b', 'cook', 1, 1)");
}, 120_000);

afterAll(async () => {
  await runCli(['destroy', here, '--yes'], { home, env });
  await giveBack().finally(() => server.stop());
}, 60_000);

test('what is not understood, or names what is not there, is an error with the words, and nothing is tried', async () => {
  const before = [manifest(), files()];
  const nonsense = await evolve('the moon is bright', '--dry-run');
  expect([nonsense.code, nonsense.error]).toEqual([2, 'request.unclear']);
  expect(nonsense.message).toContain('the moon is bright');
  const absent = await evolve('books need a subtitle', '--yes');
  expect([absent.code, absent.message]).toEqual([2, expect.stringContaining('no table "books"')]);
  expect([manifest(), files()]).toEqual(before);
});

test('the changed code is proven on the rows; where it does not hold, nothing is changed', async () => {
  const own = join(here, 'server/custom/own.ts');
  const before = [manifest(), files(), await columns()];
  // Typed by hand, for the tables as they are: no import of the changed code works with it.
  mkdirSync(join(here, 'server/custom'), { recursive: true });
  writeFileSync(own, "export const own = 'tasks';\n");
  writeFileSync(join(here, 'server/plugins/own.ts'), "import { missing } from '../custom/own.ts';\nmissing();\n");
  const red = await cli('evolve', 'tasks have an optional place', '--yes');
  expect([red.code, red.error]).toEqual([3, 'verify.failed']);
  expect([manifest(), files(), await columns()]).toEqual(before);
  expect(existsSync(join(here, '.turbobackend/change.html'))).toBe(true);
  rmSync(own);
  rmSync(join(here, 'server/plugins/own.ts'));
  const green = await cli('evolve', 'tasks have an optional place', '--yes');
  expect([green.code, green.error]).toEqual([0, undefined]);
  expect(green.data.proof).toMatchObject({ former: { checks: 18 }, changed: { passed: true } });
  const trials = readdirSync(join(here, '.turbobackend')).filter((name) => name.startsWith('trial-'));
  expect([await columns(), trials]).toEqual([expect.arrayContaining(['place']), []]);
});

test('a dry run rehearses on the rows and changes nothing; then the same sentence is applied', async () => {
  const before = [manifest(), files(), await columns()];
  const dry = await evolve('tasks need a delivery note', '--dry-run');
  expect([dry.code, dry.data.rehearsal.rows, dry.data.applied]).toEqual([0, 2, []]);
  expect([manifest(), files(), await columns()]).toEqual(before);
  const done = await evolve('tasks need a delivery note', '--yes');
  expect([done.code, done.data.applied.length, done.data.conflicts]).toEqual([0, 1, []]);
  expect(await sql('SELECT id, title, delivery_note FROM tasks ORDER BY id')).toEqual([
    { id: 'a', title: 'sweep', delivery_note: null },
    { id: 'b', title: 'cook', delivery_note: null },
  ]);
  expect(readFileSync(join(here, 'server/schemas/tasks.ts'), 'utf8')).toContain('delivery_note');
});

test('what rows would have to have is refused with both ways out, and each of them is one', async () => {
  const refused = await evolve('tasks need a hue and a scent', '--yes');
  expect([refused.code, refused.error]).toEqual([3, 'migration.refused']);
  expect(refused.hint).toMatch(
    /^Say what they get: .* evolve "tasks need a hue and a scent" --default tasks\.hue=… --default tasks\.scent=… or let it be empty: .* evolve "tasks can have a hue and a scent"$/,
  );
  const optional = await evolve('tasks can have a hue and a scent', '--dry-run');
  expect([optional.code, optional.data.obstacles]).toEqual([0, []]);
  const said = ['--default', 'tasks.hue=red', '--default', 'tasks.scent=sweet'];
  const filled = await evolve('tasks need a hue and a scent', ...said, '--dry-run');
  expect([filled.code, filled.data.obstacles]).toEqual([0, []]);
});

test('at a terminal, what rows get is asked for', async () => {
  const asked = await runInTerminal(['evolve', 'tasks need a hue', '--verify', 'none', '--dry-run'], {
    ...{ home, cwd: here, env, at: /without tasks\.hue get\?/, press: 'sea green\r' },
  });
  expect(asked).toMatchObject({ code: 0, screen: expect.stringContaining("DEFAULT 'sea green'") });
});

test('two at once: one is carried out, and the other is told or plans anew', async () => {
  const before = files().length;
  const both = await Promise.all([
    evolve('tasks have an optional shelf', '--yes'),
    evolve('tasks have an optional floor', '--yes'),
  ]);
  const told = both.filter(({ code }) => code !== 0);
  for (const { error } of told) expect(error).toBe('migration.changed');
  expect([told.length < 2, files().length]).toEqual([true, before + 2 - told.length]);
  const names = ['shelf', 'floor'].filter((_, at) => both[at]?.code === 0);
  expect(await columns()).toEqual(expect.arrayContaining(names));
  expect((await cli('scaffold', '--check')).code).toBe(0);
});

test('beside migrate up and deploy it waits or is told, and nothing is half', async () => {
  const [grown, up, deployed] = await Promise.all([
    evolve('tasks have an optional depth', '--yes'),
    cli('migrate', 'up'),
    cli('deploy', '--force'),
  ]);
  expect([grown.code, up.code, deployed.code]).toEqual([0, 0, 0]);
  await cli('stop');
  expect([await columns(), (await cli('scaffold', '--check')).code]).toEqual([expect.arrayContaining(['depth']), 0]);
});

test('what takes values away is refused without consent', async () => {
  await sql("UPDATE tasks SET delivery_note = 'ring twice' WHERE id = 'a'");
  const refused = await evolve('remove delivery note from tasks', '--yes');
  expect([refused.code, refused.error]).toEqual([2, 'confirm.needed']);
  expect(refused.message).toBe('It takes away: 1 value of tasks.delivery_note.');
  expect(await columns()).toContain('delivery_note');
});

test('killed before the database is changed, the same sentence again finishes', async () => {
  const before = files().length;
  const sentence = ['evolve', 'tasks have an optional colour', '--verify', 'none', '--yes', '--json'];
  const { child, finished } = startCli(sentence, options());
  while (files().length === before && child.exitCode === null) await sleep(2);
  child.kill('SIGKILL');
  expect([(await finished).code, files().length]).toEqual([137, before + 1]);
  const again = await cli(...sentence.slice(0, -1));
  expect([again.code, again.error]).toEqual([0, undefined]);
  expect([await columns(), files().length]).toEqual([expect.arrayContaining(['color']), before + 1]);
  expect(manifest()).toContain('"color"');
  const nothing = await evolve('tasks have an optional colour', '--yes');
  expect([nothing.code, nothing.data.steps, nothing.data.applied]).toEqual([0, [], []]);
});

test('interrupted while it is tried on a copy of the rows, no copy stays', async () => {
  const databases = async () =>
    (
      await withSession({ ...server.cluster, database: 'postgres' }, (query) =>
        query('SELECT datname AS name FROM pg_database ORDER BY 1'),
      )
    ).map(({ name }) => name);
  const before = await databases();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, finished } = startCli(
      ['evolve', 'tasks have an optional width', '--verify', 'none', '--yes', '--json'],
      options(),
    );
    while ((await databases()).length === before.length && child.exitCode === null) await sleep(5);
    child.kill(signal);
    const { code, stdout } = await finished;
    expect([code, JSON.parse(stdout).error.code]).toEqual(
      signal === 'SIGINT' ? [130, 'interrupted'] : [143, 'terminated'],
    );
    expect(await databases()).toEqual(before);
  }
  expect(await columns()).not.toContain('width');
});

test('what was changed between the preview and the consent is refused', async () => {
  const before = files();
  const asked = runInTerminal(['evolve', 'tasks have an optional weight', '--verify', 'none'], {
    home,
    cwd: here,
    env,
    at: /Do it\?/,
    press: async () => {
      await sql('ALTER TABLE tasks ADD COLUMN by_hand text');
      return 'y\r';
    },
  });
  expect(await asked).toMatchObject({ code: 3, screen: expect.stringContaining('migration.changed') });
  expect([files(), await columns()]).toEqual([before, expect.not.arrayContaining(['weight'])]);
  await sql('ALTER TABLE tasks DROP COLUMN by_hand');
});

test('what a migration of one`s own made is left alone by every sentence, and named', async () => {
  const begun = await cli('migrate', 'create', 'add notes');
  writeFileSync(
    join(here, begun.data.up),
    `CREATE TABLE app.notes (id text PRIMARY KEY, task_id text REFERENCES app.tasks (id), body text NOT NULL);
     CREATE INDEX by_body ON app.notes (body);
     ALTER TABLE app.tasks ADD COLUMN by_hand text UNIQUE;\n`,
  );
  const early = await evolve('tasks have an optional height', '--yes');
  expect(early.data).toMatchObject({
    error: { code: 'project.incomplete', hint: expect.stringMatching(/^First: .* migrate up$/) },
  });
  expect((await cli('migrate', 'up')).code).toBe(0);
  await sql("INSERT INTO notes VALUES ('n', 'a', 'mine'); UPDATE tasks SET by_hand = 'kept' WHERE id = 'a'");
  const done = await evolve('tasks have an optional height', '--yes', '--allow-destructive');
  expect([done.code, done.error, done.message]).toEqual([0, undefined, 'undefined']);
  expect([done.data.losses, done.data.beyond]).toEqual([[], ['notes', 'tasks.by_hand']]);
  expect(await columns()).toEqual(expect.arrayContaining(['height', 'by_hand']));
  expect(await sql('SELECT body, by_hand FROM notes JOIN tasks ON tasks.id = task_id')).toEqual([
    { body: 'mine', by_hand: 'kept' },
  ]);
  expect(await sql("SELECT to_regclass('by_body') IS NOT NULL AS there")).toEqual([{ there: true }]);
  const refused = await evolve('remove tasks', '--yes', '--allow-destructive');
  expect(refused.code).not.toBe(0);
  expect(await sql('SELECT body FROM notes')).toEqual([{ body: 'mine' }]);
});

test('where the person changed the same lines, the database waits until they decided', async () => {
  const path = join(here, 'server/data/tasks.ts');
  const own = readFileSync(path, 'utf8').replace(/created_at,(\s+)updated_at/g, 'created_at, /* mine */$1updated_at');
  expect(own).toContain('/* mine */');
  writeFileSync(path, own);
  const stopped = await evolve('tasks have an optional size', '--yes');
  expect([stopped.code, stopped.data.applied]).toEqual([3, []]);
  expect(stopped.data.conflicts).toContain('server/data/tasks.ts');
  expect(await columns()).not.toContain('size');
  expect(readFileSync(path, 'utf8')).toMatch(/<<<<<<< yours[\s\S]*mine[\s\S]*>>>>>>> generated/);
  const deployed = await cli('deploy');
  expect([deployed.error, deployed.message]).toEqual([
    'project.incomplete',
    expect.stringContaining('server/data/tasks.ts'),
  ]);
  const decided = readFileSync(path, 'utf8').replace(
    /<<<<<<< yours\n([\s\S]*?)=======\n[\s\S]*?>>>>>>> generated\n/g,
    '$1',
  );
  writeFileSync(path, decided);
  const again = await cli('migrate', 'up');
  expect([again.code, await columns()]).toEqual([0, expect.arrayContaining(['size'])]);
  expect(readFileSync(path, 'utf8')).toBe(decided);
});
