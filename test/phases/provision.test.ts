import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/phases/provision.ts';
import {
  asAdmin,
  borrowMetadata,
  provisioningServices,
  releaseMetadata,
  wipe,
  withSession,
} from '../support/provisioning.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);

beforeAll(async () => {
  await services.state.listDatabases();
});
afterAll(() => releaseMetadata(server, metadata, services));

const newProject = () => ({ projectId: services.ids.projectId(), env: 'dev' }) as const;

/** What the isolation checks say of one project. */
async function findings(projectId: string): Promise<string[]> {
  const all = await services.databases.checkIsolation();
  return all.filter(({ object }) => object.includes(projectId)).map(({ check, object }) => `${check} ${object}`);
}

async function whoLogsIn(projectId: string): Promise<unknown[]> {
  return Promise.all(
    LOGIN_ROLES.map(async (role) => {
      const login = await openLogin(projectId, 'dev', role, services);
      const rows = await withSession(login, (query) => query('SELECT session_user AS login, current_user AS acts_as'));
      return rows[0];
    }),
  );
}

/** The steps a provision takes; none when everything is as it should be. */
async function stepsOf(order: { projectId: string; env: 'dev' }, hands = services): Promise<string[]> {
  const steps: string[] = [];
  await provision({ ...order, onStep: (point) => point.startsWith('after:') && steps.push(point.slice(6)) }, hands);
  return steps;
}

test('a project gets a database of its own, and three logins that work', async () => {
  const order = newProject();
  const names = databaseNames(order.projectId);
  expect(await provision(order, services)).toEqual({
    ...order,
    name: names.database,
    host: server.host,
    port: server.port,
    user: names.app,
    status: 'ready',
  });
  expect(await whoLogsIn(order.projectId)).toEqual([
    { login: names.mig, acts_as: names.owner },
    { login: names.app, acts_as: names.app },
    { login: names.ro, acts_as: names.ro },
  ]);
  expect(await findings(order.projectId)).toEqual([]);
});

test('what migrations make, the backend may use and reports may read', async () => {
  const order = newProject();
  await provision(order, services);
  const as = async (role: 'mig' | 'app' | 'ro', text: string) =>
    withSession(await openLogin(order.projectId, 'dev', role, services), (query) => query(text));
  await as('mig', 'CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)');
  await as('mig', 'CREATE TABLE tb.journal (version text)');
  await as('app', "INSERT INTO notes (body) VALUES ('hello')");
  expect(await as('ro', 'SELECT body FROM notes')).toEqual([{ body: 'hello' }]);
  await expect(as('ro', "BEGIN READ WRITE; INSERT INTO notes (body) VALUES ('no')")).rejects.toMatchObject({
    state: '42501',
  });
  await expect(as('app', 'SELECT FROM tb.journal')).rejects.toMatchObject({ state: '42501' });
});

test('environments of a project are databases apart', async () => {
  const { projectId } = newProject();
  const [dev, prod] = [
    await provision({ projectId, env: 'dev' }, services),
    await provision({ projectId, env: 'prod' }, services),
  ];
  expect(prod.name).toBe(`${dev.name}_prod`);
  expect((await openLogin(projectId, 'prod', 'app', services)).password).not.toBe(
    (await openLogin(projectId, 'dev', 'app', services)).password,
  );
  await expect(
    withSession({ ...(await openLogin(projectId, 'dev', 'app', services)), database: prod.name }, (query) =>
      query('SELECT 1'),
    ),
  ).rejects.toMatchObject({ code: 'cluster.denied' });
});

test('the second time nothing is done and nothing changes', async () => {
  const order = newProject();
  const first = await provision(order, services);
  const before = await services.state.findDatabase(order.projectId, 'dev');
  const steps: string[] = [];
  expect(await provision({ ...order, onStep: (point) => steps.push(point) }, services)).toEqual(first);
  expect(steps).toEqual(['locked', 'wished', 'before:settle', 'settled']);
  expect(await services.state.findDatabase(order.projectId, 'dev')).toEqual(before);
});

test('six at once for one project make one database, and all of them get it', async () => {
  const order = newProject();
  const others = Array.from({ length: 5 }, () => provisioningServices(server, metadata));
  const results = await Promise.all([services, ...others].map((hands) => provision(order, hands)));
  await Promise.all(others.map((hands) => hands.state.close()));
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
  const waits = others.flatMap((hands) => hands.events).filter((event) => event.kind === 'note');
  expect(waits.length).toBeGreaterThan(0);
});

