import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot, run } from '../support/generated-projects.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';
import { stopHome } from '../support/stop-home.ts';

/** The commands that migrate and compare, as a person and as CI types them. One project; the tests build on each other. */

const { folder: home, giveBack } = lendFolder();
const directory = join(home, 'blog-api');

async function cli(...args: string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json'], { home, cwd: directory });
  const data = JSON.parse(stdout);
  return { code, data, stderr, error: data.error?.code as string | undefined };
}
const migrate = (...args: string[]) => cli('migrate', ...args);

/** SQL that nobody has written down as a migration. */
function sql(text: string) {
  const url = new URL(parseEnv(readFileSync(join(directory, '.env.migrate'), 'utf8')).DATABASE_URL ?? '');
  const { hostname: host, port, username: user, password, pathname } = url;
  const login = { host, port: Number(port), user, password, database: pathname.slice(1) };
  return withSession(login, (query) => query(text));
}

function write(path: string, text: string): void {
  writeFileSync(join(directory, path), text);
}

/** All files of the project with their texts. */
function listing(): readonly (readonly [path: string, text: string])[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => [path, readFileSync(path, 'utf8')]);
}

const states = async () =>
  (await migrate('status')).data.migrations.map(({ name, state }: Record<string, string>) => `${name} ${state}`);

beforeAll(async () => {
  mkdirSync(directory);
  for (const step of [['design-schema', 'blog API'], ['provision'], ['scaffold'], ['migrate', 'up']]) {
    const { code, stderr } = await cli(...step);
    expect([step, code, stderr]).toEqual([step, 0, '']);
  }
});

afterAll(async () => {
  await stopHome(home).finally(giveBack);
});

let labels = '';

test('a migration is begun, shown, applied and taken back; rows go only when somebody consents', async () => {
  const { data: begun } = await migrate('create', 'Add', 'Labels');
  expect(begun.up).toMatch(/^migrations\/\d{14}_add_labels\.sql$/);
  labels = begun.up;
  expect(await migrate('up')).toMatchObject({ code: 2, error: 'migration.invalid' });
  write(labels, 'CREATE TABLE labels (name text PRIMARY KEY);\n');
  write(begun.down, 'DROP TABLE labels;\n');

  const plan = [{ path: expect.stringContaining('add_labels'), statements: 1, transactional: true, destroys: [] }];
  expect(await migrate('up', '--dry-run')).toMatchObject({ code: 0, data: { plan } });
  expect(await states()).toEqual(['initial applied', 'add_labels pending']);
  expect((await migrate('up')).data.applied).toEqual([expect.stringContaining('add_labels')]);

  await sql("INSERT INTO app.labels VALUES ('red'), ('blue')");
  expect(await migrate('down', '--yes')).toMatchObject({ code: 2, error: 'confirm.needed' });
  expect(await sql('SELECT name FROM app.labels')).toHaveLength(2);
  expect(await migrate('down', '--allow-destructive')).toMatchObject({ code: 0 });
  expect(await sql("SELECT to_regclass('app.labels') AS labels")).toEqual([{ labels: null }]);
  expect(await migrate('up')).toMatchObject({ code: 0, data: { applied: [expect.any(String)] } });
});

test('a file that was edited after it was applied stops everything until somebody repairs it', async () => {
  write(labels, `-- What posts are marked with.\n${readFileSync(join(directory, labels), 'utf8')}`);
  expect(await migrate('up')).toMatchObject({ code: 3, error: 'migration.changed' });
  const repairs = [{ name: 'add_labels', kind: 'accept' }];
  expect((await migrate('repair', '--dry-run')).data).toMatchObject({ repairs, done: [] });
  expect(await migrate('repair')).toMatchObject({ code: 2, error: 'confirm.needed' });
  const { code, data } = await migrate('verify');
  expect([code, data.database]).toEqual([3, []]);
  expect(data).toMatchObject({
    migrations: [{ state: 'changed' }],
    sum: expect.stringMatching(/add_labels\.sql was changed$/),
  });
  expect((await migrate('repair', '--yes')).data).toMatchObject({ done: repairs });
  expect(await migrate('up')).toMatchObject({ code: 0, data: { applied: [] } });
});

