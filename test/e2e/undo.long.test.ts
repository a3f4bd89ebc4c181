import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lendChores } from '../support/chores.ts';
import { startCli } from '../support/run-cli.ts';

/** One project, steps back and forth, with rows written in between. The tests build on each other. */

const { home, here, options, cli, sql, files: migrations } = lendChores();

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: here, encoding: 'utf8', env: { PATH: process.env.PATH } });
const subjects = () => git('log', '--format=%s').trim().split('\n');
const isClean = () => git('status', '--porcelain') === '';
const codeOf = (path: string) => readFileSync(join(here, path), 'utf8');

test('what was created is the first commit, without a secret', async () => {
  expect([subjects(), isClean()]).toEqual([['create: chores'], true]);
  expect(
    git('ls-files')
      .split('\n')
      .filter((path) => path.startsWith('.env')),
  ).toEqual(['.env.example']);
  const nothing = await cli('undo', '--yes');
  expect([nothing.code, nothing.error]).toEqual([2, 'version.not_found']);
  const history = await cli('history');
  expect(history.data.versions).toMatchObject([{ number: 1, kind: 'create', state: 'applied' }]);
});

test('a step is undone with rows written since, which are put aside, and done again with them', async () => {
  const before = [codeOf('turbobackend.json'), codeOf('server/data/tasks.ts'), migrations()];
  const done = await cli('evolve', 'tasks need a delivery note', '--yes', '--verify', 'none');
  expect([done.code, done.error]).toEqual([0, undefined]);
  expect([subjects(), isClean()]).toEqual([['evolve: tasks need a delivery note', 'create: chores'], true]);
  await sql("UPDATE tasks SET delivery_note = 'ring twice' WHERE id = 'a'");
  await sql("INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('c', 'iron', 1, 1)");

  const asked = await cli('undo');
  expect([asked.code, asked.error]).toEqual([2, 'confirm.needed']);
  const shown = await cli('undo', '--dry-run');
  expect(shown.data.goes).toEqual([{ what: 'tasks.delivery_note', rows: 1 }]);
  expect([subjects().length, (await sql('SELECT delivery_note FROM tasks')).length]).toEqual([2, 3]);

  const undone = await cli('undo', '--yes');
  expect([undone.code, undone.error, undone.message]).toEqual([0, undefined, 'undefined']);
  expect([codeOf('turbobackend.json'), codeOf('server/data/tasks.ts'), migrations()]).toEqual(before);
  expect(await sql('SELECT id FROM tasks ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  expect([subjects()[0], isClean()]).toEqual(['undo: tasks need a delivery note', true]);
  expect(statSync(undone.data.backup).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(undone.data.backup))
    expect(statSync(join(undone.data.backup, name)).mode & 0o777).toBe(0o600);

  const redone = await cli('redo', '--yes');
  expect([redone.code, redone.error, redone.message]).toEqual([0, undefined, 'undefined']);
  expect(await sql('SELECT id, delivery_note FROM tasks ORDER BY id')).toEqual([
    { id: 'a', delivery_note: 'ring twice' },
    { id: 'b', delivery_note: null },
    { id: 'c', delivery_note: null },
  ]);
  expect([subjects()[0], isClean(), migrations().length]).toEqual(['redo: tasks need a delivery note', true, 2]);
  expect((await cli('migrate', 'verify')).code).toBe(0);
});

test('killed in the middle, undo and redo are finished by the same command, and no row is lost', async () => {
  const kept = () => readdirSync(join(home, 'turbobackend/versions'), { recursive: true }).length;
  for (const [verb, column] of [
    ['undo', false],
    ['redo', true],
  ] as const) {
    const before = kept();
    const { child, finished } = startCli([verb, '--yes', '--json'], options());
    while (kept() === before && child.exitCode === null) await sleep(2);
    child.kill('SIGKILL');
    expect((await finished).code).toBe(137);
    const again = await cli(verb, '--yes');
    expect([again.code, again.error, again.message]).toEqual([0, undefined, 'undefined']);
    const found = await sql('SELECT * FROM tasks ORDER BY id');
    expect(found.map((row) => [row.id, row.delivery_note])).toEqual([
      ['a', column ? 'ring twice' : undefined],
      ['b', column ? null : undefined],
      ['c', column ? null : undefined],
    ]);
    expect([isClean(), migrations().length]).toEqual([true, column ? 2 : 1]);
  }
});

test('what a sentence has dropped comes back, also beside rows made since', async () => {
  const dropped = await cli(
    'evolve',
    'remove delivery note from tasks',
    '--yes',
    '--verify',
    'none',
    '--allow-destructive',
  );
  expect([dropped.code, dropped.error]).toEqual([0, undefined]);
  await sql(
    "INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('d', 'dust', 1, 1); DELETE FROM tasks WHERE id = 'b'",
  );
  const undone = await cli('undo', '--yes');
  expect([undone.data.returns, undone.data.returned]).toEqual([
    ['tasks.delivery_note'],
    { rows: 0, values: 2, left: [] },
  ]);
  expect(await sql('SELECT id, delivery_note FROM tasks ORDER BY id')).toEqual([
    { id: 'a', delivery_note: 'ring twice' },
    { id: 'c', delivery_note: null },
    { id: 'd', delivery_note: null },
  ]);
  const history = await cli('history');
  expect(history.data.versions).toMatchObject([{ state: 'undone' }, { state: 'applied' }, { state: 'applied' }]);
});

test('what a person changed stays: beside the way back it is merged, in its lines they decide first', async () => {
  const path = 'server/data/tasks.ts';
  const own = codeOf(path).replace('delivery_note,\n', 'delivery_note, /* mine */\n');
  expect(own).toContain('/* mine */');
  writeFileSync(join(here, path), own);
  writeFileSync(join(here, 'README.md'), `${codeOf('README.md')}\nMy own words.\n`);
  const stopped = await cli('undo', '--yes');
  expect([stopped.code, stopped.data.isWaiting, stopped.data.conflicts]).toEqual([3, true, [path]]);
  expect(codeOf(path)).toMatch(/<<<<<<< yours[\s\S]*mine[\s\S]*>>>>>>> generated/);
  expect((await sql('SELECT delivery_note FROM tasks')).length).toBe(3);
  const evolve = await cli('evolve', 'tasks have an optional size', '--yes', '--verify', 'none');
  expect([evolve.code, evolve.error]).toEqual([3, 'version.unfinished']);
  for (const command of [['deploy'], ['deploy', '--force'], ['verify'], ['scaffold'], ['migrate', 'up']]) {
    const refused = await cli(...command);
    expect([command, refused.code, refused.error]).toEqual([command, 3, 'version.unfinished']);
    expect(refused.data.error).toMatchObject({
      message: expect.stringContaining(path),
      hint: expect.stringMatching(/turbobackend(\.js)? undo$/),
    });
  }
  const early = await cli('undo', '--yes');
  expect([early.code, early.data.isWaiting]).toEqual([3, true]);
  const decided = codeOf(path).replace(/<<<<<<< yours\n[\s\S]*?=======\n([\s\S]*?)>>>>>>> generated\n/g, '$1');
  writeFileSync(join(here, path), decided);
  const done = await cli('undo', '--yes');
  expect([done.code, done.error, done.message]).toEqual([0, undefined, 'undefined']);
  expect([codeOf(path), codeOf('README.md')]).toEqual([decided, expect.stringContaining('My own words.')]);
  expect(Object.keys((await sql('SELECT * FROM tasks'))[0] ?? {})).not.toContain('delivery_note');
  expect(git('status', '--porcelain').trim().split('\n')).toEqual(
    expect.arrayContaining([expect.stringContaining('README.md')]),
  );
  expect(subjects()[0]).toBe('undo: tasks need a delivery note');
});

test('with the project its kept rows are gone', async () => {
  expect(readdirSync(join(home, 'turbobackend/versions')).length).toBe(1);
  expect((await cli('destroy', here, '--yes')).code).toBe(0);
  expect(readdirSync(join(home, 'turbobackend/versions'))).toEqual([]);
});
