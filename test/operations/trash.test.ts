import { expect, test } from 'vitest';
import { databaseNames, type Environment, LOGIN_ROLES, parseDatabaseName } from '../../src/domain/database.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { dropOrphan } from '../../src/operations/drop-orphan.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { asAdmin, withSession } from '../support/provisioning.ts';

/** What goes to the trash comes back whole, and nobody gets at it in between. */

const { server, metadata, services } = lendProvisioning();

interface Order {
  readonly projectId: string;
  readonly env: Environment;
}
const newProject = (env: Environment = 'dev'): Order => ({ projectId: services.ids.projectId(), env });
const trash = (order: Order) => deprovision({ ...order, purge: false }, services);
const purge = (order: Order) => deprovision({ ...order, purge: true }, services);

const login = (order: Order, role: 'mig' | 'app' | 'ro') => openLogin(order.projectId, order.env, role, services);
const as = async (order: Order, role: 'mig' | 'app' | 'ro', text: string) =>
  withSession(await login(order, role), (query) => query(text));

/** Roles and databases with the project's id in their name. */
const remains = async (projectId: string) => {
  const rows = await asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE $1
       UNION ALL SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY 1`,
      [`%${projectId}%`],
    ),
  );
  return rows.map(({ name }) => String(name));
};

const MAKE = [
  "CREATE TYPE mood AS ENUM ('calm', 'wild')",
  'CREATE TABLE authors (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, mood mood)',
  `CREATE TABLE notes (id bigserial PRIMARY KEY, author_id bigint NOT NULL REFERENCES authors ON DELETE CASCADE,
     body text CHECK (length(body) < 100))`,
  'CREATE INDEX notes_author_idx ON notes (author_id) WHERE body IS NOT NULL',
  'CREATE VIEW busy AS SELECT author_id, count(*) FROM notes GROUP BY 1',
  `INSERT INTO authors (name, mood) SELECT 'author ' || n, 'calm' FROM generate_series(1, 50) n`,
  `INSERT INTO notes (author_id, body) SELECT 1 + n % 50, md5(n::text) FROM generate_series(1, 5000) n`,
  'REVOKE UPDATE ON authors FROM %app%',
  'GRANT SELECT (body) ON notes TO %ro%',
  'CREATE TABLE tb.journal (version text PRIMARY KEY)',
  "INSERT INTO tb.journal VALUES ('1')",
].join(';\n');

/** Rows, sequences, constraints, indexes, rights and defaults, as text. */
const FINGERPRINT = `
  SELECT jsonb_build_object(
    'rows', (SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM app.notes t),
    'authors', (SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM app.authors t),
    'journal', (SELECT string_agg(version, ',') FROM tb.journal),
    'sequences', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.sequencename) FROM pg_sequences s),
    'constraints', (SELECT jsonb_agg(conname || ' ' || pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint
      WHERE connamespace = 'app'::regnamespace),
    'indexes', (SELECT jsonb_agg(indexdef ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'app'),
    'grants', (SELECT jsonb_agg(relname || coalesce(relacl::text, '') ORDER BY relname) FROM pg_class
      WHERE relnamespace IN ('app'::regnamespace, 'tb'::regnamespace)),
    'columns', (SELECT jsonb_agg(attname || attacl::text) FROM pg_attribute WHERE attacl IS NOT NULL
      AND attrelid = 'app.notes'::regclass),
    'defaults', (SELECT jsonb_agg(defaclacl::text ORDER BY defaclobjtype) FROM pg_default_acl),
    'schemas', (SELECT jsonb_agg(nspname || nspacl::text ORDER BY nspname) FROM pg_namespace WHERE nspname IN ('app', 'tb'))
  )::text AS state`;

async function fill(order: Order): Promise<void> {
  const { app, ro } = databaseNames(order.projectId, order.env);
  await as(order, 'mig', MAKE.replace('%app%', app).replace('%ro%', ro));
}

const settings = (order: Order) =>
  asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT (SELECT jsonb_agg(jsonb_build_array(r.rolname, r.rolcanlogin, r.rolinherit, r.rolconnlimit, s.setconfig)
           ORDER BY r.rolname) FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid
           WHERE r.rolname LIKE $1)::text AS roles,
         (SELECT jsonb_build_array(datacl::text, datconnlimit, datallowconn)::text FROM pg_database WHERE datname = $2) AS db`,
      [`%${order.projectId}%`, databaseNames(order.projectId, order.env).database],
    ),
  );