test('six projects at once do not disturb each other', async () => {
  const orders = Array.from({ length: 6 }, newProject);
  await Promise.all(orders.map((order) => provision(order, services)));
  for (const { projectId } of orders) expect(await findings(projectId)).toEqual([]);
});

test('somebody who holds the lock for too long is named', async () => {
  const order = newProject();
  const impatient = provisioningServices(server, { ...metadata, lockTimeoutMs: 200 });
  await services.databases.withProjectLock(order.projectId, async () => {
    const error = await provision(order, impatient).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'cluster.locked' });
    expect(String(error)).toMatch(/turbobackend, server process \d+/);
  });
  await impatient.state.close();
  expect((await provision(order, services)).status).toBe('ready');
});

test('every statement run is kept, without passwords and without verifiers', async () => {
  const order = newProject();
  await provision(order, services);
  const kept = await asAdmin(server, metadata.metadataDatabase, (query) =>
    query('SELECT sql FROM turbobackend.generated_queries WHERE project_id = $1 ORDER BY id', [order.projectId]),
  );
  const text = kept.map((row) => String(row.sql)).join('\n');
  for (const part of ['CREATE ROLE', 'CREATE DATABASE', 'GRANT CONNECT', 'CREATE SCHEMA', "PASSWORD '***'"]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain('SCRAM-SHA-256$');
  for (const role of LOGIN_ROLES) {
    expect(text).not.toContain((await openLogin(order.projectId, 'dev', role, services)).password);
  }
});

test('the metadata hold no password in clear', async () => {
  const order = newProject();
  await provision(order, services);
  const { password } = await openLogin(order.projectId, 'dev', 'app', services);
  const rows = await asAdmin(server, metadata.metadataDatabase, (query) =>
    query('SELECT p::text FROM turbobackend.project_databases p WHERE project_id = $1', [order.projectId]),
  );
  expect(JSON.stringify(rows)).toContain('v1.');
  expect(JSON.stringify(rows)).not.toContain(password);
});

type Damage = (db: string, query: (text: string) => Promise<unknown>) => Promise<unknown>;
const drifts: [string, Damage][] = [
  ['a password changed by the role itself', (db, query) => query(`ALTER ROLE ${db}_app PASSWORD 'mine now'`)],
  ['a password taken away', (db, query) => query(`ALTER ROLE ${db}_ro PASSWORD NULL`)],
  ['a password that expires', (db, query) => query(`ALTER ROLE ${db}_mig VALID UNTIL '2001-01-01'`)],
  ['a power over the cluster', (db, query) => query(`ALTER ROLE ${db}_app CREATEROLE`)],
  ['no connection limit', (db, query) => query(`ALTER ROLE ${db}_app CONNECTION LIMIT -1`)],
  ['a role that may not log in', (db, query) => query(`ALTER ROLE ${db}_app NOLOGIN`)],
  ['an owner that may log in', (db, query) => query(`ALTER ROLE ${db}_own LOGIN`)],
  ['a membership too many', (db, query) => query(`GRANT ${db}_own TO ${db}_app`)],
  ['a membership in a predefined role', (db, query) => query(`GRANT pg_read_all_data TO ${db}_ro`)],
  ['a membership with ADMIN', (db, query) => query(`GRANT ${db} TO ${db}_app WITH ADMIN OPTION`)],
  ['a membership missing', (db, query) => query(`REVOKE ${db} FROM ${db}_app`)],
  [
    'all rights of a role dropped',
    (db, query) => query(`REVOKE CONNECT ON DATABASE ${db} FROM ${db}_ro; DROP OWNED BY ${db}_ro`),
  ],
  ['a door open to everybody', (db, query) => query(`GRANT CONNECT, TEMPORARY ON DATABASE ${db} TO PUBLIC`)],
  ['a right to make schemas', (db, query) => query(`GRANT CREATE ON DATABASE ${db} TO ${db}_app`)],
  ['an owner without rights', (db, query) => query(`REVOKE ALL ON DATABASE ${db} FROM ${db}_own`)],
  ['a database that is closed', (db, query) => query(`ALTER DATABASE ${db} ALLOW_CONNECTIONS false`)],
  ['a database that is a template', (db, query) => query(`ALTER DATABASE ${db} IS_TEMPLATE true`)],
  ['a database without a limit', (db, query) => query(`ALTER DATABASE ${db} CONNECTION LIMIT -1`)],
  ['a setting removed', (db, query) => query(`ALTER ROLE ${db}_app IN DATABASE ${db} RESET temp_file_limit`)],
  ['a setting changed', (db, query) => query(`ALTER ROLE ${db}_app IN DATABASE ${db} SET statement_timeout = 0`)],
  ['a setting for everywhere', (db, query) => query(`ALTER ROLE ${db}_mig SET role = '${db}_mig'`)],
];

test('whatever has drifted outside is brought back, data untouched', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  const asMig = async (text: string) =>
    withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query(text));
  await asMig("CREATE TABLE keep AS SELECT 'data' AS kept");
  await asAdmin(server, 'postgres', async (query) => {
    for (const [name, damage] of drifts) {
      await damage(db, query);
      expect((await stepsOf(order)).length, name).toBeGreaterThan(0);
      expect(await stepsOf(order), name).toEqual([]);
    }
  });
  expect(await asMig('SELECT kept FROM keep')).toEqual([{ kept: 'data' }]);
  expect(await findings(order.projectId)).toEqual([]);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
});

