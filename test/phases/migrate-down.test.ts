import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { parseMigrationFiles, renderSum, UNWRITTEN_DOWN } from '../../src/domain/migration.ts';
import { findRepairs, migrateDown, migrateUp, previewMigrations, repairMigrations } from '../../src/phases/migrate.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';

let database: ProjectDatabase;
beforeEach(async () => {
  database = await makeProjectDatabase(inject('cluster'));
});
afterEach(() => database.drop());

type Files = Record<string, string>;
const services = { sql: postgresSql(), clock: systemClock(), progress: () => {} };
const order = (files: Files, more: object = {}) => ({ files, login: database.login('mig'), ...more });
const up = (files: Files, more: object = {}) => migrateUp(order(files, more), services);
const down = (files: Files, more: object = {}) => migrateDown(order(files, more), services);
const journal = async () =>
  (await database.admin("select name || ' ' || status as row from tb.schema_migrations order by version")).map(
    ({ row }) => row,
  );
const isThere = async (name: string) =>
  (await database.admin('select to_regclass($1) is not null as there', [`app.${name}`]))[0]?.there;

const A = '20260131093000_a.sql';
const B = '20260131093001_b.sql';
const C = '20260131093002_c.sql';
const FILES: Files = {
  [A]: 'create table a (x int);',
  [B]: 'create table b (x int); insert into b values (1), (2);',
  [C]: 'create index concurrently b_x_idx on b (x);',
  [`down/${A}`]: 'drop table a;',
  [`down/${B}`]: 'drop table b;',
  [`down/${C}`]: 'drop index concurrently b_x_idx;',
};

test('the last migration is taken back, then all down to one, then all, and up makes them again', async () => {
  expect((await down(FILES)).reverted).toEqual([]);
  expect((await up(FILES, { to: B })).applied).toEqual([A, B]);
  expect((await up(FILES)).applied).toEqual([C]);
  expect((await down(FILES)).reverted).toEqual([`down/${C}`]);
  expect(await isThere('b_x_idx')).toBe(false);
  expect(await journal()).toEqual(['a applied', 'b applied']);
  await up(FILES);
  expect((await down(FILES, { to: '20260131093000_a' })).reverted).toEqual([`down/${C}`, `down/${B}`]);
  expect((await down(FILES, { to: '0' })).reverted).toEqual([`down/${A}`]);
  expect(await journal()).toEqual([]);
  expect((await up(FILES)).applied).toEqual([A, B, C]);
});

test('a way back that is missing, empty, harmful or broken changes nothing, nor does an unknown place to go to', async () => {
  await up(FILES);
  const { [`down/${B}`]: _, ...without } = FILES;
  const code = (error: string) => ({ code: error });
  await expect(down(without, { to: '0' })).rejects.toMatchObject(code('migration.missing'));
  await expect(down({ ...FILES, [`down/${B}`]: UNWRITTEN_DOWN }, { to: A })).rejects.toMatchObject({
    code: 'migration.missing',
    message: `20260131093001_b has no way back: down/${B} is still to be written.`,
  });
  await expect(down({ ...FILES, [`down/${B}`]: '-- later' }, { to: A })).rejects.toMatchObject(
    code('migration.invalid'),
  );
  await expect(down({ ...FILES, [`down/${B}`]: 'drop table b; commit' }, { to: A })).rejects.toMatchObject(
    code('migration.refused'),
  );
  await expect(down(FILES, { to: '20250101000000' })).rejects.toMatchObject(code('migration.invalid'));
  await expect(up(FILES, { to: 'nonsense' })).rejects.toMatchObject(code('migration.invalid'));
  await expect(down({ ...FILES, [A]: 'select 1' })).rejects.toMatchObject(code('migration.changed'));
  expect(await journal()).toEqual(['a applied', 'b applied', 'c applied']);
  const broken = down({ ...FILES, [`down/${B}`]: 'drop table b;\nselect nope;' }, { to: A });
  await expect(broken).rejects.toMatchObject({ ...code('migration.failed'), details: { line: 2 } });
  expect(await journal()).toEqual(['a applied', 'b applied']);
  expect(await isThere('b')).toBe(true);
});

test('five at once take each migration back once, and all succeed', async () => {
  await up(FILES);
  const results = await Promise.all(Array.from({ length: 5 }, () => down(FILES, { to: A })));
  expect(results.flatMap(({ reverted }) => reverted).sort()).toEqual([`down/${B}`, `down/${C}`]);
  expect(await journal()).toEqual(['a applied']);
});