test('verify says which of database, migrations and schema has what the others have not', async () => {
  expect(await migrate('down', '--allow-destructive')).toMatchObject({ code: 0 });
  const before = listing();
  const pending = await migrate('verify');
  expect(pending).toMatchObject({ code: 3, data: { agrees: false, database: [] } });
  expect(pending.data.migrations).toMatchObject([{ name: 'add_labels', state: 'pending' }]);
  expect(pending.data.schema).toContainEqual({ kind: 'table', object: 'labels', left: 'labels', right: null });
  expect(listing()).toEqual(before);

  for (const file of [labels, labels.replace('/', '/down/')]) rmSync(join(directory, file));
  await sql('ALTER TABLE app.posts ADD COLUMN sneaked_in text');
  const drifted = await runCli(['migrate', 'verify'], { home, cwd: directory });
  expect(drifted.code).toBe(3);
  expect(drifted.stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^migrations\.sum .+: it lists \d{14}_add_labels\.sql, which is not there$/),
    expect.stringMatching(/^column posts\.sneaked_in: in the database, not in its migrations$/),
  ]);
  await sql('ALTER TABLE app.posts DROP COLUMN sneaked_in');
  expect((await migrate('repair', '--yes')).data.sum).toContain('add_labels');
  expect(await migrate('verify')).toMatchObject({ code: 0, data: { agrees: true } });
});

test('scaffold --check changes nothing and fails when something would; --restore brings files back', async () => {
  rmSync(join(directory, 'README.md'));
  const check = () => cli('scaffold', '--check');
  const nothing = { written: [], merged: [], conflicts: [], removed: [] };
  expect(await check()).toMatchObject({ code: 0, data: { ...nothing, gone: ['README.md'] } });

  const manifest = readFileSync(join(directory, 'turbobackend.json'), 'utf8');
  const { schema, ...rest } = JSON.parse(manifest);
  write('turbobackend.json', JSON.stringify({ ...rest, schema: withHeadline(schema) }));
  const before = listing();
  const found = await check();
  expect(found.code).toBe(3);
  expect(found.data.written).toContain('client/index.ts');
  expect(listing()).toEqual(before);
  write('turbobackend.json', manifest);

  expect(await cli('scaffold', '--restore')).toMatchObject({ code: 0, data: { gone: [] } });
  expect(readFileSync(join(directory, 'README.md'), 'utf8')).toContain('npm run migrate');
  expect(await check()).toMatchObject({ code: 0, data: { ...nothing, gone: [] } });
});

test('the command and the script of the project, at once on one database, apply each file once', async () => {
  symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
  const files = {
    log: 'CREATE TABLE log (n int);',
    one: 'CREATE TABLE one (x int);\nINSERT INTO log VALUES (1);',
    two: 'CREATE TABLE two (x int);\nINSERT INTO log VALUES (2);',
    index: 'CREATE INDEX CONCURRENTLY log_n_idx ON log (n);',
  };
  const names = Object.keys(files);
  for (const [at, text] of Object.values(files).entries())
    write(`migrations/2099010100000${at}_${names[at]}.sql`, text);
  const script = () => run(process.execPath, ['scripts/migrate.mjs'], { cwd: directory, env: {} });
  const [tool, ...scripts] = await Promise.all([migrate('up'), script(), script()]);
  expect([tool.code, ...scripts.map(({ code }) => code)]).toEqual([0, 0, 0]);
  const told = [...scripts, { output: tool.data.applied.map((path: string) => `${path} applied\n`).join('') }];
  const applied = told.flatMap(({ output }) =>
    [...output.matchAll(/\d_(\w+)\.sql applied$/gm)].map(([, name]) => name),
  );
  expect(applied.sort()).toEqual([...names].sort());
  expect(await sql('SELECT n FROM app.log ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await states()).toEqual(['initial', ...names].map((name) => `${name} applied`));
});

interface Named {
  readonly name: string;
}

/** The schema with one column more in `posts`. */
function withHeadline(schema: { readonly tables: readonly (Named & { readonly columns: readonly Named[] })[] }) {
  const headline = { name: 'headline', type: 'text', nullable: true };
  const tables = schema.tables.map((table) =>
    table.name === 'posts' ? { ...table, columns: [...table.columns, headline] } : table,
  );
  return { ...schema, tables };
}
