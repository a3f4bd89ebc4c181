import { expect, test } from 'vitest';
import { isTurboError } from '../../src/domain/errors.ts';
import {
  checksum,
  initialMigration,
  judgeMigration,
  MAX_MIGRATION_BYTES,
  type MigrationFile,
  normalise,
  parseMigrationFiles,
} from '../../src/domain/migration.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { parseSql } from '../../src/domain/sql-parse.ts';

const NAME = '20260131093000_add_tags.sql';
const PATH = `migrations/${NAME}`;

function file(sql: string): MigrationFile {
  const [parsed] = parseMigrationFiles({ [NAME]: sql });
  if (!parsed) throw new Error('no file');
  return parsed;
}

async function refusal(sql: string): Promise<{ code: string; message: string }> {
  try {
    await judgeMigration(file(sql));
  } catch (error) {
    if (isTurboError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'accepted', message: '' };
}

test('line ends, byte order marks, trailing blanks and final newlines do not change a checksum; anything else does', () => {
  const plain = 'select 1;\nselect  2;\n';
  for (const same of ['\ufeffselect 1;\r\nselect  2;', 'select 1; \t\nselect  2;\n\n\n', 'select 1;\rselect  2;\r']) {
    expect(checksum(same)).toBe(checksum(plain));
    expect(normalise(same)).toBe(plain);
  }
  for (const other of ['select 1;\nselect 2;\n', ' select 1;\nselect  2;\n', 'select 1;\n\nselect  2;\n']) {
    expect(checksum(other)).not.toBe(checksum(plain));
  }
  expect(checksum(plain)).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('the first migration of a schema is the same file every time, and is accepted', async () => {
  const columns = [{ name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' as const } }];
  const schema = parseSchema({ version: 1, tables: [{ name: 'posts', columns }] });
  const initial = initialMigration(schema, 1769851800);
  expect(initial.path).toBe('migrations/20260131093000_initial.sql');
  expect(initial).toEqual(initialMigration(structuredClone(schema), 1769851800));
  expect(initial.content).toBe(normalise(initial.content));
  const [read] = parseMigrationFiles({ [initial.path]: initial.content });
  if (!read) throw new Error('not read');
  expect((await judgeMigration(read)).transactional).toBe(true);
});

test('files come in the order of their versions, whatever the order of the folder', () => {
  const files = parseMigrationFiles({ '20260201000000_b.sql': '', 'migrations/20260101000000_a.sql': '' });
  expect(files.map(({ version, name }) => [version, name])).toEqual([
    ['20260101000000', 'a'],
    ['20260201000000', 'b'],
  ]);
});

const wrongNames = [
  '1_a.sql',
  '20260101000000_A.sql',
  '20260101000000-a.sql',
  '20260101000000_a.SQL',
  'README.md',
  '20260101000000_a.sql.bak',
  '../20260101000000_a.sql',
  'migrations/old/20260101000000_a.sql',
  '20260101000000_.sql\n',
];

test.each(wrongNames)('a file named %j is refused, not skipped', (name) => {
  expect(() => parseMigrationFiles({ [name]: '' })).toThrow(expect.objectContaining({ code: 'migration.invalid' }));
});

test('two files of one version, a file too large, a NUL and a bidirectional character are refused', () => {
  const code = expect.objectContaining({ code: 'migration.invalid' });
  expect(() => parseMigrationFiles({ '20260101000000_a.sql': '', '20260101000000_b.sql': '' })).toThrow(code);
  expect(() => parseMigrationFiles({ [NAME]: ' '.repeat(MAX_MIGRATION_BYTES + 1) })).toThrow(code);
  expect(() => parseMigrationFiles({ [NAME]: 'select 1;\0 drop table x' })).toThrow(code);
  expect(() => parseMigrationFiles({ [NAME]: "select 'a\u202eb'" })).toThrow(code);
});

const refused: [string, string][] = [
  ['BEGIN', 'begin; create table x (a int); commit;'],
  ['COMMIT in the middle', 'create table x (a int); commit; create table y (a int);'],
  ['ROLLBACK', 'rollback'],
  ['a savepoint', 'savepoint a'],
  ['COMMIT behind comments', '/* /* */ */ -- ;\n commit'],
  ['another statement first', "select 'it''s; --'; COMMIT AND CHAIN"],
  ['SET TRANSACTION', 'set transaction isolation level serializable'],
  ['SET ROLE', 'set role postgres'],
  ['SET LOCAL ROLE', 'set local role none'],
  ['RESET ROLE', 'reset role'],
  ['SET "role"', 'set "role" = x'],
  ['SET SESSION AUTHORIZATION', 'set session authorization default'],
  ['SET search_path', 'set search_path = public'],
  ['SET SCHEMA', "set schema 'public'"],
  ['RESET ALL', 'reset all'],
  ['set_config', "select 1 where (select set_config('role', 'x', false)) is null"],
  ['pg_catalog.set_config', "insert into t values (pg_catalog.set_config('search_path', 'x', true))"],
  ['unlocking', 'select pg_advisory_unlock_all()'],
  ['another way to read strings', 'set standard_conforming_strings = off'],
  ['DISCARD', 'discard all'],
  ['DO', "do $$ begin execute 'drop table x'; end $$"],
  ['COPY', 'copy x from stdin'],
  ['COPY PROGRAM', "copy x to program 'sh'"],
  ['CREATE DATABASE', 'create database x'],
  ['DROP DATABASE', 'drop database x'],
  ['ALTER DATABASE', 'alter database x rename to y'],
  ['ALTER DATABASE SET', 'alter database x set search_path = y'],
  ['ALTER DATABASE OWNER', 'alter database x owner to y'],
  ['ALTER SYSTEM', "alter system set work_mem = '1GB'"],
  ['CREATE ROLE', 'create user x'],
  ['ALTER ROLE', "alter role x password 'y'"],
  ['GRANT of a role', 'grant a to b'],
  ['GRANT on a schema', 'grant usage on schema tb to x'],
  ['DROP OWNED', 'drop owned by x'],
  ['a tablespace', "create tablespace x location '/tmp'"],
  ['a subscription', "create subscription x connection '' publication y"],
  ['dropping the schema', 'drop schema app cascade'],
  ['renaming the schema', 'alter schema app rename to other'],
  ['the journal', 'delete from tb.schema_migrations'],
  ['the journal in a subquery', 'select * from (select 1 from tb.schema_migrations) x'],
  ['dropping the journal', 'drop table tb.schema_migrations'],
  ['a trigger on the journal', 'create trigger x after insert on tb.schema_migrations execute function f()'],
  ['two concurrent indexes', 'create index concurrently a on t (x); create index concurrently b on t (y);'],
  ['a concurrent index beside a table', 'create table t (x int); create index concurrently a on t (x);'],
  ['VACUUM beside another', 'select 1; vacuum t'],
  ['REINDEX CONCURRENTLY beside another', 'select 1; reindex (concurrently) table t'],
  ['a concurrent index IF NOT EXISTS', 'create index concurrently if not exists a on t (x)'],
  ['a concurrent index without a name', 'create index concurrently on t (x)'],
  ['a psql command', 'select 1;\n\\c other'],
];

test.each(refused)('%s is refused with file and statement', async (_name, sql) => {
  const { code, message } = await refusal(sql);
  expect(code).toBe('migration.refused');
  expect(message).toMatch(new RegExp(`^migrations/${NAME.replaceAll('.', '\\.')}:\\d+: `));
});

const accepted: [string, { sql: string; transactional: boolean }][] = [
  ['nothing but a comment', { sql: '-- later', transactional: true }],
  [
    'tables, data and indexes',
    {
      sql: "create table t (a int); insert into t values (1); create index i on t (a); comment on table t is 'COMMIT;'",
      transactional: true,
    },
  ],
  [
    'words in strings',
    { sql: `insert into t values ('commit; set role x'), ($$begin$$), (E'\\'; rollback; --')`, transactional: true },
  ],
  [
    'a setting of its own',
    { sql: "set local work_mem = '64MB'; alter table t add column b text", transactional: true },
  ],
  ['ANALYZE', { sql: 'analyze t; select 1', transactional: true }],
  [
    'rights on a table',
    { sql: 'grant select on t to public; create type x as enum (); alter type x add value $$a$$', transactional: true },
  ],
  [
    'a function with its own search path',
    { sql: "create function f() returns int language sql set search_path = app as 'select 1'", transactional: true },
  ],
  ['one concurrent index', { sql: '-- slow\ncreate unique index concurrently a on t (x);', transactional: false }],
  ['dropping one concurrently', { sql: 'drop index concurrently a', transactional: false }],
  ['VACUUM', { sql: 'vacuum t', transactional: false }],
  ['REINDEX CONCURRENTLY', { sql: 'reindex index concurrently a', transactional: false }],
];

test.each(accepted)('%s is accepted', async (_name, { sql, transactional }) => {
  expect((await judgeMigration(file(sql))).transactional).toBe(transactional);
});

test('a syntax error names its line and what stands there, behind letters of any width', async () => {
  const { code, message } = await refusal("-- äöü 😀\nselect '😀';\n\n  selec 2;\n");
  expect(code).toBe('migration.invalid');
  expect(message).toContain(`${PATH}:4: syntax error at or near "selec"`);
});

test('what the parser cannot walk is refused, and the parser lives on', async () => {
  expect((await refusal(`select ${'1+'.repeat(20_000)}1`)).code).toBe('migration.invalid');
  expect((await refusal(`select ${'('.repeat(50_000)}1${')'.repeat(50_000)}`)).code).toBe('migration.invalid');
  expect((await refusal('select 1')).code).toBe('accepted');
  expect((await refusal('select 1;'.repeat(20_001))).code).toBe('migration.invalid');
});

test('a script is cut into its statements, each with its first line', async () => {
  const script = `-- ä; not here\n/* nor /* ; */ 😀 */ create table "ä" (x text default ';😀');\n\n\n insert into "ä"\nvalues ($q$;$q$) ;;\n-- end`;
  expect((await parseSql(script)).map(({ text, line, kind }) => [text, line, kind])).toEqual([
    [`create table "ä" (x text default ';😀')`, 2, 'CreateStmt'],
    [`insert into "ä"\nvalues ($q$;$q$)`, 5, 'InsertStmt'],
  ]);
  await expect(parseSql('select 1;\0drop table x')).rejects.toThrow('NUL');
});
