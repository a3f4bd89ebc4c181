import pg from 'pg';
import { beforeAll, expect, inject, test } from 'vitest';
import { backendDdl } from '../../../src/domain/backend-tables.ts';
import { loginUrl } from '../../../src/domain/database.ts';
import { renderDdl } from '../../../src/domain/ddl.ts';
import { withListIndexes } from '../../../src/domain/list-order.ts';
import type { Schema } from '../../../src/domain/schema.ts';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import type { FileTree } from '../../../src/ports/workspace.ts';
import { deepSchema } from '../../support/deep-schema.ts';
import { projectOf, readSchema, scaffoldServices } from '../../support/generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../support/project-database.ts';

let template: FileTree = {};

beforeAll(async () => {
  template = await scaffoldServices.templates.readTree('project');
});

/** The statements of the data modules, as they stand in the files. */
function statementsOf(schema: Schema): Map<string, string> {
  const files = Object.entries(scaffoldFiles(projectOf(schema), template));
  const data = files.filter(([path]) => path.startsWith('server/data/')).map(([, text]) => text);
  const found = [...data.join('\n').matchAll(/name: '([^']+)',\n {2}text: `([^`]*)`/g)];
  return new Map(found.map(([, name = '', sql = '']) => [name, sql]));
}

async function withTables(
  schema: Schema,
  work: (database: ProjectDatabase, client: pg.Client) => Promise<void>,
): Promise<void> {
  const database = await makeProjectDatabase(inject('cluster'));
  const client = new pg.Client({ connectionString: loginUrl(database.login('app')) });
  try {
    await database.admin(
      `SET ROLE ${database.names.owner}; SET search_path = app; ${renderDdl(schema)}${backendDdl(schema)}`,
    );
    await client.connect();
    await work(database, client);
  } finally {
    await client.end();
    await database.drop();
  }
}

const schemas: Readonly<Record<string, () => Schema>> = {
  tasks: () => readSchema('tasks'),
  forum: () => readSchema('forum'),
  shop: () => readSchema('shop'),
  'reserved words': () => readSchema('words'),
  'hostile names': () => readSchema('hostile-accounts'),
  'deep, with numbers as keys': () => deepSchema('bigint'),
  'deep, with texts as keys': () => deepSchema('varchar(9)'),
  'deep, with uuids as keys': () => deepSchema('uuid'),
};

test.each(Object.entries(schemas))('PostgreSQL accepts every statement: %s', async (_name, schema) => {
  const statements = statementsOf(schema());
  expect(statements.size).toBeGreaterThan(schema().tables.length * 4);
  await withTables(schema(), async (_database, client) => {
    for (const [name, sql] of statements) {
      const refusal = await client.query(`PREPARE "${name}" AS ${sql}`).then(
        () => null,
        (error: Error) => error.message,
      );
      expect({ name, refusal }).toEqual({ name, refusal: null });
    }
  });
});

test('people list their own rows by an index, however many others there are', async () => {
  const schema = withListIndexes(readSchema('tasks'));
  await withTables(schema, async (database, client) => {
    await database.admin(
      `INSERT INTO app.users (id, email, name, password_hash, created_at, updated_at)
       SELECT n, n || '@example.com', 'x', 'x', n, n FROM generate_series(1, 500) AS n;
       INSERT INTO app.lists (id, user_id, name, created_at, updated_at)
       SELECT n, 1 + n % 500, 'x' || n, n, n FROM generate_series(1, 20000) AS n;
       INSERT INTO app.tasks (id, user_id, assignee_id, title, created_at, updated_at)
       SELECT n, 1 + n % 500, CASE WHEN n % 3 = 0 THEN 1 + n % 499 END, 'x', n, n FROM generate_series(1, 20000) AS n;
       ANALYZE`,
    );
    const statements = statementsOf(schema);
    const planOf = async (name: string, values: readonly string[]) => {
      await client.query('begin');
      await client.query("select set_config('app.account', '7', true)");
      await client.query(`PREPARE "${name}" AS ${statements.get(name)}`);
      await client.query('set local plan_cache_mode = force_generic_plan');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (COSTS OFF) EXECUTE "${name}" (${values.join(', ')})`,
      );
      await client.query('commit');
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    expect(await planOf('lists.list', ['20', '0', "'7'"])).toMatch(
      /Index Scan (?:using|on) lists_user_id_created_at_id_idx/,
    );
    expect(await planOf('lists.after', ['20', '0', "''", "'7'"])).toMatch(
      /Index Scan (?:using|on) lists_user_id_created_at/,
    );
    expect(await planOf('lists.find', ["'9'", "'7'"])).toMatch(/Index Scan using lists_pkey/);
    expect(await planOf('tasks.list', ['20', '0', "'7'"])).not.toMatch(/Seq Scan/);
    expect(await planOf('subtasks.find', ["'9'", "'7'"])).not.toMatch(/Seq Scan on tasks/);
  });
});
