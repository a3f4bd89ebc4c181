import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseNames } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Created } from '../../src/pipeline.ts';
import { newAuthority, newCertificate } from '../support/certificates.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { type ManagedCluster, startManagedCluster } from '../support/managed-cluster.ts';
import { asAdmin } from '../support/provisioning.ts';
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
}, 60_000);

afterAll(async () => {
  await giveBack().finally(() => server.stop());
}, 60_000);

async function cli(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json'], { home, cwd, env, timeoutMs: 120_000 });
  return { code, stderr, data: JSON.parse(stdout) };
}

const asSuperuser = <T>(database: string, work: Parameters<typeof asAdmin<T>>[2]) =>
  asAdmin(server.cluster, database, work);

test('create, repair, doctor and destroy need no superuser, and leave nothing behind', async () => {
  const made = await cli(home, 'create', 'blog API');
  expect([made.code, made.stderr]).toEqual([0, '']);
  const { project, checks } = made.data as Created;
  expect(checks.length).toBeGreaterThan(0);
  expect(checks.every((check) => check.passed)).toBe(true);
  const { directory } = project;
  const { DATABASE_URL = '' } = parseEnv(readFileSync(join(directory, '.env'), 'utf8'));
  expect(new URL(DATABASE_URL).searchParams.get('sslmode')).toBe('verify-full');

  const names = databaseNames(project.id);
  expect((await cli(directory, 'provision')).code).toBe(0);
  await asSuperuser('postgres', (query) => query(`ALTER ROLE ${names.app} CONNECTION LIMIT 50 PASSWORD 'mine now'`));
  await asSuperuser(names.database, (query) => query(`REVOKE USAGE ON SCHEMA app FROM ${names.app}`));
  expect((await cli(directory, 'provision')).code).toBe(0);
  expect((await cli(directory, 'verify')).code).toBe(0);
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
  const left = await asSuperuser('postgres', async (query) => [
    ...(await query("SELECT datname AS name FROM pg_database WHERE datname ~ '^turbobackend_(proj|trash)_'")),
    ...(await query("SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^turbobackend_'")),
  ]);
  expect(left).toEqual([]);

  // Once, to prepare it while it was empty; the superuser's entry is this test's own damage.
  const visitors = server.connections().filter(({ database }) => database === names.database);
  expect(visitors.filter(({ user }) => user === server.administrator.user)).toHaveLength(1);
  expect(visitors.filter(({ user }) => user === server.cluster.user)).toHaveLength(1);
  expect(visitors.length).toBeGreaterThan(10);
});
