import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TurboError } from '../../src/domain/errors.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { listVersions } from '../../src/operations/versions.ts';
import { addMigration, keepSum } from '../../src/pipeline/migration-files.ts';
import { recordVersion } from '../../src/pipeline/record-version.ts';
import { planRedo, redo } from '../../src/pipeline/redo.ts';
import { migrateStage } from '../../src/pipeline/stages.ts';
import { planUndo, undo } from '../../src/pipeline/undo.ts';
import type { VersionNeeds } from '../../src/pipeline/version-place.ts';
import { cutAt } from '../support/cut-calls.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { type VersionedProject, versionedProject, versionServices } from '../support/versioned-project.ts';

/** Steps that are cut at every call that changes something outside, come two at once, or find a full disk. The tests build on each other. */

const { services: databases, metadata } = lendProvisioning();
const services = versionServices(databases, metadata.home);
let project: VersionedProject;

const schema = parseSchema({
  version: 1,
  enums: [],
  tables: [{ name: 'notes', columns: [{ name: 'id', type: 'text', primaryKey: true }] }],
});

const back = async (using: VersionNeeds = services) =>
  undo(project.folder, await planUndo(project.folder, using), using);
const forth = async (using: VersionNeeds = services) =>
  redo(project.folder, await planRedo(project.folder, using), using);
const versions = () => listVersions(project.folder.project.id, services);
const rows = () => project.sql('SELECT n::text AS row FROM notes AS n ORDER BY id');
const columns = async () =>
  (
    await project.sql(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1",
    )
  ).map(({ name }) => name);
const kept = async () => (await services.archive.list()).map(({ folder }) => folder);

beforeAll(async () => {
  project = await versionedProject(schema, services);
  await project.sql("INSERT INTO notes VALUES ('a'), ('b')");
  await project.step('color', 'ALTER TABLE notes ADD COLUMN color text;', 'ALTER TABLE notes DROP COLUMN color;');
  await project.sql("UPDATE notes SET color = 'red' WHERE id = 'a'");
});
afterAll(() => project.release());

test('cut at any point and called again, a step is back, or there again, with all rows', async () => {
  const there = await rows();
  const gone = [{ row: '(a)' }, { row: '(b)' }];
  expect(there).toEqual([{ row: '(a,red)' }, { row: '(b,)' }]);
  for (let n = 1, isCut = true; isCut; n += 1) {
    const [first, second] = [cutAt(n, services), cutAt(n, services)];
    await back(first.services).catch((error: Error) => expect(error.message).toBe('cut'));
    if ((await versions()).at(-1)?.state !== 'undone') await back();
    expect([n, await rows(), await project.migrations()]).toEqual([n, gone, ['initial.sql']]);
    await forth(second.services).catch((error: Error) => expect(error.message).toBe('cut'));
    if ((await versions()).at(-1)?.state !== 'applied') await forth();
    expect([n, await rows(), (await versions()).length]).toEqual([n, there, 1]);
    isCut = first.wasCut() || second.wasCut();
  }
  expect((await kept()).length).toBe(1);
});

test('a step whose record was cut when everything was done is finished by whoever comes next', async () => {
  const { folder } = project;
  const cut = {
    ...services,
    repository: {
      ...services.repository,
      open: async () => ({ kind: 'open', hasCommits: true, changed: [] }) as const,
      commit: () => Promise.reject(new Error('cut')),
    },
  };
  await expect(
    recordVersion(folder, { env: 'dev', kind: 'migrate', title: 'depth' }, cut, async () => {
      const files = { name: 'depth', up: 'ALTER TABLE notes ADD COLUMN depth text;', down: null };
      await addMigration(folder, files, services);
      return migrateStage(folder, 'dev', services);
    }),
  ).rejects.toThrow('cut');
  expect((await versions()).at(-1)).toMatchObject({ state: 'begun', title: 'depth', migrations: [] });
  const planned = await planUndo(folder, services);
  expect(planned.version).toMatchObject({ number: 2, title: 'depth' });
  expect(planned.rows.goes).toEqual([{ what: 'notes.depth', rows: 0 }]);
  await back();
  expect(await columns()).toEqual(['color', 'id']);
  const wrong = 'ALTER TABLE notes ADD COLUMN color text;';
  await expect(project.step('twice', wrong, null)).rejects.toMatchObject({ code: 'migration.failed' });
  expect((await versions()).map(({ state }) => state)).toEqual(['applied', 'undone']);
  const left = Object.keys(await services.workspace.readTree(folder.directory, 'migrations')).find((path) =>
    path.endsWith('_twice.sql'),
  );
  await services.workspace.remove(folder.directory, `${left}`);
  await keepSum(folder.directory, services);
});