test('undo brings back every row, sequence, constraint, right and setting, and the logins work', async () => {
  const order = newProject();
  await provision(order, services);
  await fill(order);
  const [state, outside] = [await as(order, 'mig', FINGERPRINT), await settings(order)];
  const before = await login(order, 'app');
  const away = await trash(order);
  expect(away).toMatchObject({ changed: true, trash: expect.stringMatching(/^turbobackend_trash_/) });
  expect((away.restorableUntil ?? 0) - services.clock.now()).toBeGreaterThan(7 * 24 * 3600 - 60);
  await provision(order, services);
  expect(await as(order, 'mig', FINGERPRINT)).toEqual(state);
  expect(await settings(order)).toEqual(outside);
  expect(await login(order, 'app')).toEqual(before);
  await as(order, 'app', "INSERT INTO notes (author_id, body) VALUES (1, 'after')");
  expect(await as(order, 'ro', "SELECT id::int AS id FROM notes WHERE body = 'after'")).toEqual([{ id: 5001 }]);
  await purge(order);
});

test('nobody gets in while it is in the trash, under its old name or its new one', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  const logins = await Promise.all(LOGIN_ROLES.map((role) => login(order, role)));
  const { trash: away } = await trash(order);
  expect(await remains(order.projectId)).toContain(away);
  for (const known of logins) {
    for (const database of [name, away ?? '']) {
      await expect(withSession({ ...known, database }, (query) => query('SELECT 1'))).rejects.toThrow();
    }
    await expect(login(order, 'app')).rejects.toMatchObject({ code: 'project.incomplete' });
  }
  await expect(asAdmin(server, away ?? '', (query) => query('SELECT 1'))).rejects.toThrow(/connections/);
  await purge(order);
  expect(await remains(order.projectId)).toEqual([]);
});

test('sessions inside are ended, also one in the middle of writing; what it had committed is kept', async () => {
  const order = newProject();
  await provision(order, services);
  await fill(order);
  const known = await login(order, 'app');
  const idle = await services.sql.connect(known);
  let committed = 0;
  const writer = (async () => {
    const session = await services.sql.connect(known);
    for (;;) {
      await session.query("INSERT INTO notes (author_id, body) VALUES (1, 'busy')");
      committed += 1;
    }
  })();
  const ended = writer.catch((error: unknown) => error);
  await expect.poll(() => committed).toBeGreaterThan(20);
  await trash(order);
  expect(await ended).toMatchObject({ state: expect.stringMatching(/^(57P01|08006|08003)$/) });
  await expect(idle.query('SELECT 1')).rejects.toThrow();
  await idle.close();
  await provision(order, services);
  const [found] = await as(order, 'ro', "SELECT count(*)::int AS rows FROM notes WHERE body = 'busy'");
  // The last one may be in without its writer having heard of it.
  expect([committed, committed + 1]).toContain(found?.rows);
  await purge(order);
});

test('to the trash and back, again and again, and twice each time', async () => {
  const order = newProject();
  await provision(order, services);
  await fill(order);
  const state = await as(order, 'mig', FINGERPRINT);
  const names = new Set<string | null>();
  for (let round = 0; round < 3; round += 1) {
    const first = await trash(order);
    expect(await trash(order)).toEqual({ ...first, changed: false });
    names.add(first.trash);
    await provision(order, services);
    await provision(order, services);
    expect(await as(order, 'mig', FINGERPRINT)).toEqual(state);
  }
  expect(names).not.toContain(null);
  expect(await remains(order.projectId)).toHaveLength(6);
  await purge(order);
});

test('what is in the trash can be dropped for good, and what is dropped does not come back', async () => {
  const order = newProject();
  await provision(order, services);
  await fill(order);
  await trash(order);
  expect(await purge(order)).toEqual({ changed: true, trash: null, restorableUntil: null });
  expect(await remains(order.projectId)).toEqual([]);
  expect(await purge(order)).toMatchObject({ changed: false });
  await provision(order, services);
  expect(await as(order, 'mig', 'SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = $$app$$')).toEqual([
    { tables: 0 },
  ]);
  await purge(order);
});

test('a half-made database leaves nothing, and a half-dropped one neither', async () => {
  const half = newProject();
  const cut = (point: string) => {
    if (point === 'after:create-roles') throw new Error('cut here');
  };
  await expect(provision({ ...half, onStep: cut }, services)).rejects.toThrow('cut here');
  expect(await remains(half.projectId)).toHaveLength(5);
  expect(await trash(half)).toMatchObject({ changed: true, trash: null, restorableUntil: null });
  expect(await remains(half.projectId)).toEqual([]);
  expect(await services.state.findDatabase(half.projectId, 'dev')).toBeNull();

  const dropped = newProject();
  const { name } = await provision(dropped, services);
  await asAdmin(server, 'postgres', (query) =>
    query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [name]),
  );
  expect(await trash(dropped)).toMatchObject({ changed: true, trash: null });
  expect(await remains(dropped.projectId)).toEqual([]);
});

