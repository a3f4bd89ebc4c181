import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { loginUrl } from '../../../src/domain/database.ts';
import { initialMigration, parseMigrationFiles, renderSum } from '../../../src/domain/migration.ts';
import { migrateUp, migrationStatus } from '../../../src/phases/migrate.ts';
import { readSchema, repositoryRoot, run, writeProject } from '../../support/generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../../support/project-database.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

interface Scene {
  readonly directory: string;
  readonly database: ProjectDatabase;
  readonly initial: { readonly path: string; readonly content: string };
  migrate(args?: readonly string[], env?: Record<string, string>): Promise<{ code: number | null; output: string }>;
  write(name: string, sql: string): void;
  files(...names: readonly string[]): Record<string, string>;
}

/** A blog project with its first migration and an empty database. */
async function withProject(work: (scene: Scene) => Promise<void>): Promise<void> {
  const database = await makeProjectDatabase(inject('cluster'));
  try {
    await withTemporaryFolder(async (folder) => {
      const directory = join(folder, 'blog');
      const schema = readSchema('blog');
      await writeProject(directory, schema);
      symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
      mkdirSync(join(directory, 'migrations'));
      const initial = initialMigration(schema, 1_763_694_000);
      const write = (name: string, sql: string): void => writeFileSync(join(directory, 'migrations', name), sql);
      writeFileSync(join(directory, initial.path), initial.content);
      writeFileSync(join(directory, '.env'), 'DATABASE_URL="postgres://nobody@127.0.0.1:1/none"\n');
      writeFileSync(join(directory, '.env.migrate'), `DATABASE_URL="${loginUrl(database.login('mig'))}"\n`);
      const migrate = (args: readonly string[] = [], env: Record<string, string> = {}) =>
        run(process.execPath, ['scripts/migrate.mjs', ...args], { cwd: directory, env });
      const files = (...names: readonly string[]) =>
        Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
      await work({ directory, database, initial, migrate, write, files });
    });
  } finally {
    await database.drop();
  }
}

const services = {
  sql: postgresSql(),
  clock: { now: () => 1_763_700_000, elapsedMs: () => performance.now(), sleep: () => Promise.resolve() },
  progress: () => {},
};

