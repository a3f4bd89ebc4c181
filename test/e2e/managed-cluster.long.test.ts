import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openServices } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type DatabaseNames, databaseNames, type LoginRole } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import type { Created } from '../../src/pipeline/created.ts';
import { newAuthority, newCertificate } from '../support/certificates.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { type ManagedCluster, startManagedCluster } from '../support/managed-cluster.ts';
import { asAdmin, withSession } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';

/** PostgreSQL as a service: TLS is a must, the administrator is no superuser, and pg_hba.conf is somebody else's. */

const { folder: home, giveBack } = lendFolder();
const authority = newAuthority('tb test authority');
let server: ManagedCluster;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startManagedCluster(newCertificate({ names: ['localhost'], authority }));
  const { port, user, password } = server.administrator;
  writeFileSync(join(home, 'authority.pem'), authority.certificate);
  env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@localhost:${port}/postgres?sslmode=verify-full`,
    DB_CLUSTER_SSLROOTCERT: join(home, 'authority.pem'),
  };
});

afterAll(async () => {
  await giveBack().finally(() => server.stop());
});

async function cli(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json'], { home, cwd, env });
  return { code, stderr, data: JSON.parse(stdout) };
}

const asSuperuser = <T>(database: string, work: Parameters<typeof asAdmin<T>>[2]) =>
  asAdmin(server.cluster, database, work);

const open = () => openServices(loadConfig(home, { TURBOBACKEND_HOME: join(home, 'turbobackend'), ...env }), () => {});

const leftovers = () =>
  asSuperuser('postgres', async (query) => [
    ...(await query("SELECT datname AS name FROM pg_database WHERE datname ~ '^turbobackend_(proj|trash)_'")),
    ...(await query("SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^turbobackend_'")),
  ]);

test('create, repair, doctor and destroy need no superuser, and leave nothing behind', async () => {
  const made = await cli(home, 'create', 'blog API', '--verify', 'none');
  expect([made.code, made.stderr]).toEqual([0, '']);
  const { project } = made.data as Created;
  const { directory } = project;
  const { DATABASE_URL = '' } = parseEnv(readFileSync(join(directory, '.env'), 'utf8'));
  expect(new URL(DATABASE_URL).searchParams.get('sslmode')).toBe('verify-full');

  const names = databaseNames(project.id);
  expect((await cli(directory, 'provision')).code).toBe(0);
  await asSuperuser('postgres', (query) => query(`ALTER ROLE ${names.app} CONNECTION LIMIT 50 PASSWORD 'mine now'`));
  await asSuperuser(names.database, (query) => query(`REVOKE USAGE ON SCHEMA app FROM ${names.app}`));
  expect((await cli(directory, 'provision')).code).toBe(0);
  const proven = await cli(directory, 'verify', '--profile', 'quick');
  expect([proven.code, proven.data.passed]).toEqual([0, true]);
  expect((await cli(directory, 'migrate', 'up')).code).toBe(0);
  expect((await cli(directory, 'status')).data).toMatchObject({ database: { reachable: true } });

  const doctor = await cli(directory, 'doctor');
  const findings = doctor.data.findings as Finding[];
  expect(findings.filter(({ ok }) => !ok)).toEqual([]);
  expect(doctor.code).toBe(0);
  for (const check of ['V7', 'V9', 'V10', 'D9']) {
    expect(findings.map(({ name }) => name)).toContain(`isolation ${check}`);
  }

  expect((await cli(home, 'destroy', project.id, '--yes')).code).toBe(0);
  expect(await leftovers()).toEqual([]);

  // Once, to prepare it while it was empty; the superuser's entry is this test's own damage.
  const visitors = server.connections().filter(({ database }) => database === names.database);
  expect(visitors.filter(({ user }) => user === server.administrator.user)).toHaveLength(1);
  expect(visitors.filter(({ user }) => user === server.cluster.user)).toHaveLength(1);
  expect(visitors.length).toBeGreaterThan(10);
});

/** What people and programs do to a project, as superuser, that its own administrator must be able to mend. */
const DAMAGES: readonly ((own: DatabaseNames) => string)[] = [
  (own) => `ALTER ROLE ${own.ro} PASSWORD 'mine now'`,
  (own) => `ALTER ROLE ${own.app} CONNECTION LIMIT -1 VALID UNTIL '2000-01-01'`,
  (own) => `ALTER ROLE ${own.app} CREATEDB CREATEROLE`,
  (own) => `ALTER ROLE ${own.owner} LOGIN`,
  (own) => `GRANT TEMPORARY ON DATABASE ${own.database} TO PUBLIC`,
  (own) => `REVOKE CONNECT ON DATABASE ${own.database} FROM ${own.app}`,
  (own) => `ALTER ROLE ${own.app} IN DATABASE ${own.database} RESET statement_timeout`,
  (own) => `ALTER ROLE ${own.mig} SET role = none`,
  (own) => `ALTER DATABASE ${own.database} CONNECTION LIMIT 1`,
  (own) => `ALTER DATABASE ${own.database} IS_TEMPLATE true`,
  (own) => `ALTER DATABASE ${own.database} ALLOW_CONNECTIONS false`,
  (own) => `REVOKE ${own.group} FROM ${own.app}`,
];

test('what drifts is mended, the trash gives every row back, and a purge leaves nothing, all without a superuser', async () => {
  const services = await open();
  try {
    const order = { projectId: services.ids.projectId(), env: 'dev' } as const;
    const names = databaseNames(order.projectId);
    const project = { id: order.projectId, name: 'p', request: 'p', directory: join(home, 'p'), createdAt: 1 };
    await services.state.claimProject(project);
    await provision(order, services);
    const login = (role: LoginRole) => openLogin(order.projectId, 'dev', role, services);
    await withSession(await login('mig'), (query) => query('CREATE TABLE notes AS SELECT generate_series(1, 5) AS n'));
    for (const damage of DAMAGES) {
      await asSuperuser('postgres', (query) => query(damage(names)));
      await provision(order, services);
      const found = await services.databases.checkIsolation(readerLogins(services));
      expect(
        found.filter(({ object }) => object.includes(names.database)),
        damage(names),
      ).toEqual([]);
    }
    // What only a superuser may take back is refused, with that as the reason.
    for (const power of ['REPLICATION', 'SUPERUSER']) {
      await asSuperuser('postgres', (query) => query(`ALTER ROLE ${names.ro} ${power}`));
      await expect(provision(order, services), power).rejects.toMatchObject({
        code: 'database.failed',
        hint: expect.stringContaining('superuser rights'),
      });
      await asSuperuser('postgres', (query) => query(`ALTER ROLE ${names.ro} NO${power}`));
    }
    const guest = await services.sql.connect(await login('app'));
    const away = await deprovision({ ...order, purge: false }, services);
    expect(away.trash).toMatch(/^turbobackend_trash_/);
    await expect(guest.query('SELECT 1')).rejects.toMatchObject({ state: expect.stringMatching(/^(08006|57P01)$/) });
    await guest.close();
    await provision(order, services);
    const rows = await withSession(await login('app'), (query) => query('SELECT count(*)::int AS n FROM notes'));
    expect(rows).toEqual([{ n: 5 }]);
    await asSuperuser('postgres', (query) =>
      query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [names.database]),
    );
    await provision(order, services);
    await deprovision({ ...order, purge: true }, services);
    expect(await leftovers()).toEqual([]);
  } finally {
    await services.close();
  }
});

test('what such a cluster cannot give is said with what helps, until somebody has helped', async () => {
  const services = await open();
  const limits = async () => (await services.databases.limits()).map(({ check }) => check);
  try {
    const [row] = await asSuperuser('postgres', (query) => query('SHOW server_version_num'));
    // Schema public is the superuser's before 15.
    const old = Number(row?.server_version_num) < 150_000 ? ['D1'] : [];
    expect(await limits()).toEqual(['V7', 'V9', 'V10', ...old, 'D9']);
    for (const { reason, remedy } of await services.databases.limits()) {
      expect([reason, remedy]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
    }
    await asSuperuser('postgres', async (query) => {
      await query('GRANT SELECT ON pg_authid, pg_hba_file_rules TO boss');
      await query('GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO boss');
      await query("ALTER ROLE boss SET temp_file_limit = '256MB'");
    });
    expect(await limits()).toEqual(['V9', ...old, 'D9']);
    await asSuperuser('postgres', async (query) => {
      await query("ALTER SYSTEM SET temp_file_limit = '256MB'");
      await query('ALTER ROLE boss RESET temp_file_limit');
      await query('SELECT pg_reload_conf()');
    });
    await expect.poll(limits).toEqual([...old, 'D9']);
    // What may be looked at now is looked at.
    const found = await services.databases.checkIsolation(async () => null);
    expect(found.map(({ check, object }) => `${check} ${object}`)).toContain(
      'V10 line 2: hostssl all all scram-sha-256',
    );
  } finally {
    await services.close();
  }
});
