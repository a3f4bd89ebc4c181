import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
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
    expect(await migrate()).toMatchObject({ code: 0 });
    const all = files(
      initial.path,
      'migrations/20300101000000_add_pinned.sql',
      'migrations/20300101000001_index_slug.sql',
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