test('the script applies what is new, once, and turbobackend finds it applied', async () => {
  await withProject(async ({ database, initial, migrate, write, files }) => {
    write('.DS_Store', 'what a system leaves behind');
    const both = await Promise.all([migrate(), migrate()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.map(({ output }) => output.trim()).sort()).toEqual([
      expect.stringContaining('_initial.sql applied'),
      expect.stringContaining('up to date'),
    ]);
    const login = database.login('mig');
    const [row] = await migrationStatus({ files: files(initial.path), login }, services);
    expect(row).toMatchObject({ name: 'initial', state: 'applied', appliedAt: expect.any(Number) });
    write('20300101000000_add_pinned.sql', 'ALTER TABLE posts ADD pinned boolean NOT NULL DEFAULT false;\n');
    write('20300101000001_index_slug.sql', 'CREATE INDEX CONCURRENTLY posts_views_idx ON posts (views);\n');
    const fill = 'update numbers set y = x where ctid = any (array(select ctid from numbers where y is null limit 4));';
    write(
      '20300101000002_numbers.sql',
      'create table numbers (x int, y int); insert into numbers select generate_series(1, 10);',
    );
    write('20300101000003_fill.sql', `-- repeat until no row is changed\n${fill}\n`);
    expect(await migrate()).toMatchObject({ code: 0 });
    const batches = 'select count(y)::int as filled, count(distinct xmin::text)::int as batches from app.numbers';
    expect(await database.admin(batches)).toEqual([{ filled: 10, batches: 3 }]);
    const all = files(
      initial.path,
      'migrations/20300101000000_add_pinned.sql',
      'migrations/20300101000001_index_slug.sql',
      'migrations/20300101000002_numbers.sql',
      'migrations/20300101000003_fill.sql',
    );
    expect((await migrateUp({ files: all, login }, services)).applied).toEqual([]);
    expect(await database.admin('SELECT pinned FROM app.posts')).toEqual([]);
  });
});

test('the script applies nothing to what turbobackend has applied', async () => {
  await withProject(async ({ database, initial, migrate, files }) => {
    await migrateUp({ files: files(initial.path), login: database.login('mig') }, services);
    expect(await migrate()).toEqual({ code: 0, output: expect.stringContaining('up to date') });
  });
});

test('the script and turbobackend, all at once on one database, apply each file once', async () => {
  await withProject(async ({ database, initial, migrate, write, files }) => {
    const steps = [1, 2, 3, 4].map((n) => `2030010100000${n}_step.sql`);
    for (const [at, step] of steps.entries()) {
      write(
        step,
        at === 0 ? 'CREATE TABLE log (n int);' : `CREATE TABLE t${at} (x int);\nINSERT INTO log VALUES (${at});`,
      );
    }
    const names = [...steps, '20300101000009_index.sql'];
    write('20300101000009_index.sql', 'CREATE INDEX CONCURRENTLY log_n_idx ON log (n);');
    const all = files(initial.path, ...names.map((name) => `migrations/${name}`));
    const tool = () => migrateUp({ files: all, login: database.login('mig') }, { ...services, clock: systemClock() });
    const [one, two, ...scripts] = await Promise.all([tool(), tool(), migrate(), migrate()]);
    expect(scripts.map(({ code }) => code)).toEqual([0, 0]);
    const told = scripts.flatMap(({ output }) => [...output.matchAll(/^(\S+) applied$/gm)].map(([, file]) => file));
    const applied = [...one.applied, ...two.applied].map((path) => path.replace('migrations/', ''));
    expect([...applied, ...told].sort()).toEqual([initial.path.replace('migrations/', ''), ...names].sort());
    expect(await database.admin('SELECT n FROM app.log ORDER BY n')).toEqual([1, 2, 3].map((n) => ({ n })));
  });
});

test('the script goes on with an index that was cut, and does not make one again that was finished', async () => {
  await withProject(async ({ database, initial, migrate, write, files }) => {
    const name = '20300101000000_index.sql';
    write(name, 'CREATE INDEX CONCURRENTLY "posts views" ON posts (views);\n');
    expect(await migrate()).toMatchObject({ code: 0 });
    const here = `indexrelid = 'app."posts views"'::regclass`;
    const index = async () =>
      (await database.admin(`SELECT indexrelid AS id, indisvalid AS valid FROM pg_index WHERE ${here}`))[0];
    const begun = `UPDATE tb.schema_migrations SET status = 'running', applied_at = null WHERE name = 'index'`;
    const whole = await index();
    await database.admin(begun);
    expect(await migrate()).toMatchObject({ code: 0 });
    expect(await index()).toEqual(whole);

    await database.admin(`${begun}; UPDATE pg_index SET indisvalid = false WHERE ${here}`);
    expect(await migrate()).toMatchObject({ code: 0 });
    const made = await index();
    expect(made).toMatchObject({ valid: true });
    expect(made?.id).not.toBe(whole?.id);
    const login = database.login('mig');
    const rows = await migrationStatus({ files: files(initial.path, `migrations/${name}`), login }, services);
    expect(rows.map(({ state }) => state)).toEqual(['applied', 'applied']);
  });
});

/** What must not be in a file, also where it is hard to see. */
const REFUSED = [
  'CREATE TABLE t (a int);\nCOMMIT;\nSELECT nope;',
  'CREATE TABLE t (a int);/**/rollback',
  "CREATE TABLE t (a int); /* /* */ ' */ commit; --'",
  'CREATE TABLE t (a$b$ int); commit; -- $b$',
  'CREATE TABLE t (a int); SELECT $ä$;$ä$; COMMIT',
  "CREATE TABLE t (a int); PREPARE TRANSACTION 'x'",
  'CREATE TABLE t (a int); DO $$ BEGIN COMMIT; END $$',
  'CREATE INDEX CONCURRENTLY i ON posts (views); CREATE TABLE t (a int)',
];

test('the script runs no file that would end its own transaction, and knows a word from a statement', async () => {
  await withProject(async ({ database, migrate, write }) => {
    expect(await migrate()).toMatchObject({ code: 0 });
    const file = '20300101000000_bad.sql';
    for (const sql of REFUSED) {
      write(file, sql);
      expect([sql, (await migrate()).code]).toEqual([sql, 1]);
      expect([sql, await database.admin("SELECT to_regclass('app.t') AS t")]).toEqual([sql, [{ t: null }]]);
    }
    expect(await database.admin('SELECT name FROM tb.schema_migrations')).toEqual([{ name: 'initial' }]);
    write(
      file,
      `CREATE TABLE t (a text, "commit;" int); -- commit;
       INSERT INTO t VALUES ('x; commit; '''), ($ä$; rollback; $ä$); /* ; end; */
       CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
       CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$ SELECT 'begin' $$;`,
    );
    expect(await migrate()).toMatchObject({ code: 0 });
    expect(await database.admin('SELECT count(*)::int AS n FROM app.t')).toEqual([{ n: 2 }]);
  });
});

test('the script refuses a sum that says something else about what was applied', async () => {
  await withProject(async ({ directory, migrate, write }) => {
    expect(await migrate()).toMatchObject({ code: 0 });
    const path = join(directory, 'migrations/migrations.sum');
    const sum = readFileSync(path, 'utf8');
    const linesOf = (text: string) => text.split('\n').filter((line) => /^\d{14}_\w+\.sql [0-9a-f]{64}$/.test(line));
    expect(linesOf(sum)).toHaveLength(1);
    write('20300101000000_more.sql', 'CREATE TABLE t (a int);\n');
    const conflict = sum.replace(/^(\d.*)$/m, '<<<<<<< ours\n$1\n=======\n>>>>>>> theirs');
    for (const spoilt of [conflict, sum.replace(/[0-9a-f]{64}/, '0'.repeat(64))]) {
      writeFileSync(path, spoilt);
      expect(await migrate()).toMatchObject({ code: 1, output: expect.stringContaining('migrate repair') });
      expect(readFileSync(path, 'utf8')).toBe(spoilt);
    }
    writeFileSync(path, sum);
    expect(await migrate()).toMatchObject({ code: 0 });
    expect(linesOf(readFileSync(path, 'utf8'))).toHaveLength(2);
  });
});

test.each([
  [
    'a changed file',
    (scene: Scene) => writeFileSync(join(scene.directory, scene.initial.path), 'SELECT 1;'),
    'changed',
  ],
  ['a file of another name', (scene: Scene) => scene.write('tags.sql', 'SELECT 1;'), 'names look like'],
  ['an older file', (scene: Scene) => scene.write('20000101000000_old.sql', 'SELECT 1;'), 'is older'],
  [
    'a statement that fails',
    (scene: Scene) => scene.write('20300101000000_bad.sql', 'CREATE TABLE t (a int); SELECT nope;'),
    'nope',
  ],
])('the script refuses %s and leaves everything as it was', async (_name, spoil, reason) => {
  await withProject(async (scene) => {
    expect(await scene.migrate()).toMatchObject({ code: 0 });
    spoil(scene);
    const { code, output } = await scene.migrate();
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(reason) });
    expect(output).not.toContain(scene.database.login('mig').password);
    expect(await scene.database.admin('SELECT name FROM tb.schema_migrations')).toEqual([{ name: 'initial' }]);
    expect(await scene.database.admin("SELECT to_regclass('app.t') AS t")).toEqual([{ t: null }]);
  });
});

