import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { isTurboError } from '../../src/domain/errors.ts';
import type { SchemaInput } from '../../src/domain/schema.ts';
import { findProblems, parseSchema, SCHEMA_LIMITS } from '../../src/domain/schema-rules.ts';
import { isQuotedKeyword, isReservedWord } from '../../src/domain/sql-keywords.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

const id: ColumnInput = { name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' } };
const table = (name: string, columns: ColumnInput[] = [], more: Partial<TableInput> = {}): TableInput => ({
  name,
  columns: [id, ...columns],
  ...more,
});
const schema = (...tables: TableInput[]): SchemaInput => ({ version: 1, tables });
const column = (more: Partial<ColumnInput>): SchemaInput =>
  schema(table('posts', [{ name: 'extra', type: 'text', ...more }]));
const link = (to: string, name = 'id', more: object = {}) => ({ references: { table: to, column: name, ...more } });

const blog: SchemaInput = {
  version: 1,
  enums: [{ name: 'post_status', values: ['draft', 'published'] }],
  tables: [
    table('users', [{ name: 'email', type: 'varchar(255)', unique: true }]),
    table(
      'posts',
      [
        { name: 'author_id', type: 'varchar(21)', ...link('users', 'id', { onDelete: 'cascade' }) },
        { name: 'parent_id', type: 'varchar(21)', nullable: true, ...link('posts', 'id', { onDelete: 'set-null' }) },
        { name: 'status', type: 'post_status', default: { value: 'draft' } },
        { name: 'price', type: 'int8', check: { min: 0 }, default: { value: 5 } },
        { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
      ],
      { indexes: [{ columns: ['author_id', 'created_at'] }], uniques: [['author_id', 'status']] },
    ),
  ],
};

test('a sound schema has no problem and comes back complete, with canonical types', () => {
  expect(findProblems(blog)).toEqual([]);
  const parsed = parseSchema(blog);
  expect(parsed.tables[1]?.columns.find((item) => item.name === 'price')).toMatchObject({
    type: 'bigint',
    nullable: false,
    unique: false,
    sensitive: false,
  });
  expect(parseSchema(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
});

const P = 'tables.posts';
const E = `${P}.columns.extra`;
/** Each row: what is given, and the one path that must be complained about (with a word of the message). */
const broken: [string, { given: unknown; want: [path: string, word: string] }][] = [
  ['nothing', { given: undefined, want: ['schema', 'object'] }],
  ['a list', { given: [], want: ['schema', 'object'] }],
  ['no tables', { given: { version: 1, tables: [] }, want: ['tables', 'at least one'] }],
  ['another version', { given: { version: 2, tables: [table('posts')] }, want: ['version', '1'] }],
  ['an unknown key', { given: { ...blog, sql: 'drop' }, want: ['schema', 'sql'] }],
  [
    'a name that is a number',
    { given: { version: 1, tables: [{ name: 7, columns: [id] }] }, want: ['tables[0].name', 'string'] },
  ],
  ['a capital letter', { given: schema(table('Posts')), want: ['tables[0].name', 'Posts'] }],
  ['a hostile table name', { given: schema(table('posts"; drop table x; --')), want: ['tables[0].name', 'usable'] }],
  ['a name of 70 bytes', { given: schema(table('a'.repeat(70))), want: ['tables[0].name', '55'] }],
  ['a pg_ name', { given: schema(table('pg_posts')), want: ['tables.pg_posts.name', 'pg_'] }],
  ['a table that hides a type', { given: schema(table('date')), want: ['tables.date.name', 'type'] }],
  ['a table twice', { given: schema(table('posts'), table('posts')), want: ['tables[1].name', 'exists'] }],
  ['a column twice', { given: schema(table('posts', [id])), want: [`${P}.columns[1].name`, 'exists'] }],
  ['a system column', { given: column({ name: 'ctid' }), want: [`${P}.columns.ctid.name`, 'system'] }],
  [
    'a bidirectional description',
    { given: column({ description: 'a\u202eb' }), want: [`${E}.description`, 'bidirectional'] },
  ],
  [
    'a NUL in a description',
    { given: schema(table('posts', [], { description: 'a\0b' })), want: [`${P}.description`, 'control'] },
  ],
  ['an endless description', { given: column({ description: 'x'.repeat(2001) }), want: [`${E}.description`, '2001'] }],
  [
    'a hash beside its plain column',
    {
      given: schema(
        table('users', [
          { name: 'password_hash', type: 'text', sensitive: true },
          { name: 'password', type: 'text' },
        ]),
      ),
      want: ['tables.users.columns.password_hash.name', 'sent as'],
    },
  ],
  ['an unknown type', { given: column({ type: 'money' }), want: [`${E}.type`, 'money'] }],
  ['SQL as a type', { given: column({ type: 'text); drop table x' }), want: [`${E}.type`, 'known type'] }],
  [
    'an enum nobody uses',
    { given: { ...column({}), enums: [{ name: 'mood', values: ['ok'] }] }, want: ['enums.mood', 'no column'] },
  ],
  [
    'an enum value twice',
    {
      given: { ...column({ type: 'mood' }), enums: [{ name: 'mood', values: ['a', 'a'] }] },
      want: ['enums.mood.values[1]', 'already'],
    },
  ],
  [
    'an enum value of 64 bytes',
    {
      given: { ...column({ type: 'mood' }), enums: [{ name: 'mood', values: ['ä'.repeat(32)] }] },
      want: ['enums.mood.values[0]', '64 bytes'],
    },
  ],
  [
    'an enum named like a table',
    {
      given: { ...column({ type: 'posts' }), enums: [{ name: 'posts', values: ['a'] }] },
      want: ['enums.posts.name', 'table'],
    },
  ],
  [
    'an enum named like a type',
    {
      given: { ...column({ type: 'uuid' }), enums: [{ name: 'uuid', values: ['a'] }] },
      want: ['enums.uuid.name', 'type'],
    },
  ],
  ['no column', { given: schema({ name: 'posts', columns: [] }), want: [`${P}.columns`, 'at least one'] }],
  [
    'no primary key',
    { given: schema({ name: 'posts', columns: [{ name: 'a', type: 'text' }] }), want: [`${P}.columns`, 'primary key'] },
  ],
  ['a nullable primary key', { given: column({ primaryKey: true, nullable: true }), want: [`${E}.nullable`, 'null'] }],
  [
    'a sensitive primary key',
    { given: column({ primaryKey: true, sensitive: true }), want: [`${E}.sensitive`, 'sensitive'] },
  ],
  ['json as a key', { given: column({ type: 'json', unique: true }), want: [`${E}.unique`, 'jsonb'] }],
  [
    'a reference to no table',
    { given: column({ type: 'varchar(21)', ...link('users') }), want: [`${E}.references`, 'no table'] },
  ],
  [
    'a reference to no column',
    {
      given: column({ type: 'varchar(21)', ...link('posts', 'nope'), nullable: true }),
      want: [`${E}.references`, 'nope'],
    },
  ],
  [
    'a reference to a column that is no key',
    {
      given: schema(
        table('posts', [{ name: 'extra', type: 'text', ...link('tags', 'label') }]),
        table('tags', [{ name: 'label', type: 'text' }]),
      ),
      want: [`${E}.references`, 'unique'],
    },
  ],
  [
    'a reference of another type',
    { given: column({ type: 'bigint', nullable: true, ...link('posts') }), want: [`${E}.references`, 'bigint'] },
  ],
  [
    'set-null without null',
    {
      given: schema(
        table('posts', [{ name: 'extra', type: 'varchar(21)', ...link('tags', 'id', { onDelete: 'set-null' }) }]),
        table('tags'),
      ),
      want: [`${E}.references`, 'nullable'],
    },
  ],
  [
    'a required reference to itself',
    { given: column({ type: 'varchar(21)', ...link('posts') }), want: [`${E}.references`, 'itself'] },
  ],
  [
    'a circle of required references',
    {
      given: schema(
        table('a', [{ name: 'b_id', type: 'varchar(21)', ...link('b') }]),
        table('b', [{ name: 'c_id', type: 'varchar(21)', ...link('c') }]),
        table('c', [{ name: 'a_id', type: 'varchar(21)', ...link('a') }]),
      ),
      want: ['tables.a.columns.b_id.references', '"a" → "b" → "c" → "a"'],
    },
  ],
  [
    'a composite key of another size',
    {
      given: schema(
        table('posts', [{ name: 'extra', type: 'text' }], {
          foreignKeys: [{ columns: ['id', 'extra'], references: { table: 'tags', columns: ['id'] } }],
        }),
        table('tags'),
      ),
      want: [`${P}.foreignKeys[0]`, '2 columns'],
    },
  ],
  [
    'a composite key of one column',
    {
      given: schema(
        table('posts', [], { foreignKeys: [{ columns: ['id'], references: { table: 'tags', columns: ['id'] } }] }),
        table('tags'),
      ),
      want: [`${P}.foreignKeys[0]`, 'one column'],
    },
  ],
  [
    'a unique over no column',
    { given: schema(table('posts', [], { uniques: [['nope']] })), want: [`${P}.uniques[0]`, 'nope'] },
  ],
  [
    'a column twice in a unique',
    { given: schema(table('posts', [], { uniques: [['id', 'id']] })), want: [`${P}.uniques[0]`, 'twice'] },
  ],
  [
    'a unique that is the primary key',
    { given: schema(table('posts', [], { uniques: [['id']] })), want: [`${P}.uniques[0]`, 'key already'] },
  ],
  [
    'an index over no column',
    { given: schema(table('posts', [], { indexes: [{ columns: ['nope'] }] })), want: [`${P}.indexes[0]`, 'nope'] },
  ],
  [
    'an index that a key has made',
    { given: schema(table('posts', [], { indexes: [{ columns: ['id'] }] })), want: [`${P}.indexes[0]`, 'already'] },
  ],
  [
    'a check of no column',
    {
      given: schema(table('posts', [], { checks: [{ left: 'id', operator: '<', right: 'nope' }] })),
      want: [`${P}.checks[0]`, 'nope'],
    },
  ],
  [
    'a check of a column with itself',
    {
      given: schema(table('posts', [], { checks: [{ left: 'id', operator: '<', right: 'id' }] })),
      want: [`${P}.checks[0]`, 'twice'],
    },
  ],
  [
    'a check of text with a number',
    {
      given: schema(
        table('posts', [{ name: 'extra', type: 'integer' }], {
          checks: [{ left: 'id', operator: '<', right: 'extra' }],
        }),
      ),
      want: [`${P}.checks[0]`, 'compared'],
    },
  ],
  ['numbers as limits of a text', { given: column({ check: { min: 1 } }), want: [`${E}.check`, 'numbers only'] }],
  [
    'lengths as limits of a number',
    { given: column({ type: 'integer', check: { maxLength: 3 } }), want: [`${E}.check`, 'text only'] },
  ],
  [
    'a fraction as limit of an integer',
    { given: column({ type: 'integer', check: { min: 0.5 } }), want: [`${E}.check`, 'whole'] },
  ],
  [
    'a limit out of range',
    { given: column({ type: 'smallint', check: { max: 40_000 } }), want: [`${E}.check`, 'range'] },
  ],
  [
    'min above max',
    { given: column({ type: 'integer', check: { min: 2, max: 1 } }), want: [`${E}.check`, 'more than'] },
  ],
  [
    'more length than the type holds',
    { given: column({ type: 'varchar(5)', check: { minLength: 6 } }), want: [`${E}.check`, '(5)'] },
  ],
  [
    'a default outside the check',
    { given: column({ type: 'integer', check: { min: 1 }, default: { value: 0 } }), want: [`${E}.default`, 'check'] },
  ],
  [
    'a default too long',
    { given: column({ type: 'varchar(2)', default: { value: 'abc' } }), want: [`${E}.default`, '3 characters'] },
  ],
  ['a default with a NUL', { given: column({ default: { value: '\0' } }), want: [`${E}.default`, 'control'] }],
  [
    'text for a number',
    { given: column({ type: 'integer', default: { value: '1; drop' } }), want: [`${E}.default`, 'whole'] },
  ],
  [
    'too many digits',
    { given: column({ type: 'numeric(3, 1)', default: { value: 100 } }), want: [`${E}.default`, 'numeric(3, 1)'] },
  ],
  [
    'a day that is none',
    { given: column({ type: 'date', default: { value: '2026-02-30' } }), want: [`${E}.default`, 'date'] },
  ],
  [
    'a frozen now',
    { given: column({ type: 'timestamptz', default: { value: 'now' } }), want: [`${E}.default`, 'point in time'] },
  ],
  ['broken JSON', { given: column({ type: 'jsonb', default: { value: '{' } }), want: [`${E}.default`, 'JSON'] }],
  [
    'text for a boolean',
    { given: column({ type: 'boolean', default: { value: 'true' } }), want: [`${E}.default`, 'boolean'] },
  ],
  [
    'a value outside the enum',
    {
      given: { ...column({ type: 'mood', default: { value: 'x' } }), enums: [{ name: 'mood', values: ['ok'] }] },
      want: [`${E}.default`, 'enum'],
    },
  ],
  [
    'an id for a number',
    { given: column({ type: 'bigint', default: { generate: 'id' } }), want: [`${E}.default`, 'varchar'] },
  ],
  [
    'an id in too little room',
    { given: column({ type: 'varchar(20)', default: { generate: 'id' } }), want: [`${E}.default`, '21'] },
  ],
  [
    'seconds in an integer',
    { given: column({ type: 'integer', default: { generate: 'created' } }), want: [`${E}.default`, 'bigint'] },
  ],
  [
    'a nullable identity',
    {
      given: column({ type: 'bigint', nullable: true, default: { generate: 'identity' } }),
      want: [`${E}.default`, 'never null'],
    },
  ],
  [
    'a made-up parent',
    {
      given: column({ type: 'varchar(21)', nullable: true, default: { generate: 'id' }, ...link('posts') }),
      want: [`${E}.default`, 'foreign key'],
    },
  ],
  ['too many tables', { given: { version: 1, tables: Array.from({ length: 201 }, () => 0) }, want: ['tables', '200'] }],
  [
    'too many columns',
    {
      given: schema(
        table(
          'posts',
          Array.from({ length: 100 }, (_, i) => ({ name: `c${i}`, type: 'text' })),
        ),
      ),
      want: ['tables[0].columns', '100'],
    },
  ],
];

test.each(broken)('finds %s, and says where', (_name, { given, want: [path, word] }) => {
  const problems = findProblems(given);
  expect(problems.map((problem) => problem.path)).toEqual([path]);
  expect(problems[0]?.message).toContain(word);
  expect(() => parseSchema(given)).toThrow(path);
});

const sound: [string, ColumnInput][] = [
  ['a big number as text', { name: 'x', type: 'bigint', default: { value: '9223372036854775807' } }],
  ['a decimal', { name: 'x', type: 'numeric(10, 2)', default: { value: '99999999.99' } }],
  ['a short text', { name: 'x', type: 'varchar(2)', default: { value: '😀é' }, check: { minLength: 2 } }],
  ['a date', { name: 'x', type: 'date', default: { value: '2024-02-29' } }],
  ['a time', { name: 'x', type: 'time', default: { value: '09:30' } }],
  ['a point in time', { name: 'x', type: 'timestamptz', default: { value: '2026-01-31T09:30:00Z' } }],
  ['a duration', { name: 'x', type: 'interval', default: { value: '1 day 2 hours' } }],
  ['an address', { name: 'x', type: 'inet', default: { value: '::1/128' } }],
  ['an empty list', { name: 'x', type: 'text[]', default: { value: '{}' } }],
  ['JSON', { name: 'x', type: 'jsonb', default: { value: '{"a": []}' } }],
  ['bytes', { name: 'x', type: 'bytea', default: { value: '\\x00ff' } }],
  ['a moment', { name: 'x', type: 'timestamp', default: { generate: 'updated' } }],
];

test.each(sound)('accepts %s as a default', (_name, given) => {
  expect(findProblems(schema(table('posts', [given])))).toEqual([]);
});

test('all problems come at once, also beside a table that cannot be read', () => {
  const given = schema(
    table('posts', [
      { name: 'author_id', type: 'varchar(21)', ...link('users') },
      { name: 'Bad', type: 'money' },
    ]),
  );
  const problems = findProblems({ ...given, tables: [...given.tables, { name: 'users', columns: 'none' }] });
  expect(problems.map((problem) => problem.path)).toEqual([
    'tables[1].columns',
    'tables.posts.columns[2].name',
    'tables.posts.columns[2].type',
  ]);
});

test('the error names the first problems and carries all of them', () => {
  const given = schema(...Array.from({ length: 9 }, (_, index) => table(`T${index}`)));
  try {
    parseSchema(given);
    expect.unreachable();
  } catch (error) {
    if (!isTurboError(error, 'schema.invalid')) throw error;
    expect(error.message).toContain('9 problems');
    expect(error.message).toContain('tables[0].name');
    expect(error.message).toContain('4 more');
    expect(error.details?.problems).toHaveLength(9);
  }
});

test('a nullable link opens a circle, and two circles are two problems', () => {
  const pair = (one: string, two: string, nullable: boolean) => [
    table(one, [{ name: 'other', type: 'varchar(21)', nullable, ...link(two) }]),
    table(two, [{ name: 'other', type: 'varchar(21)', ...link(one) }]),
  ];
  expect(findProblems(schema(...pair('a', 'b', true)))).toEqual([]);
  expect(findProblems(schema(...pair('a', 'b', false), ...pair('c', 'd', false)))).toHaveLength(2);
});

test('hostile keys and texts reach no message unseen', () => {
  const problems = findProblems({ version: 1, tables: [], 'x\u202e\u001b[2J': 1, __proto__: { tables: [1] } });
  expect(JSON.stringify(problems)).not.toMatch(/\u202e|\\u001b/);
  expect(
    findProblems(JSON.parse('{"__proto__": {"version": 1}, "tables": [{"name": "constructor", "columns": [null]}]}')),
  ).not.toEqual([]);
});

test('the largest schema, wrong all over, is judged to the end', () => {
  const columns = Array.from({ length: SCHEMA_LIMITS.columns - 1 }, (_, i) => ({
    name: `c${i}`,
    type: 'varchar(21)',
    ...link(`t${i + 1}`),
  }));
  const tables = Array.from({ length: SCHEMA_LIMITS.tables }, (_, index) => table(`t${index}`, columns));
  expect(findProblems(schema(...tables)).length).toBeGreaterThan(50);
});

test('the key words are those of the server', async () => {
  const client = new pg.Client({ ...inject('cluster'), database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ word: string; catcode: string }>(
      'select word, catcode from pg_get_keywords()',
    );
    expect(rows.length).toBeGreaterThan(400);
    for (const { word, catcode } of rows) {
      expect([word, isReservedWord(word), isQuotedKeyword(word)]).toEqual([word, catcode === 'R', catcode !== 'U']);
    }
  } finally {
    await client.end();
  }
});
