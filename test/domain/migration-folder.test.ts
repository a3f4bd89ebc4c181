import { expect, test } from 'vitest';
import {
  findDeviation,
  migrationName,
  nextVersion,
  parseMigrationFiles,
  parseMigrationFolder,
  renderSum,
} from '../../src/domain/migration.ts';

const A = '20260131093000_a.sql';
const B = '20260131093001_b.sql';
const C = '20260131093002_c.sql';
const FILES = { [A]: 'select 1', [B]: 'select 2', [C]: 'select 3' };
const SUM = renderSum(parseMigrationFiles(FILES));

const deviation = (files: Record<string, string>, sum: string) => findDeviation(parseMigrationFiles(files), sum);

test('the sum agrees with the files that it was made for, whatever git does to its line ends', () => {
  expect(deviation(FILES, SUM)).toBeNull();
  expect(deviation(FILES, SUM.replaceAll('\n', '\r\n'))).toBeNull();
  expect(deviation({}, renderSum([]))).toBeNull();
});

const { [B]: _b, ...withoutB } = FILES;
const { [C]: _c, ...withoutC } = FILES;

test.each([
  ['an edit', { ...FILES, [B]: 'select 9' }, SUM, 1, `${B} was changed`],
  ['an insertion', { ...FILES, '20260131093000_aa.sql': '' }, SUM, 1, null],
  ['a deletion', withoutB, SUM, 1, `it lists ${B} before ${C}`],
  ['a deletion at the end', withoutC, SUM, 2, `it lists ${C}, which is not there`],
  ['a new one', { ...FILES, '20260131093003_d.sql': '' }, SUM, 3, 'it does not list 20260131093003_d.sql'],
  ['a conflict', FILES, SUM.replace(B, `<<<<<<< HEAD\n${B}`), 1, 'it holds a conflict of git'],
  ['a cut line', FILES, SUM.slice(0, -9), 2, 'is not a line of it'],
  ['an empty one', FILES, '', 0, `it does not list ${A}`],
])('%s of the past is told by its name', (_name, files, sum, agreeing, what) => {
  if (what === null) return expect(() => deviation(files, sum)).toThrow('the same version');
  expect(deviation(files, sum)).toEqual({ agreeing, what: expect.stringContaining(what) });
});

test('an edit changes all lines after it, so that two branches meet in a conflict', () => {
  const other = renderSum(parseMigrationFiles({ ...FILES, [A]: 'select 9' })).split('\n');
  const same = SUM.split('\n').filter((line, at) => line === other[at]);
  expect(same).toEqual([SUM.split('\n')[0], '']);
});

test('files that lead back are told from the others, and one without its way forth is refused', () => {
  const folder = parseMigrationFolder({ ...FILES, [`down/${B}`]: 'select -2', 'migrations.sum': SUM });
  expect(folder.ups.map(({ path }) => path)).toEqual([A, B, C]);
  expect(folder.downs).toMatchObject([{ path: `down/${B}`, version: '20260131093001', isDown: true }]);
  expect(folder.sum).toBe(SUM);
  for (const lonely of ['down/20260131093009_x.sql', 'down/20260131093001_other.sql', 'down/up.sql', 'up/x.sql']) {
    const parse = () => parseMigrationFolder({ ...FILES, [lonely]: 'select 1' });
    expect(parse, lonely).toThrow(expect.objectContaining({ code: 'migration.invalid' }));
  }
});

test.each([
  ['Prisma', { '20260131093000_init/migration.sql': '', 'migration_lock.toml': '' }],
  ['Drizzle', { '0000_calm_hulk.sql': 'x;--> statement-breakpoint', 'meta/_journal.json': '{}' }],
  ['Drizzle', { '0000_calm_hulk.sql': '' }],
  ['Flyway', { 'V1__init.sql': '' }],
  ['Flyway', { [A]: '', 'R__views.sql': '' }],
  ['golang-migrate', { '000001_init.up.sql': '', '000001_init.down.sql': '' }],
  ['Rails', { '20260131093000_create_posts.rb': '' }],
  ['Knex', { '20260131093000_init.js': '' }],
  ['Sequelize', { '20260131093000-init.js': '' }],
  ['TypeORM', { '1706693400000-Init.ts': '' }],
  ['Atlas', { [A]: '', 'atlas.sum': '' }],
  ['Alembic', { 'env.py': '', 'versions/1a_init.py': '' }],
  ['Django', { '0001_initial.py': '' }],
  ['Sqitch', { 'sqitch.plan': '', 'deploy/a.sql': '' }],
  // Named like ours; run as they are, these would take back what they have just done.
  ['dbmate', { [A]: '-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;' }],
  ['goose', { [A]: '-- +goose Up\ncreate table a ();\n-- +goose Down\ndrop table a;' }],
  ['node-pg-migrate', { [A]: '-- Up Migration\ncreate table a ();\n-- Down Migration\ndrop table a;' }],
])('a folder of %s is recognised and refused with a way out', (name, files) => {
  const refused = expect.objectContaining({
    code: 'migration.invalid',
    message: expect.stringContaining(name),
    hint: expect.stringContaining('another folder'),
  });
  expect(() => parseMigrationFolder(files)).toThrow(refused);
});

test('files of Supabase, which are named like ours and hold plain SQL, are taken as ours', () => {
  expect(parseMigrationFiles({ [A]: '-- migrate the users\ncreate table a (x int);' })).toHaveLength(1);
});

test('a new version is the second it is made in, or the one after the newest', () => {
  const now = Date.UTC(2026, 0, 31, 9, 30, 0) / 1000;
  expect(nextVersion([], now)).toBe('20260131093000');
  expect(nextVersion(['20260131093000'], now)).toBe('20260131093001');
  expect(nextVersion(['20300101235959', '20260131093000'], now)).toBe('20300102000000');
  expect(() => nextVersion(['99991231235959'], now)).toThrow(expect.objectContaining({ code: 'migration.invalid' }));
});

test('what somebody says becomes a name, and what has no word is refused', () => {
  expect(migrationName('Add  Tags, to posts!')).toBe('add_tags_to_posts');
  expect(migrationName('../../Überraschung')).toBe('uberraschung');
  for (const none of ['', '  ', '…', '日本']) {
    expect(() => migrationName(none)).toThrow(expect.objectContaining({ code: 'migration.invalid' }));
  }
});