test('rights lost inside a database in use are restored as its owner', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  const asMig = async (text: string) =>
    withSession(await openLogin(order.projectId, 'dev', 'mig', services), (query) => query(text));
  await asMig('CREATE TABLE keep (id int); REVOKE USAGE ON SCHEMA app FROM CURRENT_USER');
  await asMig(`REVOKE USAGE ON SCHEMA app FROM ${db}_app; GRANT CREATE ON SCHEMA app TO ${db}_ro; DROP SCHEMA tb`);
  await asAdmin(server, db, (query) => query('GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC'));
  expect(await stepsOf(order)).toEqual(['prepare-inside']);
  expect(await stepsOf(order)).toEqual([]);
  expect(await findings(order.projectId)).toEqual([]);
});

test('a half-dropped database is dropped and made again, never made to look healthy', async () => {
  const order = newProject();
  const db = databaseNames(order.projectId).database;
  await provision(order, services);
  await asAdmin(server, 'postgres', (query) =>
    query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [db]),
  );
  expect(await stepsOf(order)).toEqual(['drop-invalid-database', 'create-database', 'open-database', 'prepare-inside']);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
});

test('objects of our name that somebody else made are refused and stay as they are', async () => {
  for (const kind of ['role', 'database', 'database of our owner'] as const) {
    const order = newProject();
    const { database, owner } = databaseNames(order.projectId);
    await asAdmin(server, 'postgres', async (query) => {
      if (kind === 'role') await query(`CREATE ROLE ${owner} LOGIN PASSWORD 'x'`);
      if (kind !== 'role') await query(`CREATE DATABASE ${database}`);
      if (kind === 'database of our owner') {
        await query(`CREATE ROLE ${owner}; COMMENT ON ROLE ${owner} IS 'turbobackend:someoneelse12345'`);
        await query(`ALTER DATABASE ${database} OWNER TO ${owner}`);
      }
      const see = () =>
        query(
          `SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE $1 UNION ALL
           SELECT datname, datallowconn FROM pg_database WHERE datname LIKE $1 ORDER BY 1`,
          [`%${order.projectId}%`],
        );
      const before = await see();
      await expect(provision(order, services), kind).rejects.toMatchObject({ code: 'database.foreign' });
      expect(await see()).toEqual(before);
      await wipe(query, database);
    });
  }
});

test('a record that was sealed for another project is refused before anything is touched', async () => {
  const [mine, theirs] = [newProject(), newProject()];
  await provision(theirs, services);
  await provision(mine, services);
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query(
      `UPDATE turbobackend.project_databases SET app_secret =
         (SELECT app_secret FROM turbobackend.project_databases WHERE project_id = $1) WHERE project_id = $2`,
      [theirs.projectId, mine.projectId],
    ),
  );
  await expect(provision(mine, services)).rejects.toMatchObject({ code: 'secret.unreadable' });
  await expect(openLogin(mine.projectId, 'dev', 'app', services)).rejects.toMatchObject({ code: 'secret.unreadable' });
  expect(await whoLogsIn(theirs.projectId)).toHaveLength(3);
});

test('a database of another cluster is refused', async () => {
  const order = newProject();
  await provision(order, services);
  const elsewhere = provisioningServices(server, metadata);
  const cluster = {
    ...elsewhere.cluster,
    ensure: async () => ({ ...(await elsewhere.cluster.ensure()), systemIdentifier: 'another' }),
  };
  await expect(provision(order, { ...elsewhere, cluster })).rejects.toMatchObject({ code: 'database.foreign' });
  await elsewhere.state.close();
});

