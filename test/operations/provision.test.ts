import { expect, test } from 'vitest';
import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import { lendProvisioning } from '../support/lend-provisioning.ts';
import { asAdmin, provisioningServices, withSession } from '../support/provisioning.ts';

const { server, metadata, services, newProject } = lendProvisioning();

/** What the isolation checks say of one project. */
async function findings(projectId: string): Promise<string[]> {
  const all = await services.databases.checkIsolation(readerLogins(services));
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

test('twenty projects at once do not disturb each other', async () => {
  const orders = Array.from({ length: 20 }, newProject);
  await Promise.all(orders.map((order) => provision(order, services)));
  const all = await services.databases.checkIsolation(readerLogins(services));
  expect(all.filter(({ object }) => orders.some(({ projectId }) => object.includes(projectId)))).toEqual([]);
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

test('an id that is not one never reaches the server', async () => {
  for (const projectId of ['', 'short', '"; DROP ROLE x;-', '../../../etc/pass', 'ABCDEFGHIJKLMNOP']) {
    await expect(provision({ projectId, env: 'dev' }, services)).rejects.toThrow(RangeError);
  }
});