test('of two at once one does it, and the other is told that it was done', async () => {
  await project.step('size', 'ALTER TABLE notes ADD COLUMN size text;', 'ALTER TABLE notes DROP COLUMN size;');
  const planned = await planUndo(project.folder, services);
  const both = await Promise.allSettled([
    undo(project.folder, planned, services),
    undo(project.folder, planned, services),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'version.refused' } });
  expect((await versions()).map(({ state }) => state)).toEqual(['applied', 'replaced', 'undone']);
});

test('a new step takes the place of what was undone, whose rows stay for people', async () => {
  await project.step('shape', 'ALTER TABLE notes ADD COLUMN shape text;', 'ALTER TABLE notes DROP COLUMN shape;');
  expect((await versions()).map(({ state }) => state)).toEqual(['applied', 'replaced', 'replaced', 'applied']);
  await expect(forth()).rejects.toMatchObject({ code: 'version.not_found' });
  expect((await versions())[2]?.undone).not.toBeNull();
});

test('on a full disk nothing is lost, neither before a step nor when it is taken back', async () => {
  const before = [await rows(), await project.migrations(), await kept()];
  const full = {
    ...services,
    archive: { ...services.archive, write: () => Promise.reject(new TurboError('workspace.full', 'full')) },
  };
  await expect(back(full)).rejects.toMatchObject({ code: 'workspace.full' });
  expect([await rows(), await project.migrations(), await kept()]).toEqual(before);
  await back();
  await forth();
  expect(await rows()).toEqual(before[0]);
});

test('rows that are not what was put aside are noticed before anything is done', async () => {
  await project.sql("UPDATE notes SET shape = 'round'");
  await project.step('no_shape', 'ALTER TABLE notes DROP COLUMN shape;', 'ALTER TABLE notes ADD COLUMN shape text;');
  const version = (await versions()).at(-1);
  const folder = services.archive.pathOf({
    projectId: project.folder.project.id,
    folder: `${version?.before?.folder}`,
  });
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.copy.gz')) ?? '');
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 5), Buffer.from('x'), bytes.subarray(6)]));
  await expect(back()).rejects.toMatchObject({ code: 'version.damaged' });
  expect(await project.migrations()).toContain('no_shape.sql');
  writeFileSync(file, bytes);
  chmodSync(file, 0o600);
  await back();
  expect(await project.sql('SELECT DISTINCT shape FROM notes')).toEqual([{ shape: 'round' }]);
});

test('beyond the limits the oldest rows go, and that is said', async () => {
  databases.events.length = 0;
  const small = { ...services, versionLimits: { megabytes: 0.000_9, days: 30 } };
  await project.sql("INSERT INTO notes (id) SELECT 'n' || i FROM generate_series(1, 50) AS i");
  const grown = { ...project, services: small };
  await addMigration(grown.folder, { name: 'more', up: 'ALTER TABLE notes ADD COLUMN more text;', down: null }, small);
  await recordVersion(grown.folder, { env: 'dev', kind: 'migrate', title: 'more' }, small, () =>
    migrateStage(grown.folder, 'dev', small),
  );
  const all = await versions();
  expect(
    all
      .slice(0, -1)
      .flatMap(({ before, undone }) => [before, undone])
      .filter((one) => one !== null),
  ).toEqual([]);
  const said = databases.events.flatMap((event) => ('message' in event ? [event.message] : []));
  expect(said.filter((message) => message.includes('are not kept any longer')).length).toBeGreaterThan(2);
});