test('an environment that is named is the one that is migrated, and no other stands in for it', async () => {
  await withProject(async ({ directory, database, initial, migrate, files }) => {
    const elsewhere = 'postgres://nobody@127.0.0.1:1/none';
    expect(await migrate(['--env', 'staging'])).toMatchObject({
      code: 1,
      output: expect.stringContaining('Set DATABASE_URL in .env.staging.migrate.'),
    });
    writeFileSync(join(directory, '.env.staging.migrate'), `DATABASE_URL="${loginUrl(database.login('mig'))}"\n`);
    writeFileSync(join(directory, '.env.migrate'), `DATABASE_URL="${elsewhere}"\n`);
    const env = { MIGRATION_DATABASE_URL: elsewhere, DATABASE_URL: elsewhere };
    // What developers have not tried is not in the sum.
    expect(await migrate(['--env=staging'], env)).toMatchObject({
      code: 1,
      output: expect.stringContaining('migrations.sum does not list all files'),
    });
    writeFileSync(join(directory, 'migrations/migrations.sum'), renderSum(parseMigrationFiles(files(initial.path))));
    expect(await migrate(['--env=staging'], env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('applied'),
    });
    expect(await migrate(['--env', 'prod'])).toMatchObject({
      code: 1,
      output: expect.stringContaining('.env.production.migrate'),
    });
    for (const args of [['--env', 'constructor'], ['--env'], ['--environment', 'prod'], ['prod']]) {
      expect((await migrate(args)).code).toBe(1);
    }
  });
});
