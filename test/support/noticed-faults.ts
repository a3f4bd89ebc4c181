import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { mutate } from '../../src/phases/mutate.ts';
import type { FileTree } from '../../src/ports/workspace.ts';
import { mutationServices, projectFiles, readSchemaFile, withLanes } from './mutation.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

/** The files of a project with only those tests that are about one of its tables, so that a trial does not take long. */
export function smallProject(files: FileTree): FileTree {
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !path.endsWith('.test.mjs') || /subtasks|row-level/.test(path)),
  );
}

/** Puts one fault of each kind into a project of tasks; its tests must notice every one, and nothing of it stays. */
export function expectNoticed(faults: readonly RegExp[]): Promise<void> {
  return withTemporaryFolder(async (folder) => {
    const schema = readSchemaFile('tasks');
    const files = smallProject(await projectFiles(schema));
    const services = await mutationServices(folder);
    const tried = new Set<RegExp>();
    const isWanted = (name: string): boolean => {
      const pattern = faults.find((candidate) => candidate.test(name) && !tried.has(candidate));
      if (pattern) tried.add(pattern);
      return pattern !== undefined;
    };
    try {
      const result = await withLanes(inject('cluster'), schema, 1, (lanes) =>
        mutate({ files, scratch: join(folder, 'tasks'), schema, lanes, isWanted }, services),
      );
      expect(result).toEqual({ killed: faults.length, total: faults.length, survivors: [] });
      expect(readdirSync(folder)).not.toContain('tasks');
    } finally {
      await services.builder.close();
    }
  });
}
