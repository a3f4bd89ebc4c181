import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lendChores } from '../support/chores.ts';

/** One project with rows, grown by sentences. The tests build on each other. */

const { here, cli, evolve, sql, columns, files, manifest } = lendChores();

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

test('what takes values away is refused without consent', async () => {
  await sql("UPDATE tasks SET delivery_note = 'ring twice' WHERE id = 'a'");
  const refused = await evolve('remove delivery note from tasks', '--yes');
  expect([refused.code, refused.error]).toEqual([2, 'confirm.needed']);
  expect(refused.message).toBe('It takes away: 1 value of tasks.delivery_note.');
  expect(await columns()).toContain('delivery_note');
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
