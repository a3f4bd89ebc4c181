import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { listVersions } from '../../src/operations/versions.ts';
import { planRedo, redo } from '../../src/pipeline/redo.ts';
import { planUndo, undo } from '../../src/pipeline/undo.ts';
import type { VersionNeeds } from '../../src/pipeline/version-place.ts';
import { cutAt } from '../support/cut-calls.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { type VersionedProject, versionedProject, versionServices } from '../support/versioned-project.ts';

/** A step back and forth, cut at every single call that changes something outside. */

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
