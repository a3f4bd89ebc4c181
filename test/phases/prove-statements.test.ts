import { expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { proveStatements } from '../../src/phases/prove-statements.ts';
import { scaffoldFiles } from '../../src/phases/scaffold.ts';
import { projectOf, readSchema, repositoryRoot } from '../support/generated-projects.ts';
import { makeProjectDatabase } from '../support/project-database.ts';

type Proof = Awaited<ReturnType<typeof proveStatements>>;

/** Proves the statements of a generated project on a database of its own; `edit` changes its files first. */
async function prove(
  schema: Schema,
  edit: (path: string, text: string) => string = (_path, text) => text,
): Promise<Proof & { readonly rows: number; readonly notes: readonly string[] }> {
  const template = await localTemplates(`${repositoryRoot}/templates`).readTree('project');
  const files = Object.entries(scaffoldFiles(projectOf(schema), template))
    .filter(([path]) => path.startsWith('server/'))
    .map(([path, text]) => [path, edit(path, text)]);
  const database = await makeProjectDatabase(inject('cluster'));
  const sql = postgresSql();
  const owner = await sql.connect(database.login('mig'));
  const app = await sql.connect(database.login('app'));
  const notes: string[] = [];
  try {
    await owner.query(`SET search_path = app; ${initialMigration(schema, 0).content}`);
    const found = await proveStatements(
      { schema, files: Object.fromEntries(files), app, owner },
      { clock: systemClock(), progress: (event) => 'message' in event && notes.push(event.message) },
    );
    let rows = 0;
    for (const { name } of schema.tables) {
      const counted = await owner.query(`SELECT count(*)::integer AS count FROM app.${JSON.stringify(name)}`);
      rows += Number(counted.rows[0]?.count);
    }
    return { ...found, rows, notes };
  } finally {
    await app.close();
    await owner.close();
    await database.drop();
  }
}

test.each(['blog', 'tasks', 'forum', 'shop', 'types', 'hostile', 'hostile-accounts', 'words'])(
  'PostgreSQL takes every statement of %s, rows can be made for it, and none is left',
  async (name) => {
    const schema = readSchema(name);
    const { checks, rows, notes } = await prove(schema);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    for (const table of schema.tables) {
      expect(checks.map((check) => check.name)).toContainEqual(
        expect.stringMatching(new RegExp(`^${table.name}: \\d+ st`)),
      );
    }
    expect([rows, notes]).toEqual([0, []]);
  },
);

test('a statement that is wrong, or beyond the rights of the backend, is named with its file', async () => {
  const { checks } = await prove(readSchema('blog'), (path, text) => {
    if (path === 'server/data/tags.ts') return text.replace('from app.tags', 'from app.tagz');
    return path === 'server/data/users.ts' ? text.replace('from app.users', 'from tb.secrets, app.users') : text;
  });
  const failed = checks.filter(({ passed }) => !passed).map(({ detail }) => detail);
  expect(failed).toHaveLength(2);
  expect(failed.join()).toContain('tags.list (server/data/tags.ts): relation "app.tagz" does not exist (42P01)');
  expect(failed.join()).toContain('permission denied for schema tb (42501)');
});

test('a filter without an index is told with the one that helps; one that has it is not', async () => {
  const schema = readSchema('blog');
  const before = (await prove(schema)).indexes;
  const [first] = before;
  if (!first) throw new Error('there is nothing to advise');
  expect(first.fix).toBe(`CREATE INDEX ON app.${first.table} (${first.column});`);
  const tables = schema.tables.map((table) =>
    table.name === first.table ? { ...table, indexes: [...table.indexes, { columns: [first.column] }] } : table,
  );
  const after = (await prove({ ...schema, tables })).indexes;
  expect(after).toEqual(before.slice(1));
});
