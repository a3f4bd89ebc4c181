import type { Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { Resource } from './resource.ts';
import { samplesModule } from './tests/samples-module.ts';
import { tableModule } from './tests/table-module.ts';

/** The tests that are computed from the schema: how rows are made, and a file for each table. */
export function testFiles(schema: Schema, resources: readonly Resource[]): FileTree {
  const tables = resources.map((resource) => [
    `test/${resource.table.name}.test.mjs`,
    tableModule(resource, schema, resources),
  ]);
  return { 'test/samples.mjs': samplesModule(schema, resources), ...Object.fromEntries(tables) };
}