test('a concurrent index whose taking back was cut is taken back, or made again, as the catalog shows', async () => {
  await up(FILES);
  const cut = "update tb.schema_migrations set status = 'running' where name = 'c'";
  await database.admin(`${cut}; drop index app.b_x_idx`);
  expect((await down(FILES)).reverted).toEqual([`down/${C}`]);
  await up(FILES);
  await database.admin(`${cut}; update pg_index set indisvalid = false where indexrelid = 'app.b_x_idx'::regclass`);
  expect((await up(FILES)).applied).toEqual([C]);
  await database.admin(cut);
  await expect(down({ ...FILES, [`down/${C}`]: 'drop index b_x_idx' })).rejects.toMatchObject({
    code: 'migration.refused',
    hint: expect.stringContaining('migrate up'),
  });
  expect(await isThere('b_x_idx')).toBe(true);
});

test('a preview tells what would go, counted, and changes nothing', async () => {
  await up(FILES);
  const plan = await previewMigrations('down', order(FILES, { to: '0' }), services);
  expect(plan.map(({ path, transactional }) => [path, transactional])).toEqual([
    [`down/${C}`, false],
    [`down/${B}`, true],
    [`down/${A}`, true],
  ]);
  expect(plan.flatMap(({ destroys }) => destroys)).toMatchObject([
    { line: 1, what: 'drops a table', rows: 2, capped: false },
    { line: 1, what: 'drops a table', rows: 0 },
  ]);
  const next = { ...FILES, '20260131093003_d.sql': 'truncate b; delete from later; drop schema if exists s' };
  expect((await previewMigrations('up', order(next), services)).map(({ destroys }) => destroys)).toMatchObject([
    [{ rows: 2 }, { rows: 0 }, { rows: null }],
  ]);
  expect(await journal()).toEqual(['a applied', 'b applied', 'c applied']);
});

test('the sum follows what is still written where it is kept, and is held to everywhere', async () => {
  const sum = (files: Files) => renderSum(parseMigrationFiles(files));
  const kept: string[] = [];
  const keeping = { keepSum: (text: string) => void kept.push(text) };
  const first = { [A]: 'create table a (x int);' };
  await up(first, keeping);
  expect(kept).toEqual([sum(first)]);
  const edited = { ...first, [B]: 'create table b (y int);' };
  await expect(up({ ...edited, 'migrations.sum': sum(first) })).rejects.toMatchObject({
    code: 'migration.changed',
    message: expect.stringContaining(`it does not list ${B}`),
  });
  await expect(up(edited, { needsSum: true })).rejects.toMatchObject({ code: 'migration.changed' });
  expect(await isThere('b')).toBe(false);
  await up({ ...edited, 'migrations.sum': sum(first) }, keeping);
  expect(kept).toEqual([sum(first), sum(edited)]);
  expect((await up({ ...edited, 'migrations.sum': sum(edited) }, { needsSum: true })).applied).toEqual([]);
  // The past is nobody's to keep, not even where both files and journal agree about it.
  const damaged = { ...edited, 'migrations.sum': sum(edited).replace(/[0-9a-f]{64}/, '0'.repeat(64)) };
  await expect(up(damaged, keeping)).rejects.toMatchObject({ code: 'migration.changed' });
});

test('a repair accepts an edited and a renamed file, settles what was begun, and forgets what it is told to', async () => {
  await up(FILES);
  const { [A]: a = '', [`down/${A}`]: _, ...rest } = FILES;
  const renamed: Files = { ...rest, '20260131093000_accounts.sql': a, [B]: 'create table b (y int);' };
  await database.admin("update tb.schema_migrations set status = 'running' where name = 'c'");
  const found = await findRepairs(order(renamed), services);
  expect(found.map(({ name, kind }) => [name, kind])).toEqual([
    ['a', 'accept'],
    ['b', 'accept'],
    ['c', 'settle'],
  ]);
  expect(await repairMigrations(order(renamed), services)).toEqual(found);
  expect(await journal()).toEqual(['accounts applied', 'b applied', 'c applied']);
  expect(await repairMigrations(order(renamed), services)).toEqual([]);
  expect((await up(renamed)).applied).toEqual([]);
  await database.admin(
    "update tb.schema_migrations set status = 'running' where name = 'c'; update pg_index set indisvalid = false where indexrelid = 'app.b_x_idx'::regclass",
  );
  await repairMigrations(order(renamed), services);
  expect([await isThere('b_x_idx'), await journal()]).toEqual([false, ['accounts applied', 'b applied']]);
  const { [B]: _b, [`down/${B}`]: _d, ...lost } = renamed;
  expect(await repairMigrations(order(lost), services)).toEqual([]);
  await expect(up(lost)).rejects.toMatchObject({ code: 'migration.missing' });
  expect(await repairMigrations(order(lost, { forget: ['20260131093001'] }), services)).toMatchObject([
    { name: 'b', kind: 'forget' },
  ]);
  expect(await journal()).toEqual(['accounts applied']);
});

test('a file that is still to be written is refused, so that it is not applied empty', async () => {
  await expect(up({ [A]: '-- later\n' })).rejects.toMatchObject({ code: 'migration.invalid' });
});
