import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { isTurboError, type TurboError } from '../../src/domain/errors.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import { REPEAT_MARK } from '../../src/domain/repeat.ts';
import { migrateUp, migrationStatus } from '../../src/phases/migrate.ts';
import type { Sql, SqlSession } from '../../src/ports/sql.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';

let database: ProjectDatabase;
let events: ProgressEvent[];
beforeEach(async () => {
  database = await makeProjectDatabase(inject('cluster'));
  events = [];
});
afterEach(() => database.drop());

type Files = Record<string, string>;

const services = (sql: Sql = postgresSql()) => ({
  sql,
  clock: systemClock(),
  progress: (event: ProgressEvent) => void events.push(event),
  toolVersion: '0.0.0-test',
});

const up = (files: Files, more: { sql?: Sql; limits?: object } = {}) =>
  migrateUp({ files, login: database.login('mig'), limits: more.limits ?? {} }, services(more.sql));

const states = async (files: Files) =>
  (await migrationStatus({ files, login: database.login('mig') }, services())).map((row) => row.state);

async function failure(work: Promise<unknown>): Promise<TurboError> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (isTurboError(error)) return error;
  throw error;
}

const tables = async () =>
  (
    await database.admin<{ name: string; owner: string }>(
      `select relname as name, pg_get_userbyid(relowner) as owner from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'i') order by 1`,
    )
  ).map((row) => row.name);

const V = (second: number, name: string) => `202601310930${String(second).padStart(2, '0')}_${name}.sql`;
const FIRST = V(1, 'first');
const SECOND = V(2, 'second');

test('what is pending is applied once, as the owner, and a second run changes nothing', async () => {
  const files = { [SECOND]: 'insert into a values (1);', [FIRST]: 'create table a (x int);' };
  expect(await states(files)).toEqual(['pending', 'pending']);
  const told: string[] = [];
  const order = {
    files,
    login: database.login('mig'),
    onApplied: ({ path }: { path: string }) => void told.push(path),
  };
  expect(await migrateUp(order, services())).toEqual({ applied: [FIRST, SECOND], alreadyApplied: [] });
  expect(await migrateUp(order, services())).toEqual({ applied: [], alreadyApplied: [FIRST, SECOND] });
  expect(told).toEqual([FIRST, SECOND]);
  expect(await states(files)).toEqual(['applied', 'applied']);
  expect(await database.admin('select count(*)::int as n from app.a')).toEqual([{ n: 1 }]);
  const owners = await database.admin(
    `select distinct pg_get_userbyid(relowner) as owner from pg_class where relnamespace in ('app'::regnamespace, 'tb'::regnamespace)`,
  );
  expect(owners).toEqual([{ owner: database.names.owner }]);
  const [row] = await database.admin(`select * from tb.schema_migrations where name = 'second'`);
  expect(row).toMatchObject({ status: 'applied', statements: 1, done_statements: 1, tool_version: '0.0.0-test' });
  expect(Math.abs(Number(row?.applied_at) - Date.now() / 1000)).toBeLessThan(60);
});

test('the backend and reports have no access to the journal, but to the tables', async () => {
  await up({ [FIRST]: 'create table a (x int);' });
  for (const role of ['app', 'ro'] as const) {
    const session = await postgresSql().connect(database.login(role));
    await session.query('select * from a');
    await expect(session.query('select * from tb.schema_migrations')).rejects.toMatchObject({ state: '42501' });
    await session.close();
  }
});

test('five runners at once apply ten migrations once each and all succeed', async () => {
  const files: Files = { [V(0, 'log')]: 'create table log (n int);' };
  for (let n = 1; n < 10; n += 1) files[V(n, 'step')] = `create table t${n} (x int); insert into log values (${n});`;
  const results = await Promise.all(Array.from({ length: 5 }, () => up(files)));
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(Object.keys(files).sort());
  for (const { applied, alreadyApplied } of results) expect(applied.length + alreadyApplied.length).toBe(10);
  expect(await database.admin('select count(*)::int as n, count(distinct n)::int as d from app.log')).toEqual([
    { n: 9, d: 9 },
  ]);
});

