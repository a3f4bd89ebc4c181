import { isAccountsTable } from '../../domain/access.ts';
import type { Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { Resource } from './resource.ts';
import { wallModule } from './tests/access-cases.ts';
import { accountsModule } from './tests/accounts-module.ts';
import { samplesModule } from './tests/samples-module.ts';
import { tableModule } from './tests/table-module.ts';

/** The tests that are computed from the schema: how rows are made, and a file for each table. */
export function testFiles(schema: Schema, resources: readonly Resource[]): FileTree {
  const tables = resources.map((resource) => {
    const text = isAccountsTable(resource.table, schema)
      ? accountsModule(resource, schema, resources)
      : tableModule(resource, schema, resources);
    return [`test/${resource.table.name}.test.mjs`, text];
  });
  const all = resources.map(({ table }) => table);
  return {
    'test/samples.mjs': samplesModule(schema, resources),
    ...(schema.accounts ? { 'test/row-level-security.test.mjs': wallModule(schema, all) } : {}),
    ...Object.fromEntries(tables),
  };
}
