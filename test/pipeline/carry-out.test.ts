import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginChange } from '../../src/pipeline/begun-change.ts';
import { carryOut, resumeChange } from '../../src/pipeline/carry-out.ts';
import { addMigration, writeMigrations } from '../../src/pipeline/migration-files.ts';
import { column, lendChangingProject, schemaWith } from '../support/changing-project.ts';

/** Changes that are refused, or cut, while they are carried out. The tests build on each other. */

const { services, project, planned, current, isBegun, columns, cutAll } = lendChangingProject();

test('what migrating refuses is taken back with all files of the change, also those that were applied', async () => {
  const files = [column('first'), { up: "INSERT INTO notes VALUES ('a');", down: 'SELECT 1;' }];
  const change = await planned('double', files, schemaWith('first'));
  await expect(carryOut(project().folder, change, services)).rejects.toMatchObject({ code: 'migration.failed' });
  expect([await columns(), await project().migrations(), isBegun()]).toEqual([['id'], ['initial.sql'], false]);
  expect((await current()).project.schema).toEqual(schemaWith());
});

test('cut here and there, the next one finishes it, each file once', async () => {
  expect(await cutAll(4)).toBeGreaterThan(3);
});

test('a change that was cut is taken back when somebody has added a migration meanwhile', async () => {
  const before = await project().migrations();
  const change = await planned('late', [column('late')], schemaWith('late'));
  await beginChange(project().folder, change, services);
  await writeMigrations(project().folder, change.migrations, services);
  await addMigration(project().folder, { name: 'other', up: 'SELECT 1;', down: null }, services);
  expect(await resumeChange(await current(), services)).toMatchObject({ kind: 'taken-back' });
  expect([...(await project().migrations())].sort()).toEqual([...before, 'other.sql'].sort());
  expect([isBegun(), (await columns()).includes('late'), await resumeChange(await current(), services)]).toEqual([
    false,
    false,
    null,
  ]);
});

test('a record that cannot be read is told, and leads to no file outside', async () => {
  const record = join(project().folder.directory, '.turbobackend/change.json');
  const change = await planned('x', [column('x')], schemaWith('x'));
  for (const text of ['{', JSON.stringify({ ...change, migrations: [{ ...change.migrations[0], name: '../../x' }] })]) {
    writeFileSync(record, text);
    await expect(resumeChange(await current(), services)).rejects.toMatchObject({ code: 'project.damaged' });
  }
});

test('five migrations that are begun within one second get five versions, in order', async () => {
  const now = services.clock.now();
  const still = { ...services, clock: { ...services.clock, now: () => now } };
  const empty = { name: 'at once', up: 'SELECT 1;', down: null };
  const made = await Promise.all(Array.from({ length: 5 }, () => addMigration(project().folder, empty, still)));
  expect(new Set(made.map(({ version }) => version)).size).toBe(5);
});