test('an edited, a missing, an older and a harmful file stop everything before anything runs', async () => {
  const first = 'create table a (x int);\ncreate table b (x int);\n';
  await up({ [FIRST]: first });
  const next = { [SECOND]: 'create table c (x int)' };
  const changed = await failure(up({ ...next, [FIRST]: first.replace('b (x', 'b (y') }));
  expect(changed.code).toBe('migration.changed');
  expect(changed.message).toContain(FIRST);
  expect(changed.message.match(/sha256:/g)).toHaveLength(2);
  expect(changed.message).toContain(`First difference: migrations/${FIRST}:2`);
  expect(await failure(up(next))).toMatchObject({ code: 'migration.missing' });
  expect((await failure(up(next))).message).toContain('20260131093001_first');
  const older = await failure(up({ [FIRST]: first, [V(0, 'older')]: 'create table c (x int)' }));
  expect(older.code).toBe('migration.invalid');
  const harmful = up({ [FIRST]: first, ...next, [V(3, 'harm')]: 'create table d (x int);\ncommit;' });
  expect(await failure(harmful)).toMatchObject({ code: 'migration.refused', details: { line: 2 } });
  expect(await tables()).toEqual(['a', 'b']);
  expect(await states({ ...next, [V(3, 'x')]: '' })).toEqual(['missing', 'pending', 'pending']);
  expect(await states({ [FIRST]: 'select 1' })).toEqual(['changed']);
  expect(await states({ [FIRST]: `\ufeff${first.replaceAll('\n', '\r\n')}` })).toEqual(['applied']);
});

test('a statement that fails undoes its file, names file, line and statement, and the corrected file goes through', async () => {
  const lines = Array.from({ length: 500 }, (_, n) => `insert into a values ('ä', ${n});`);
  lines[399] = "insert into a\n  values ('😀', nope);";
  const files = { [FIRST]: 'create table a (t text, x int);', [SECOND]: `${lines.join('\n')}\n` };
  const error = await failure(up(files));
  expect(error.code).toBe('migration.failed');
  expect(error.message).toContain(`migrations/${SECOND}:401: column "nope" does not exist (42703)`);
  expect(error.message).toContain("values ('😀', nope)");
  expect(error.details).toMatchObject({ file: SECOND, line: 401, state: '42703' });
  expect(await states(files)).toEqual(['applied', 'pending']);
  expect(await database.admin('select count(*)::int as n from app.a')).toEqual([{ n: 0 }]);
  lines[399] = 'select 1;';
  expect((await up({ ...files, [SECOND]: lines.join('\n') })).applied).toEqual([SECOND]);
  expect(await database.admin('select count(*)::int as n from app.a')).toEqual([{ n: 499 }]);
});

test('a constraint that only fails at the commit undoes the file too', async () => {
  const files = {
    [FIRST]: `create table a (x int primary key, y int references a (x) deferrable initially deferred); insert into a values (1, 2);`,
  };
  expect(await failure(up(files))).toMatchObject({ code: 'migration.failed', details: { state: '23503' } });
  expect(await tables()).toEqual([]);
  expect(await states(files)).toEqual(['pending']);
});

test('settings, cursors and temporary names of one file do not reach the next', async () => {
  await up({
    [FIRST]: `set statement_timeout = '7s'; set application_name = 'leak'; prepare leak as select 1; listen leak;`,
    [SECOND]: `create table seen as select current_setting('statement_timeout') as t, current_setting('application_name') as a,
       (select count(*) from pg_prepared_statements)::int as p, current_user::text as u, current_setting('search_path') as s;`,
  });
  expect(await database.admin('select a <> $1 as clean, t, p, u, s from app.seen', ['leak'])).toEqual([
    { clean: true, t: '15min', p: 0, u: database.names.owner, s: 'app, pg_catalog' },
  ]);
});

test('a function that changes the role or the search path behind our back undoes its file', async () => {
  const files = {
    [FIRST]: `create function sneak() returns text language sql as $$ select set_config('search_path', 'pg_temp', false) $$;
      create table a (x int); select sneak();`,
  };
  expect(await failure(up(files))).toMatchObject({ code: 'migration.refused' });
  expect(await tables()).toEqual([]);
});

test('a lock that somebody holds for a while is waited for, and a later try succeeds', async () => {
  await up({ [FIRST]: 'create table a (x int);' });
  const holder = await postgresSql().connect(database.login('app'));
  await holder.query('begin; lock table a in access share mode');
  const release = (event: ProgressEvent) => {
    events.push(event);
    if (event.kind === 'note') void holder.query('commit');
  };
  const files = {
    [FIRST]: 'create table a (x int);',
    [SECOND]: 'create table b (x int); alter table a add column y int;',
  };
  const order = { files, login: database.login('mig'), limits: { lockTimeoutMs: 100 } };
  expect((await migrateUp(order, { ...services(), progress: release })).applied).toEqual([SECOND]);
  await holder.close();
  expect(events.filter((event) => event.kind === 'note')).toHaveLength(1);
});

test('a second runner gives up waiting for the first with an error that says so', async () => {
  const first = await postgresSql().connect(database.login('mig'));
  await first.query(`select pg_advisory_lock(hashtextextended('turbobackend:migrate', 0))`);
  const files = { [FIRST]: 'create table a (x int);' };
  expect(await failure(up(files, { limits: { waitMs: 200 } }))).toMatchObject({ code: 'run.locked' });
  await first.close();
  expect((await up(files)).applied).toEqual([FIRST]);
});

