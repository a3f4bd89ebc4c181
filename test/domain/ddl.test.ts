import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { renderDdl, renderDdlStatements } from '../../src/domain/ddl.ts';
import { inParentOrder } from '../../src/domain/relations.ts';
import type { SchemaInput } from '../../src/domain/schema.ts';
import { findProblems, parseSchema } from '../../src/domain/schema-rules.ts';
import { parseSql } from '../../src/domain/sql-parse.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

let database: ProjectDatabase;
beforeAll(async () => {
  database = await makeProjectDatabase(inject('cluster'));
});
afterAll(() => database.drop());

const id: ColumnInput = { name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' } };
const text = (name: string, more: Partial<ColumnInput> = {}): ColumnInput => ({ name, type: 'text', ...more });
const to = (table: string, column = 'id', more: object = {}) => ({ references: { table, column, ...more } });

/** Loads a schema as the project's migration login, lets `look` see it, and takes it away again. */
async function loaded<T>(input: SchemaInput, look: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(database.login('mig'));
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN');
    const ddl = renderDdl(parseSchema(input));
    expect((await parseSql(ddl)).map((statement) => `${statement.text};`)).toEqual(
      renderDdlStatements(parseSchema(input)),
    );
    await client.query(ddl);
    return await look(client);
  } finally {
    await client.end();
  }
}

