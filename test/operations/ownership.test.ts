import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import type { Project } from '../../src/domain/project.ts';
import { findProject } from '../../src/operations/find-project.ts';
import { provisionStage, register } from '../../src/pipeline/stages.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../support/provisioning.ts';

/** Two users of one metadata database: what is somebody else's may be looked at. */

const server = inject('cluster');
const metadata = borrowMetadata();
const { folder, giveBack } = lendFolder();
const mine = { ...provisioningServices(server, metadata), workspace: localWorkspace() };
const theirs = { ...mine, owner: 'somebody else' };

beforeAll(async () => {
  await mine.state.listDatabases();
});
afterAll(async () => {
  await releaseMetadata(server, metadata, mine);
  await giveBack();
});

const notYours = { code: 'project.not_yours', message: expect.stringContaining('tester') };

/** A folder with a registered project of `tester`'s. */
async function project(name: string): Promise<{ directory: string; project: Project }> {
  const directory = join(folder, name);
  mkdirSync(directory);
  const made: Project = {
    version: 1,
    id: mine.ids.projectId(),
    name,
    request: 'notes',
    createdAt: 1,
    decision: null,
    schema: null,
    files: {},
  };
  writeFileSync(join(directory, 'turbobackend.json'), JSON.stringify(made));
  await register({ directory, project: made }, mine);
  return { directory, project: made };
}

test('one acts on one`s own project and looks at everybody`s', async () => {
  const { directory, project: made } = await project('own');
  for (const wanted of [made.id, 'own', directory, undefined]) {
    expect((await findProject(wanted, directory, mine)).id).toBe(made.id);
    expect((await findProject(wanted, directory, theirs, 'look')).owner).toBe('tester');
    await expect(findProject(wanted, directory, theirs)).rejects.toMatchObject(notYours);
  }
});

test('a name means one`s own project before somebody else`s', async () => {
  const { project: made } = await project('shared');
  const other = await mine.state.findProject(made.id);
  const twin = { ...other, id: 'twin000000000000', directory: join(folder, 'twin'), owner: 'somebody else' };
  const listProjects = async () => [
    ...(await mine.state.listProjects()),
    { ...made, ...twin, status: 'ready' as const },
  ];
  const state = { ...mine.state, listProjects };
  expect((await findProject('shared', '/', { ...mine, state })).id).toBe(made.id);
  expect((await findProject('shared', '/', { ...theirs, state })).id).toBe('twin000000000000');
});

test('somebody else`s folder is neither registered, provisioned nor followed', async () => {
  const own = await project('theirs');
  await expect(register(own, theirs)).rejects.toMatchObject(notYours);
  await expect(provisionStage(own, 'dev', theirs)).rejects.toMatchObject(notYours);
  expect(await mine.state.listDatabases(own.project.id)).toEqual([]);
  const moved = `${own.directory}-moved`;
  renameSync(own.directory, moved);
  for (const intent of ['act', 'look'] as const) {
    await expect(findProject(undefined, moved, theirs, intent)).rejects.toMatchObject(notYours);
  }
  expect((await mine.state.findProject(own.project.id))?.directory).toBe(own.directory);
  expect((await findProject(undefined, moved, mine)).directory).toBe(moved);
});