const INDEX = { [FIRST]: 'create table a (x int); insert into a values (1), (2), (2);' };

test('an index is made concurrently, outside a transaction, and only once', async () => {
  const files = { ...INDEX, [SECOND]: 'create index concurrently a_x_idx on a (x);' };
  await up(files);
  expect((await up(files)).applied).toEqual([]);
  expect(
    await database.admin(`select indisvalid as v from pg_index where indexrelid = 'app.a_x_idx'::regclass`),
  ).toEqual([{ v: true }]);
});

test('a unique index over duplicates fails with the duplicates and leaves neither an index nor a row', async () => {
  const files = { ...INDEX, [SECOND]: 'create unique index concurrently a_x_key on a (x);' };
  const error = await failure(up(files));
  expect(error).toMatchObject({ code: 'migration.failed', details: { state: '23505', duplicates: ['"2" (2 times)'] } });
  expect(error.message).toContain('Duplicates: "2" (2 times)');
  expect(await tables()).toEqual(['a']);
  expect(await states(files)).toEqual(['applied', 'pending']);
  await database.admin('delete from app.a where x = 2');
  expect((await up(files)).applied).toEqual([SECOND]);
});

test('an interrupted concurrent index, half made or whole, is taken up again', async () => {
  const files = { ...INDEX, [SECOND]: 'create index concurrently a_x_idx on a (x);' };
  await up(files);
  const interrupted = `update tb.schema_migrations set status = 'running', applied_at = null where name = 'second'`;
  await database.admin(interrupted);
  expect(await states(files)).toEqual(['applied', 'pending']);
  const before = await database.admin(`select 'app.a_x_idx'::regclass::oid as id`);
  expect((await up(files)).applied).toEqual([SECOND]);
  expect(await database.admin(`select 'app.a_x_idx'::regclass::oid as id`)).toEqual(before);
  await database.admin(
    `${interrupted}; update pg_index set indisvalid = false where indexrelid = 'app.a_x_idx'::regclass`,
  );
  expect((await up(files)).applied).toEqual([SECOND]);
  expect(
    await database.admin(`select indisvalid as v from pg_index where indexrelid = 'app.a_x_idx'::regclass`),
  ).toEqual([{ v: true }]);
  expect(await states(files)).toEqual(['applied', 'applied']);
});

/**
 * A connection whose client dies at a given query: before it was sent, or when it was done but the answer had not come.
 * From then on nothing is sent any more, as from a process that is gone; the server sees its peer vanish.
 */
function mortalSql(dieAt: number, when: 'before' | 'after'): { sql: Sql; alive(): boolean } {
  let left = dieAt;
  let alive = true;
  const dead = () => new Error('the process is dead');
  const sql: Sql = {
    async connect(login, settings) {
      const session = await postgresSql().connect(login, settings);
      const query: SqlSession['query'] = async (text, values) => {
        if (!alive) throw dead();
        left -= 1;
        if (left > 0) return session.query(text, values);
        if (when === 'after') await session.query(text, values);
        alive = false;
        await session.close();
        throw dead();
      };
      return { ...session, query };
    },
  };
  return { sql, alive: () => alive };
}

test('what is repeated is done in batches, each on its own, and is one statement that changes rows', async () => {
  const fill = 'update a set y = x where ctid = any (array(select ctid from a where y is null limit 4));';
  const files = {
    [FIRST]: 'create table a (x int, y int); insert into a select generate_series(1, 10);',
    [SECOND]: `${REPEAT_MARK}\n-- Fill y.\n${fill}`,
  };
  expect((await up(files)).applied).toEqual([FIRST, SECOND]);
  const [found] = await database.admin(
    'select count(*)::int as rows, count(y)::int as filled, count(distinct xmin::text)::int as batches from app.a',
  );
  expect(found).toEqual({ rows: 10, filled: 10, batches: 3 });
  for (const wrong of [`${fill}\n${fill}`, 'drop table a;', 'select 1;', '']) {
    const third = { [V(3, 'third')]: `${REPEAT_MARK}\n${wrong}` };
    expect((await failure(up({ ...files, ...third }))).code).toMatch(/^migration\.(refused|invalid)$/);
  }
  expect(await tables()).toEqual(['a']);
});