test('two environments in the trash at once come back each with its own rows', async () => {
  const { projectId } = newProject();
  const orders = (['dev', 'prod'] as const).map((env) => ({ projectId, env }));
  for (const order of orders) {
    await provision(order, services);
    await as(order, 'mig', `CREATE TABLE own AS SELECT '${order.env}' AS env`);
  }
  const away = await Promise.all(orders.map(trash));
  expect(new Set(away.map(({ trash: name }) => name)).size).toBe(2);
  for (const order of orders) {
    await provision(order, services);
    expect(await as(order, 'ro', 'SELECT env FROM own')).toEqual([{ env: order.env }]);
  }
  await Promise.all(orders.map(purge));
  expect(await remains(projectId)).toEqual([]);
});

test('trashing and undoing at the same moment ends in one of the two, whole', async () => {
  const order = newProject();
  await provision(order, services);
  await fill(order);
  const state = await as(order, 'mig', FINGERPRINT);
  await Promise.allSettled([trash(order), provision(order, services), trash(order), provision(order, services)]);
  const record = await services.state.findDatabase(order.projectId, 'dev');
  expect(record?.status).toBe(record?.desired === 'present' ? 'ready' : 'trashed');
  expect(await remains(order.projectId)).toHaveLength(6);
  await provision(order, services);
  expect(await as(order, 'mig', FINGERPRINT)).toEqual(state);
  await purge(order);
});

/** The name as `--orphan` reads it. */
function ownDatabase(name: string) {
  const parsed = parseDatabaseName(name);
  if (!parsed) throw new Error(`${name} is not one of our names`);
  return parsed;
}

const forget = (order: Order) =>
  asAdmin(server, metadata.metadataDatabase, (query) =>
    query('DELETE FROM turbobackend.project_databases WHERE project_id = $1 AND env = $2', [
      order.projectId,
      order.env,
    ]),
  );

/** A project has it; without one its record would be forsaken. */
const claim = ({ projectId: id }: Order) =>
  services.state.claimProject({ id, name: `n ${id}`, request: 'r', directory: `/nowhere/${id}`, createdAt: 1 });

test('an orphan is dropped with its roles, wherever it lies, and the second time there is nothing to do', async () => {
  const [open, away] = [newProject('staging'), newProject()];
  const { name } = await provision(open, services);
  await provision(away, services);
  const { trash: trashed } = await trash(away);
  await forget(open);
  await forget(away);
  for (const orphan of [ownDatabase(name), ownDatabase(trashed ?? '')]) {
    expect((await dropOrphan(orphan, services)).steps).toHaveLength(2);
    expect(await remains(orphan.projectId)).toEqual([]);
    expect(await dropOrphan(orphan, services)).toEqual({ changed: false, steps: [] });
  }
});

test('what has a record is no orphan, and a lost one in the trash goes without the roles others need', async () => {
  const order = newProject();
  const { name } = await provision(order, services);
  await claim(order);
  await expect(dropOrphan(ownDatabase(name), services)).rejects.toMatchObject({ code: 'project.exists' });
  await fill(order);
  const { trash: trashed } = await trash(order);
  await expect(dropOrphan(ownDatabase(trashed ?? ''), services)).rejects.toMatchObject({ code: 'project.exists' });
  await forget(order);
  await asAdmin(server, 'postgres', (query) =>
    query(`ALTER DATABASE ${trashed} RENAME TO ${trashed?.replace(/\d+$/, '1')}`),
  );
  await provision(order, services);
  const lost = await dropOrphan(ownDatabase(trashed?.replace(/\d+$/, '1') ?? ''), services);
  expect(lost).toEqual({ changed: true, steps: ['drop-trash'] });
  await as(order, 'app', 'SELECT 1');
  await purge(order);
});

test('a database of our name without our tag is never dropped', async () => {
  const order = newProject();
  const { database, owner } = databaseNames(order.projectId);
  await asAdmin(server, 'postgres', (query) => query(`CREATE DATABASE ${database}`));
  await expect(dropOrphan(ownDatabase(database), services)).rejects.toMatchObject({ code: 'database.foreign' });
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${owner}`);
    await query(`ALTER DATABASE ${database} OWNER TO ${owner}`);
  });
  await expect(dropOrphan(ownDatabase(database), services)).rejects.toMatchObject({ code: 'database.foreign' });
  expect(await remains(order.projectId)).toEqual([database, owner]);
  await asAdmin(server, 'postgres', async (query) => {
    await query(`DROP DATABASE ${database}`);
    await query(`DROP ROLE ${owner}`);
  });
});

test.each([
  'postgres',
  'turbobackend_meta',
  'turbobackend_proj_short',
  'turbobackend_proj_abcdefghijklmnop_1',
  'turbobackend_trash_abcdefghijklmnop',
  'turbobackend_proj_abcdefghijklmnop_dev',
  'turbobackend_proj_abcdefghijklmnop; DROP TABLE x',
  'turbobackend_proj_abcdefghijklmnop\n',
])('%j is not a name of ours', (name) => {
  expect(parseDatabaseName(name)).toBeNull();
});