test('a small blog reads as a person would have written it', () => {
  const schema = parseSchema({
    version: 1,
    enums: [{ name: 'post_status', values: ['draft', 'published'] }],
    tables: [
      {
        name: 'posts',
        description: "What the author's readers see",
        columns: [
          id,
          { name: 'author_id', type: 'varchar(21)', ...to('users', 'id', { onDelete: 'cascade' }) },
          { name: 'parent_id', type: 'varchar(21)', nullable: true, ...to('posts', 'id', { onDelete: 'set-null' }) },
          { name: 'slug', type: 'varchar(80)', unique: true, check: { minLength: 1, maxLength: 80 } },
          { name: 'status', type: 'post_status', default: { value: 'draft' } },
          { name: 'price_cents', type: 'integer', nullable: true, check: { min: 0 }, description: 'In cents' },
          { name: 'left', type: 'numeric(4, 1)', default: { value: '0.5' } },
          { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
        ],
        indexes: [{ columns: ['author_id', 'created_at'] }],
      },
      { name: 'users', columns: [id] },
    ],
  });
  expect(renderDdl(schema)).toBe(`CREATE TYPE post_status AS ENUM ('draft', 'published');

CREATE TABLE users (
  id varchar(21) NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE TABLE posts (
  id varchar(21) NOT NULL,
  author_id varchar(21) NOT NULL,
  parent_id varchar(21),
  slug varchar(80) NOT NULL,
  status post_status NOT NULL DEFAULT 'draft',
  price_cents integer,
  "left" numeric(4, 1) NOT NULL DEFAULT 0.5,
  created_at bigint NOT NULL DEFAULT extract(epoch from now())::bigint,
  CONSTRAINT posts_pkey PRIMARY KEY (id),
  CONSTRAINT posts_slug_key UNIQUE (slug),
  CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT posts_slug_check CHECK (char_length(slug) >= 1),
  CONSTRAINT posts_price_cents_check CHECK (price_cents >= 0)
);
CREATE INDEX posts_author_id_created_at_idx ON posts (author_id, created_at);
COMMENT ON TABLE posts IS 'What the author''s readers see';
COMMENT ON COLUMN posts.price_cents IS 'In cents';

ALTER TABLE posts
  ADD CONSTRAINT posts_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES posts (id) ON DELETE SET NULL;
`);
  expect(renderDdl(schema)).toBe(renderDdl(structuredClone(schema)));
});

/** Each row: a column as written; its type, default and the value it fills in, as the catalog and an insert show them. */
const matrix: [string, { given: Partial<ColumnInput>; type: string; inserts: string | RegExp }][] = [
  ['text', { given: { default: { value: `o'clock \\ "x"\n$$;--` } }, type: 'text', inserts: `o'clock \\ "x"\n$$;--` }],
  ['varchar', { given: { type: 'varchar', default: { value: '' } }, type: 'character varying', inserts: '' }],
  [
    'varchar(n)',
    { given: { type: 'varchar(3)', default: { value: '😀é' } }, type: 'character varying(3)', inserts: '😀é' },
  ],
  ['char', { given: { type: 'char', default: { value: 'x' } }, type: 'character(1)', inserts: 'x' }],
  ['smallint', { given: { type: 'smallint', default: { value: -32768 } }, type: 'smallint', inserts: '-32768' }],
  [
    'integer',
    { given: { type: 'int', default: { value: -5 }, check: { min: -5, max: 5 } }, type: 'integer', inserts: '-5' },
  ],
  [
    'bigint',
    {
      given: { type: 'bigint', default: { value: '-9223372036854775808' } },
      type: 'bigint',
      inserts: '-9223372036854775808',
    },
  ],
  [
    'numeric',
    { given: { type: 'numeric', default: { value: 1e21 } }, type: 'numeric', inserts: '1000000000000000000000' },
  ],
  [
    'numeric(p, s)',
    { given: { type: 'decimal(10,2)', default: { value: '-1.50' } }, type: 'numeric(10,2)', inserts: '-1.50' },
  ],
  [
    'real at its limit',
    { given: { type: 'real', default: { value: 0.1 }, check: { min: 0.1, max: 0.1 } }, type: 'real', inserts: '0.1' },
  ],
  [
    'double precision',
    {
      given: { type: 'float', default: { value: 1e-7 }, check: { min: 1e-7 } },
      type: 'double precision',
      inserts: '1e-07',
    },
  ],
  ['boolean', { given: { type: 'bool', default: { value: false } }, type: 'boolean', inserts: 'false' }],
  ['date', { given: { type: 'date', default: { value: '2024-02-29' } }, type: 'date', inserts: '2024-02-29' }],
  [
    'date made',
    { given: { type: 'date', default: { generate: 'created' } }, type: 'date', inserts: /^\d{4}-\d\d-\d\d$/ },
  ],
  [
    'time',
    { given: { type: 'time', default: { value: '09:30' } }, type: 'time without time zone', inserts: '09:30:00' },
  ],
  [
    'timestamp',
    {
      given: { type: 'timestamp', default: { value: '2026-01-31 09:30:00.5' } },
      type: 'timestamp without time zone',
      inserts: /^2026-01-31/,
    },
  ],
  [
    'timestamp made',
    {
      given: { type: 'timestamp', default: { generate: 'created' } },
      type: 'timestamp without time zone',
      inserts: /^20\d\d-/,
    },
  ],
  [
    'timestamptz',
    {
      given: { type: 'timestamptz', default: { value: '2026-01-31T09:30:00Z' } },
      type: 'timestamp with time zone',
      inserts: /^2026-01-31/,
    },
  ],
  [
    'timestamptz made',
    {
      given: { type: 'timestamptz', default: { generate: 'updated' } },
      type: 'timestamp with time zone',
      inserts: /^20\d\d-/,
    },
  ],
  [
    'seconds made',
    { given: { type: 'bigint', default: { generate: 'created' } }, type: 'bigint', inserts: /^1[7-9]\d{8}$/ },
  ],
  [
    'interval',
    { given: { type: 'interval', default: { value: 'P1DT2H' } }, type: 'interval', inserts: '1 day 02:00:00' },
  ],
  [
    'interval in words',
    {
      given: { type: 'interval', default: { value: '2 weeks 3 hours' } },
      type: 'interval',
      inserts: '14 days 03:00:00',
    },
  ],
  ['uuid', { given: { type: 'uuid', default: { generate: 'uuid' } }, type: 'uuid', inserts: /^[0-9a-f-]{36}$/ }],
  ['json', { given: { type: 'json', default: { value: '{"a": "\'"}' } }, type: 'json', inserts: '{"a": "\'"}' }],
  ['jsonb of a number', { given: { type: 'jsonb', default: { value: 5 } }, type: 'jsonb', inserts: '5' }],
  ['jsonb of a boolean', { given: { type: 'jsonb', default: { value: true } }, type: 'jsonb', inserts: 'true' }],
  ['bytea', { given: { type: 'bytea', default: { value: '\\x00ff' } }, type: 'bytea', inserts: '\\x00ff' }],
  ['inet', { given: { type: 'inet', default: { value: '::1/128' } }, type: 'inet', inserts: '::1/128' }],
  ['an array', { given: { type: 'text[]', default: { value: '{}' } }, type: 'text[]', inserts: '{}' }],
  ['an identity', { given: { type: 'bigint', default: { generate: 'identity' } }, type: 'bigint', inserts: '1' }],
  ['an enum', { given: { type: 'mood', default: { value: `o'k \\ $$` } }, type: 'mood', inserts: `o'k \\ $$` }],
];

test.each(matrix)('%s: catalog and stored value are what was asked for', async (_name, { given, type, inserts }) => {
  const column = { name: 'x', type: 'text', ...given };
  const enums = column.type === 'mood' ? [{ name: 'mood', values: [`o'k \\ $$`, '"; drop table t; --'] }] : [];
  const tables = [{ name: 't', columns: [{ name: 'k', type: 'integer', primaryKey: true }, column] }];
  await loaded({ version: 1, enums, tables }, async (client) => {
    const { rows } = await client.query(
      `select format_type(atttypid, atttypmod) as type, attnotnull as "notNull" from pg_attribute where attrelid = 't'::regclass and attname = 'x'`,
    );
    expect(rows).toEqual([{ type, notNull: true }]);
    const result = await client.query('insert into t (k) values (1) returning x::text');
    if (inserts instanceof RegExp) expect(result.rows[0].x).toMatch(inserts);
    else expect(result.rows[0].x).toBe(inserts);
  });
});

test('keys, actions, uniques, checks, indexes and comments reach the catalog under their names', async () => {
  const input: SchemaInput = {
    version: 1,
    tables: [
      {
        name: 'seats',
        columns: [
          { name: 'hall', type: 'integer', primaryKey: true },
          { name: 'number', type: 'integer', primaryKey: true },
        ],
      },
      {
        name: 'bookings',
        description: 'a\tb\nc \\ \' "',
        columns: [
          id,
          { name: 'hall', type: 'integer', nullable: true },
          { name: 'seat', type: 'integer', nullable: true },
          { name: 'starts_at', type: 'bigint' },
          { name: 'ends_at', type: 'bigint' },
          {
            name: 'next_id',
            type: 'varchar(21)',
            nullable: true,
            unique: true,
            ...to('bookings', 'id', { onDelete: 'restrict', onUpdate: 'cascade' }),
          },
        ],
        uniques: [['hall', 'seat', 'starts_at']],
        indexes: [{ columns: ['ends_at'] }],
        foreignKeys: [
          {
            columns: ['hall', 'seat'],
            references: { table: 'seats', columns: ['hall', 'number'] },
            onDelete: 'set-null',
          },
        ],
        checks: [{ left: 'ends_at', operator: '>', right: 'starts_at' }],
      },
    ],
  };
  await loaded(input, async (client) => {
    const { rows } = await client.query<{ name: string; rule: string }>(
      `select conname as name, pg_get_constraintdef(oid) as rule from pg_constraint
       where conrelid = 'bookings'::regclass and contype <> 'n' order by 1`,
    );
    expect(Object.fromEntries(rows.map(({ name, rule }) => [name, rule]))).toEqual({
      bookings_ends_at_starts_at_check: 'CHECK ((ends_at > starts_at))',
      bookings_hall_seat_fkey: 'FOREIGN KEY (hall, seat) REFERENCES seats(hall, number) ON DELETE SET NULL',
      bookings_hall_seat_starts_at_key: 'UNIQUE (hall, seat, starts_at)',
      bookings_next_id_fkey: 'FOREIGN KEY (next_id) REFERENCES bookings(id) ON UPDATE CASCADE ON DELETE RESTRICT',
      bookings_next_id_key: 'UNIQUE (next_id)',
      bookings_pkey: 'PRIMARY KEY (id)',
    });
    const found = await client.query(
      `select obj_description('bookings'::regclass) as comment, to_regclass('bookings_ends_at_idx') is not null as index`,
    );
    expect(found.rows).toEqual([{ comment: 'a\tb\nc \\ \' "', index: true }]);
  });
});

test('names that are too long or would meet are told apart, and stay within what PostgreSQL keeps', async () => {
  const long = `a${'b'.repeat(54)}`;
  const links = ['x', 'y'].map((tail) => ({ name: `${'c'.repeat(54)}${tail}`, type: 'varchar(21)', ...to(long) }));
  const number: ColumnInput = { name: 'b', type: 'bigint', default: { generate: 'identity' } };
  const input: SchemaInput = {
    version: 1,
    tables: [
      { name: long, columns: [id, { ...number, name: 'n'.repeat(55), unique: true }] },
      { name: 'z'.repeat(55), columns: [id, ...links] },
      // a_pkey, a_b_key and a_b_seq are tables here, and natural names of keys and sequences of others.
      ...['a', 'a_pkey', 'a_b_key', 'a_b_seq'].map((name) => ({ name, columns: [id, { ...number, unique: true }] })),
      { name: 'm', columns: [id, text('n_o', { unique: true })] },
      { name: 'm_n', columns: [id, text('o', { unique: true })] },
    ],
  };
  const ddl = renderDdl(parseSchema(input));
  const names = [...ddl.matchAll(/(?:CONSTRAINT|INDEX|SEQUENCE NAME|TABLE) (\w+)/g)].map(([, name]) => name ?? '');
  expect(new Set(names).size).toBe(names.length);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(63);
  await loaded(input, async (client) => {
    const { rows } = await client.query(
      `select conname from pg_constraint where connamespace = 'app'::regnamespace and contype <> 'n'`,
    );
    for (const { conname } of rows) expect(names).toContain(conname);
  });
});

test('a hundred tables, in the wrong order and with a circle, load; parents come first', async () => {
  const tables: TableInput[] = Array.from({ length: 100 }, (_, index) => ({
    name: `t${index}`,
    columns: [
      id,
      ...(index < 99 ? [{ name: 'parent_id', type: 'varchar(21)', ...to(`t${index + 1}`) }] : []),
      ...(index === 99 ? [{ name: 'first_id', type: 'varchar(21)', nullable: true, ...to('t0') }] : []),
    ],
  }));
  expect(inParentOrder(parseSchema({ version: 1, tables }))[0]?.name).toBe('t99');
  await loaded({ version: 1, tables }, async (client) => {
    const { rows } = await client.query(
      `select count(*)::int as n from pg_constraint where contype = 'f' and connamespace = 'app'::regnamespace`,
    );
    expect(rows).toEqual([{ n: 100 }]);
  });
});

test('every key word of PostgreSQL may be the name of a table, and of its columns', async () => {
  const words = (await database.admin<{ word: string }>('select word from pg_get_keywords()')).map(({ word }) => word);
  const isName = (name: string) => findProblems({ version: 1, tables: [{ name, columns: [id] }] }).length === 0;
  // The others are types: bigint, date, interval …
  const names = words.filter(isName);
  expect(names.length).toBeGreaterThan(400);
  expect(names).toEqual(expect.arrayContaining(['user', 'order', 'select', 'table', 'group', 'end', 'default']));
  for (const [from, to] of [
    [0, 160],
    [160, 320],
    [320, names.length],
  ]) {
    const tables = names.slice(from, to).map(
      (name, _at, all): TableInput => ({
        name,
        columns: [
          { ...id, name },
          text('word', { nullable: true, unique: true, check: { minLength: 1 }, description: name }),
          {
            name: 'parent_id',
            type: 'varchar(21)',
            nullable: true,
            references: { table: all[0] ?? '', column: all[0] ?? '' },
          },
        ],
        indexes: [{ columns: [name, 'parent_id'] }],
      }),
    );
    await loaded({ version: 1, tables }, async (client) => {
      const { rows } = await client.query(
        `select relname from pg_class where relkind = 'r' and relnamespace = 'app'::regnamespace`,
      );
      expect(rows.map(({ relname }) => relname).sort()).toEqual(tables.map(({ name }) => name).sort());
    });
  }
});
