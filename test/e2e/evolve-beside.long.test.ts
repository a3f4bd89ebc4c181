import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lendChores } from '../support/chores.ts';
import { runInTerminal } from '../support/terminal.ts';

/** Sentences beside other commands, persons and migrations. */

const { home, here, env, cli, evolve, sql, columns, files } = lendChores();

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