test('connections that are cut in the middle of every step change nothing about the result', async () => {
  const order = newProject();
  let cuts = 0;
  await asAdmin(server, 'postgres', async (query) => {
    await provision(
      {
        ...order,
        onStep: (point) => {
          // While the step runs, the session that holds the lock is ended.
          if (!point.startsWith('before:') || cuts >= 5) return;
          cuts += 1;
          void query(
            `SELECT pg_terminate_backend(pid) FROM pg_locks
             WHERE locktype = 'advisory' AND classid = 1953854050 AND objid::bigint = hashtext($1)::bigint & 4294967295`,
            [order.projectId],
          );
        },
      },
      services,
    );
  });
  expect(cuts).toBe(5);
  expect(await whoLogsIn(order.projectId)).toHaveLength(3);
  expect(await findings(order.projectId)).toEqual([]);
});

/** An administrator who is no superuser, with what an external service gives; removed afterwards. */
async function withAdministrator<T>(
  powers: string,
  work: (hands: ReturnType<typeof provisioningServices>) => Promise<T>,
): Promise<T> {
  const user = `tb_lesser_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  // pg_hba.conf lets a role into the database that is named like it.
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${user} LOGIN ${powers} PASSWORD '${password}'`);
    await query(`CREATE DATABASE ${user} OWNER ${user}`);
  });
  const hands = provisioningServices(server, {
    ...metadata,
    administrator: { user, password },
    maintenanceDatabase: user,
  });
  try {
    return await work(hands);
  } finally {
    await hands.state.close();
    await asAdmin(server, 'postgres', async (query) => {
      for (const { databaseName } of await services.state.listDatabases()) {
        const [row] = await query('SELECT pg_has_role($1, rolname, $2) AS has FROM pg_roles WHERE rolname = $3', [
          user,
          'member',
          `${databaseName}_own`,
        ]);
        if (row?.has === true) await wipe(query, databaseName);
      }
      await query(`DROP DATABASE ${user} WITH (FORCE)`);
      await query(`DROP ROLE ${user}`);
    });
  }
}

test('an administrator with CREATEDB and CREATEROLE is enough', () =>
  withAdministrator('CREATEDB CREATEROLE', async (hands) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    expect((await provision(order, hands)).status).toBe('ready');
    expect(await stepsOf(order, hands)).toEqual([]);
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
    await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${database}_app PASSWORD 'mine now'`));
    expect(await stepsOf(order, hands)).toEqual(['create-roles']);
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
    const checks = await hands.databases.checkIsolation();
    expect(checks.filter(({ object }) => object.includes(order.projectId))).toEqual([]);
  }));

test('a first try that cannot succeed leaves no role behind, says why, and can be repeated', () =>
  withAdministrator('CREATEROLE', async (hands) => {
    const order = newProject();
    const error = await provision(order, hands).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database.failed', details: { state: '42501' } });
    const left = await asAdmin(server, 'postgres', (query) =>
      query('SELECT rolname FROM pg_roles WHERE rolname LIKE $1', [`%${order.projectId}%`]),
    );
    expect(left).toEqual([]);
    const record = await services.state.findDatabase(order.projectId, 'dev');
    expect(record).toMatchObject({ status: 'failed', desired: 'absent', lastError: expect.stringContaining('42501') });
    await expect(openLogin(order.projectId, 'dev', 'app', services)).rejects.toMatchObject({
      code: 'project.incomplete',
    });
    expect((await provision(order, services)).status).toBe('ready');
    expect(await whoLogsIn(order.projectId)).toHaveLength(3);
  }));

test('a failure on a database in use takes nothing away', () =>
  withAdministrator('CREATEROLE', async (hands) => {
    const order = newProject();
    const { database } = databaseNames(order.projectId);
    await provision(order, services);
    await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${database}_app CONNECTION LIMIT 1`));
    await expect(provision(order, hands)).rejects.toMatchObject({ code: 'database.failed' });
    expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({
      status: 'ready',
      lastError: expect.stringContaining('42501'),
    });
    await provision(order, services);
    expect(await services.state.findDatabase(order.projectId, 'dev')).toMatchObject({ lastError: null });
  }));

test('an id that is not one never reaches the server', async () => {
  for (const projectId of ['', 'short', '"; DROP ROLE x;-', '../../../etc/pass', 'ABCDEFGHIJKLMNOP']) {
    await expect(provision({ projectId, env: 'dev' }, services)).rejects.toThrow(RangeError);
  }
});
