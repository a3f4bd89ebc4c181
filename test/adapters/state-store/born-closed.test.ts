import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, expect, inject, test } from 'vitest';
import { randomIds, systemClock } from '../../../src/adapters/clock/system/system-clock.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { postgresState } from '../../../src/adapters/state-store/postgres/postgres-state.ts';
import type { Login } from '../../../src/domain/database.ts';
import { SqlError } from '../../../src/ports/sql.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';
import { cuttableWay } from '../../support/cuttable-way.ts';
import { asAdmin } from '../../support/provisioning.ts';

/** The metadata database is never open to everybody, and a run that was cut while making it is finished by the next. */

const server = inject('cluster');
const way = await cuttableWay(server.port);
const stores: StateStore[] = [];
const databases: string[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(async () => {
  way.close();
  await asAdmin(server, 'postgres', async (query) => {
    for (const name of databases) await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    for (const name of databases) await query(`DROP ROLE IF EXISTS ${name}`);
  });
});

/** A name for a database, and a stranger whom pg_hba.conf lets in there: samerole is a role of the same name. */
async function newPlace(): Promise<{ database: string; stranger: Login }> {
  const database = `tb_test_born_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  databases.push(database);
  await asAdmin(server, 'postgres', (query) => query(`CREATE ROLE ${database} LOGIN PASSWORD '${password}'`));
  return { database, stranger: { host: server.host, port: server.port, user: database, password, database } };
}

function openStore(database: string, login: (name: string) => Login = (name) => ({ ...server, database: name })) {
  const store = postgresState({
    login: async (name) => login(name),
    database,
    schema: 'turbobackend',
    migrationsFolder: join(import.meta.dirname, '../../../templates/state'),
    owner: 'ada',
    clock: systemClock(),
    ids: randomIds(),
  });
  stores.push(store);
  return store;
}

/** What a stranger is told: `in`, or the SQLSTATE of the refusal. */
async function knock(stranger: Login): Promise<string> {
  try {
    await (await postgresSql().connect(stranger)).close();
    return 'in';
  } catch (error) {
    if (error instanceof SqlError) return error.state;
    if (error instanceof Error && 'details' in error && typeof error.details === 'object' && error.details) {
      return 'state' in error.details ? String(error.details.state) : 'unknown';
    }
    throw error;
  }
}

const facts = async (database: string) =>
  asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT datallowconn AS open, EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a
         WHERE a.grantee = 0) AS "public" FROM pg_database WHERE datname = $1`,
      [database],
    ),
  );
const RIGHT = [{ open: true, public: false }];

test('a stranger who knocks all the time never gets in, whoever makes it and however often it is cut', async () => {
  const { database, stranger } = await newPlace();
  const answers = new Set<string>();
  let knocking = true;
  const knocks = (async () => {
    while (knocking) answers.add(await knock(stranger));
  })();
  const cut = openStore(database, (name) => ({ ...server, port: way.port, database: name }));
  way.cutAt('REVOKE ALL ON DATABASE');
  await expect(cut.listProjects()).rejects.toMatchObject({ code: 'cluster.unreachable' });
  expect(await facts(database)).toEqual([{ open: false, public: true }]);
  expect(await openStore(database).version()).toMatchObject({ found: null });
  const lists = await Promise.all(Array.from({ length: 2 }, () => openStore(database).listProjects()));
  expect(lists).toEqual([[], []]);
  knocking = false;
  await knocks;
  answers.add(await knock(stranger));
  expect(await facts(database)).toEqual(RIGHT);
  expect([...answers]).toEqual(expect.arrayContaining(['42501', '55000']));
  expect([...answers].filter((answer) => !['3D000', '55000', '42501'].includes(answer))).toEqual([]);
});

test('an administrator who is no superuser makes it, and finishes what was cut', async () => {
  const { database, stranger } = await newPlace();
  const boss = { ...stranger, user: `${database}_boss`, password: randomBytes(16).toString('hex') };
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${boss.user} LOGIN CREATEDB PASSWORD '${boss.password}'`);
    await query(`GRANT ${database} TO ${boss.user}`);
    await query(`CREATE DATABASE ${boss.user} OWNER ${boss.user}`);
  });
  databases.push(boss.user);
  const login = (port: number) => (name: string) => ({ ...boss, port, database: name === database ? name : boss.user });
  way.cutAt('REVOKE ALL ON DATABASE');
  await expect(openStore(database, login(way.port)).listProjects()).rejects.toMatchObject({
    code: 'cluster.unreachable',
  });
  expect(await facts(database)).toEqual([{ open: false, public: true }]);
  expect(await openStore(database, login(server.port)).listProjects()).toEqual([]);
  expect(await facts(database)).toEqual(RIGHT);
});

test.each([
  ['closed', 'ALTER DATABASE %s ALLOW_CONNECTIONS false'],
  ['open to everybody', 'GRANT CONNECT, TEMPORARY ON DATABASE %s TO PUBLIC'],
])('one that is found %s is put right by the next command, rows untouched', async (_how, damage) => {
  const { database } = await newPlace();
  const before = openStore(database);
  const project = { id: 'a'.repeat(16), name: 'blog', request: 'blog API', directory: '/p/kept', createdAt: 1 };
  await before.claimProject(project);
  await before.close();
  await asAdmin(server, 'postgres', (query) => query(damage.replace('%s', database)));
  expect(await openStore(database).findProject(project.id)).toMatchObject({ name: 'blog' });
  expect(await facts(database)).toEqual(RIGHT);
});

test('one that was half dropped is refused in words, and never made to look healthy', async () => {
  const { database } = await newPlace();
  await openStore(database).listProjects();
  const mark = (limit: number) =>
    asAdmin(server, 'postgres', (query) =>
      query('UPDATE pg_database SET datconnlimit = $1 WHERE datname = $2 RETURNING datconnlimit AS now', [
        limit,
        database,
      ]),
    );
  for (const store of stores.splice(0)) await store.close();
  await mark(-2);
  await expect(openStore(database).listProjects()).rejects.toMatchObject({
    code: 'database.failed',
    hint: expect.stringContaining(`DROP DATABASE "${database}"`),
  });
  const [left] = await asAdmin(server, 'postgres', (query) =>
    query('SELECT datconnlimit AS now FROM pg_database WHERE datname = $1', [database]),
  );
  expect(left).toEqual({ now: -2 });
  await mark(-1);
});
