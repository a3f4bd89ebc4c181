import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { parseRequest } from '../../src/domain/request.ts';
import { claimFolder } from '../../src/pipeline/claim.ts';
import type { CreateOrder } from '../../src/pipeline/order.ts';
import type { ProjectRecord } from '../../src/ports/state-records.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import type { Workspace } from '../../src/ports/workspace.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/** The two questions `claimFolder` asks of the metadata, over rows that only this test writes. */
function rowsInMemory() {
  const rows = new Map<string, ProjectRecord>();
  const state = {
    async claimProject(project) {
      const row = rows.get(project.directory) ?? { ...project, owner: 'somebody', status: 'creating' as const };
      rows.set(project.directory, row);
      return row;
    },
    async findProjectByDirectory(directory) {
      return rows.get(directory) ?? null;
    },
  } satisfies Pick<StateStore, 'claimProject' | 'findProjectByDirectory'>;
  // The rest of the store is not reached from here; touching it would be a TypeError.
  return { rows, state: state as unknown as StateStore };
}

function scene(folder: string, workspace: Workspace = localWorkspace()) {
  const { rows, state } = rowsInMemory();
  let number = 0;
  const nextId = () => {
    number += 1;
    return `project${number.toString().padStart(9, '0')}`;
  };
  const services = {
    state,
    owner: 'somebody',
    workspace,
    ids: { projectId: nextId, rowId: () => 'unused' },
    clock: { now: () => 1000, elapsedMs: () => 0, sleep: async () => {} },
  };
  const claim = (text: string, order: Partial<CreateOrder> = {}) =>
    claimFolder({ request: parseRequest(text), parent: folder, ...order }, services);
  return { claim, rows };
}

test('the same request in the same place is the same project', () =>
  withTemporaryFolder(async (folder) => {
    const { claim } = scene(folder);
    const first = await claim('blog API');
    expect(first.directory).toBe(join(folder, 'blog-api'));
    expect(await claim('blog API')).toEqual(first);
  }));

test.each(['list', 'read'] as const)('who is as quick as another of the same request joins it (%s)', (moment) =>
  withTemporaryFolder(async (folder) => {
    const workspace = localWorkspace();
    const directory = join(folder, 'blog-api');
    mkdirSync(directory);
    let isFirst = true;
    const others = async () => {
      if (!isFirst) return;
      isFirst = false;
      const { id, name, createdAt } = await claim('blog API');
      const project = { version: 1, id, name, request: 'blog API', createdAt, decision: null, schema: null, files: {} };
      writeFileSync(join(directory, 'turbobackend.json'), JSON.stringify(project));
    };
    const raced: Workspace = {
      ...workspace,
      list: async (place) => {
        if (moment === 'list') await others();
        return workspace.list(place);
      },
      read: async (place, path) => {
        const text = await workspace.read(place, path);
        if (moment === 'read') await others();
        return text;
      },
    };
    const { claim } = scene(folder, raced);
    expect((await claim('blog API')).id).toBe((await claim('blog API')).id);
    expect(isFirst).toBe(false);
  }),
);

test('names that differ only in case get folders and ids of their own', () =>
  withTemporaryFolder(async (folder) => {
    const { claim } = scene(folder);
    const one = await claim('blog API', { name: 'Blog' });
    const two = await claim('blog API', { name: 'blog' });
    expect([one.directory, two.directory]).toEqual([join(folder, 'blog'), join(folder, 'blog-2')]);
    expect(two.id).not.toBe(one.id);
    expect(await claim('blog API', { name: 'blog' })).toEqual(two);
  }));

test('a name or a folder somebody else has is refused', () =>
  withTemporaryFolder(async (folder) => {
    const { claim } = scene(folder);
    const { directory } = await claim('blog API', { name: 'mine' });
    await expect(claim('shop', { name: 'mine' })).rejects.toMatchObject({ code: 'project.exists' });
    await expect(claim('shop', { directory })).rejects.toMatchObject({ code: 'project.exists' });
  }));

test('a folder with something in it is not taken, and nothing is remembered of the try', () =>
  withTemporaryFolder(async (folder) => {
    const { claim, rows } = scene(folder);
    mkdirSync(join(folder, 'blog-api'));
    writeFileSync(join(folder, 'blog-api', '-rf'), 'mine');
    await expect(claim('blog API')).rejects.toMatchObject({
      code: 'project.exists',
      message: expect.stringContaining('-rf'),
    });
    expect(rows.size).toBe(0);
  }));

test('an empty folder is taken; a finished project whose folder is gone says so', () =>
  withTemporaryFolder(async (folder) => {
    const { claim, rows } = scene(folder);
    const directory = join(folder, 'empty');
    mkdirSync(directory);
    const { id, folderIsGone } = await claim('blog API', { directory });
    expect(folderIsGone).toBe(false);
    const row = rows.get(directory);
    if (row) rows.set(directory, { ...row, status: 'ready' });
    rmSync(directory, { recursive: true });
    expect(await claim('blog API', { directory })).toMatchObject({ id, folderIsGone: true });
  }));
