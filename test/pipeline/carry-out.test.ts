import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NewMigration } from '../../src/domain/begun-change.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { readManifest } from '../../src/operations/manifest.ts';
import { beginChange, markOf } from '../../src/pipeline/begun-change.ts';
import { carryOut, resumeChange } from '../../src/pipeline/carry-out.ts';
import { addMigration, planMigrations, readMigrations, writeMigrations } from '../../src/pipeline/migration-files.ts';
import { listMigrations } from '../../src/pipeline/migrations.ts';
import type { VersionNeeds } from '../../src/pipeline/version-place.ts';
import { cutAt } from '../support/cut-calls.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { type VersionedProject, versionedProject, versionServices } from '../support/versioned-project.ts';

/** Changes that are refused, or cut, while they are carried out. The tests build on each other. */

const { services: databases, metadata } = lendProvisioning();
const services = versionServices(databases, metadata.home);
let project: VersionedProject;

const schemaWith = (...columns: readonly string[]): Schema =>
  parseSchema({
    version: 1,
    tables: [
      {
        name: 'notes',
        columns: [
          { name: 'id', type: 'text', primaryKey: true },
          ...columns.map((name) => ({ name, type: 'text', nullable: true })),
        ],
      },
    ],
  });

const column = (name: string) => ({
  up: `ALTER TABLE notes ADD COLUMN ${name} text;`,
  down: `ALTER TABLE notes DROP COLUMN ${name};`,
});

/** A change as `evolve` records it. */
async function planned(name: string, files: readonly Pick<NewMigration, 'up' | 'down'>[], schema: Schema) {
  const migrations = await planMigrations(project.folder, { name, files }, services);
  const base = markOf(await readMigrations(project.folder, services), migrations);
  return { version: 1, env: 'dev', base, migrations, schema } as const;
}
const current = async () => ({
  ...project.folder,
  project: (await readManifest(project.folder.directory, services)) ?? project.folder.project,
});
const isBegun = () => existsSync(join(project.folder.directory, '.turbobackend/change.json'));
const columns = async () =>
  (
    await project.sql("SELECT column_name AS c FROM information_schema.columns WHERE table_name = 'notes' ORDER BY 1")
  ).map(({ c }) => c);

beforeAll(async () => {
  project = await versionedProject(schemaWith(), services);
  await project.sql("INSERT INTO notes VALUES ('a')");
});
afterAll(() => project.release());

test('what migrating refuses is taken back with all files of the change, also those that were applied', async () => {
  const files = [column('first'), { up: "INSERT INTO notes VALUES ('a');", down: 'SELECT 1;' }];
  const change = await planned('double', files, schemaWith('first'));
  await expect(carryOut(project.folder, change, services)).rejects.toMatchObject({ code: 'migration.failed' });
  expect([await columns(), await project.migrations(), isBegun()]).toEqual([['id'], ['initial.sql'], false]);
  expect((await current()).project.schema).toEqual(schemaWith());
});

test('cut anywhere, the next one finishes it, each file once', async () => {
  let [cuts, number] = [0, 0];
  const known: string[] = [];
  for (let point = 1; ; point += 1) {
    number += 1;
    const name = `c${number}`;
    known.push(name);
    const change = await planned(name, [column(name)], schemaWith(...known));
    const cut = cutAt(point, services);
    const isCut = await carryOut(await current(), change, cut.services as VersionNeeds).then(
      () => false,
      () => true,
    );
    if (!isBegun() && isCut) await carryOut(await current(), change, services);
    else await resumeChange(await current(), services);
    const rows = await listMigrations(project.folder, 'dev', services);
    expect([point, await columns()]).toEqual([point, [...known, 'id'].sort()]);
    expect([rows.length, rows.every(({ state }) => state === 'applied'), isBegun()]).toEqual([number + 1, true, false]);
    expect((await current()).project.schema).toEqual(schemaWith(...known));
    if (!isCut) break;
    cuts += 1;
  }
  expect(cuts).toBeGreaterThan(10);
});

test('a change that was cut is taken back when somebody has added a migration meanwhile', async () => {
  const before = await project.migrations();
  const change = await planned('late', [column('late')], schemaWith('late'));
  await beginChange(project.folder, change, services);
  await writeMigrations(project.folder, change.migrations, services);
  await addMigration(project.folder, { name: 'other', up: 'SELECT 1;', down: null }, services);
  expect(await resumeChange(await current(), services)).toMatchObject({ kind: 'taken-back' });
  expect([...(await project.migrations())].sort()).toEqual([...before, 'other.sql'].sort());
  expect([isBegun(), (await columns()).includes('late'), await resumeChange(await current(), services)]).toEqual([
    false,
    false,
    null,
  ]);
});

test('a record that cannot be read is told, and leads to no file outside', async () => {
  const record = join(project.folder.directory, '.turbobackend/change.json');
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
  const made = await Promise.all(Array.from({ length: 5 }, () => addMigration(project.folder, empty, still)));
  expect(new Set(made.map(({ version }) => version)).size).toBe(5);
});