test('a runner that dies at any query leaves nothing that the next run does not finish, each effect once', async () => {
  const files = {
    [FIRST]: 'create table a (x int); insert into a values (1);',
    [SECOND]: 'create index concurrently a_x_idx on a (x);',
    [V(3, 'third')]: 'insert into a values (3);',
    [V(4, 'fourth')]: `${REPEAT_MARK}\nupdate a set x = x + 10 where x = (select min(x) from a where x < 10);`,
  };
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    // Every third, and others before than after; `npm run chaos:migrate` kills and crashes anywhere.
    for (let dieAt = when === 'before' ? 1 : 2; ; dieAt += 3) {
      const mortal = mortalSql(dieAt, when);
      await up(files, { sql: mortal.sql }).catch((error: unknown) => {
        if (mortal.alive()) throw error;
      });
      if (mortal.alive()) break;
      deaths += 1;
      await up(files);
      const [found] = await database.admin(
        `select (select array_agg(x order by x) from app.a) as rows, array_agg(name || ' ' || status order by version) as journal,
           (select array_agg(indisvalid) from pg_index where indrelid = 'app.a'::regclass) as indexes from tb.schema_migrations`,
      );
      expect({ when, dieAt, ...found }).toEqual({
        when,
        dieAt,
        rows: [11, 13],
        journal: ['first applied', 'second applied', 'third applied', 'fourth applied'],
        indexes: [true],
      });
      await database.admin('drop table app.a; drop table tb.schema_migrations');
    }
  }
  expect(deaths).toBeGreaterThan(16);
});

/** The runner as a process of its own, bundled, so that it can be killed. */
async function startRunner(folder: string, files: Files): Promise<ChildProcess> {
  const program = join(folder, 'runner.mjs');
  await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules')).catch(() => {});
  const source = ['adapters/clock/system/system-clock', 'adapters/sql/postgres/postgres-sql', 'phases/migrate'].map(
    (module) => `export * from ${JSON.stringify(join(import.meta.dirname, `../../src/${module}.ts`))};`,
  );
  await writeFile(join(folder, 'entry.mjs'), source.join('\n'));
  const bundle = await rolldown({ input: join(folder, 'entry.mjs'), platform: 'node', external: /^[^./]/ });
  await bundle.write({ file: join(folder, 'bundle.mjs') });
  await bundle.close();
  await writeFile(
    program,
    `import { migrateUp, postgresSql, systemClock } from './bundle.mjs';
     const order = JSON.parse(await new Promise((done) => process.stdin.once('data', (data) => done(String(data)))));
     await migrateUp(order, { sql: postgresSql(), clock: systemClock(), progress() {} });`,
  );
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin?.end(JSON.stringify({ files, login: database.login('mig'), limits: { lockTimeoutMs: 60_000 } }));
  return child;
}

/** Waits until the runner's session hangs on somebody's lock or transaction, then kills its process. */
async function killWhenBlocked(child: ChildProcess): Promise<void> {
  const ended = new Promise((done) => child.once('exit', done));
  for (;;) {
    const waiting = await database.admin(
      `select 1 from pg_stat_activity where usename = $1 and wait_event_type = 'Lock'`,
      [database.names.mig],
    );
    if (waiting.length > 0) break;
    if (child.exitCode !== null) throw new Error('the runner ended before it could be killed');
    await new Promise((next) => setTimeout(next, 20));
  }
  child.kill('SIGKILL');
  await ended;
}

const blocked: [string, { second: string; want: object }][] = [
  [
    'a transaction',
    { second: 'create table b (x int); alter table a add column y int;', want: { b: true, index: null } },
  ],
  ['a concurrent index', { second: 'create index concurrently a_x_idx on a (x);', want: { b: false, index: true } }],
];

test.each(blocked)('kill -9 in the middle of %s: the next run finishes it', async (_name, { second, want }) => {
  await up(INDEX);
  const files = { ...INDEX, [SECOND]: second };
  const holder = await postgresSql().connect(database.login('app'));
  await holder.query('begin; insert into a values (9)');
  const folder = await mkdtemp(join(tmpdir(), 'tb-migrate-'));
  try {
    await killWhenBlocked(await startRunner(folder, files));
    const next = up(files);
    await holder.query('rollback');
    expect((await next).applied).toEqual([SECOND]);
    expect(await states(files)).toEqual(['applied', 'applied']);
    const [found] = await database.admin(
      `select to_regclass('app.b') is not null as b,
         (select indisvalid from pg_index where indexrelid = to_regclass('app.a_x_idx')) as index`,
    );
    expect(found).toEqual(want);
  } finally {
    await holder.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test('the login for reports reads past row-level security, however often and by however many it is let in', async () => {
  const files = {
    [FIRST]: 'create table a (x int); insert into a values (1); alter table a enable row level security;',
  };
  const run = () => migrateUp({ files, login: database.login('mig'), reader: database.names.ro }, services());
  await up(files);
  const rowsOf = async (role: 'app' | 'ro') => {
    const session = await postgresSql().connect(database.login(role));
    return session.query('select x from app.a').finally(() => session.close());
  };
  expect((await rowsOf('ro')).rowCount).toBe(0);
  await Promise.all([run(), run()]);
  await run();
  expect((await rowsOf('ro')).rowCount).toBe(1);
  expect((await rowsOf('app')).rowCount).toBe(0);
});
