import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { backendDdl } from '../../src/domain/backend-tables.ts';
import { loginUrl } from '../../src/domain/database.ts';
import { renderDdl } from '../../src/domain/ddl.ts';
import { judgeMigration, parseMigrationFiles } from '../../src/domain/migration.ts';
import { policyDdl } from '../../src/domain/policies.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { deepSchema } from '../support/deep-schema.ts';
import { readSchema } from '../support/generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';

async function withSchema(
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

/** What a statement does for somebody: the number of rows, or the state of its error. */
async function outcome(client: pg.Client, account: string, sql: string, admin = 'false'): Promise<number | string> {
  await client.query('begin');
  await client.query("select set_config('app.account', $1, true), set_config('app.admin', $2, true)", [account, admin]);
  const result = await client.query(sql).then(
    ({ rowCount }) => rowCount ?? 0,
    (error: unknown) => (error instanceof pg.DatabaseError ? (error.code ?? '') : String(error)),
  );
  await client.query(typeof result === 'string' ? 'rollback' : 'commit');
  return result;
}

const keys: [type: string, ada: string, bob: string, rows: readonly string[]][] = [
  ['bigint', '1', '2', ['11', '12', '13', '14']],
  ['varchar(9)', 'ada', "b'o\\b", ['r1', 'r2', 'r3', 'r4']],
  [
    'uuid',
    '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000002',
    [3, 4, 5, 6].map((last) => `00000000-0000-4000-8000-00000000000${last}`),
  ],
];

test.each(keys)(
  'rows two levels below their owner are hidden and closed to others: keys of %s',
  async (type, ada, bob, rows) => {
    await withSchema(deepSchema(type), async (database, client) => {
      const [a, b] = [ada, bob].map((name) => pg.escapeLiteral(name));
      const [first, second, third, fourth] = rows.map((row) => `'${row}'`);
      await database.admin(
        `INSERT INTO app.people VALUES (${a}, 'a', 'x'), (${b}, 'b', 'x');
       INSERT INTO app.orders VALUES (${first}, ${a}), (${second}, ${b});
       INSERT INTO app.lines VALUES (${first}, ${first}), (${second}, ${second});
       INSERT INTO app.notes VALUES (${first}, ${first}), (${second}, ${second})`,
      );
      for (const table of ['orders', 'lines', 'notes', 'people']) {
        expect(await outcome(client, bob, `select from app."${table}"`), table).toBe(1);
        expect(await outcome(client, '', `select from app."${table}"`), table).toBe(0);
        expect(await outcome(client, '', `select from app."${table}"`, 'true'), table).toBe(2);
        const id = table === 'people' ? a : first;
        expect(await outcome(client, bob, `delete from app."${table}" where id = ${id}`), table).toBe(0);
        expect(await outcome(client, bob, `update app."${table}" set id = id where id = ${id}`), table).toBe(0);
        expect(await outcome(client, bob, `update app."${table}" set id = id`), table).toBe(1);
      }
      expect(await outcome(client, bob, `insert into app.orders values (${third}, ${a})`)).toBe('42501');
      expect(await outcome(client, bob, `insert into app.lines values (${third}, ${first})`)).toBe('42501');
      expect(await outcome(client, bob, `insert into app.notes values (${third}, ${first})`)).toBe('42501');
      expect(await outcome(client, bob, `insert into app.lines values (${third}, ${second})`)).toBe(1);
      expect(await outcome(client, bob, `insert into app.notes values (${third}, ${third})`)).toBe(1);
      expect(await outcome(client, bob, `update app.notes set line = ${first} where id = ${third}`)).toBe('42501');
      expect(await outcome(client, bob, `update app.orders set "double" = ${a} where id = ${second}`)).toBe('42501');
      expect(await outcome(client, bob, `update app.orders set last_line = ${first} where id = ${second}`)).toBe(
        '42501',
      );
      expect(await outcome(client, bob, `insert into app.pairs values (${third}, ${b}, ${first}, ${a})`)).toBe('42501');
      expect(await outcome(client, bob, `insert into app.pairs values (${third}, ${b}, ${second}, ${b})`)).toBe(1);
      expect(await outcome(client, bob, `insert into app.pairs values (${fourth}, ${b})`)).toBe(1);
      expect(await outcome(client, bob, `insert into app.people values (${third}, 'c', 'x')`)).toBe('42501');
      await database.admin(`UPDATE app.orders SET "exists" = ${b} WHERE id = ${first}`);
      expect(await outcome(client, bob, 'select from app.orders')).toBe(2);
      expect(await outcome(client, bob, `delete from app.orders where id = ${first}`)).toBe(0);
      expect(await outcome(client, bob, 'select from app._profiles')).toBe(2);
      for (const sql of ['delete from app._profiles', `update app._profiles set id = id`]) {
        expect(await outcome(client, bob, sql), sql).toBe('55000');
      }
      // What was told does not outlive its transaction.
      expect((await client.query('select from app.orders')).rowCount).toBe(0);
    });
  },
);

test.each(['tasks', 'forum', 'shop', 'hostile-accounts'])(
  'the policies of a schema are a migration like any other: %s',
  async (name) => {
    const schema = readSchema(name);
    const sql = renderDdl(schema) + backendDdl(schema);
    const [file] = parseMigrationFiles({ '20260131093000_initial.sql': sql });
    if (!file) throw new Error('there is a file');
    expect((await judgeMigration(file)).transactional).toBe(true);
    await withSchema(schema, async (database) => {
      const open = await database.admin(
        `SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_%' AND NOT relrowsecurity`,
      );
      expect(open).toEqual([]);
    });
  },
);

test('where nobody signs in there are no policies', () => {
  expect(policyDdl(readSchema('blog'))).toBe('');
});
