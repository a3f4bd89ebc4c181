import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresDatabaseAdmin } from '../../../src/adapters/database-admin/postgres/postgres-database-admin.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { databaseNames } from '../../../src/domain/database.ts';
import { deprovision } from '../../../src/operations/deprovision.ts';
import { provision } from '../../../src/operations/provision.ts';
import { findDrift } from '../../../src/operations/reconcile-database.ts';
import type { Sql } from '../../../src/ports/sql.ts';
import { startCluster, type TestCluster } from '../../support/global-cluster.ts';
import { type Place, withAdministrator } from '../../support/lesser-administrator.ts';
import { otherPrograms } from '../../support/managed-cluster.ts';
import { asAdmin, borrowMetadata, provisioningServices, releaseMetadata } from '../../support/provisioning.ts';

/** A server that is not ours, of another version where this machine has one: it logs what servers log by default. */

let started: TestCluster;
let place: Place & { services: ReturnType<typeof provisioningServices> };

beforeAll(async () => {
  const programs = otherPrograms();
  const log = ['logging_collector=on', 'log_directory=log', 'log_filename=server.log', 'log_rotation_age=0'];
  started = await startCluster([...log, 'log_min_messages=warning'], programs ? { programs } : {});
  const metadata = borrowMetadata();
  place = { server: started.cluster, metadata, services: provisioningServices(started.cluster, metadata) };
  await place.services.state.listDatabases();
});
afterAll(async () => {
  await releaseMetadata(place.server, borrowed(), place.services);
  await started.stop();
});

const borrowed = () => ({ home: place.metadata.home, metadataDatabase: place.metadata.metadataDatabase });
const newProject = () => ({ projectId: place.services.ids.projectId(), env: 'dev' }) as const;
const log = () => readFileSync(join(started.cluster.dataDirectory, 'log', 'server.log'), 'utf8');

test('an administrator who was robbed of its memberships is told, takes them back, and gets rid of the database', () =>
  withAdministrator(place, 'CREATEDB CREATEROLE', async (hands, user) => {
    const order = newProject();
    const { database: db } = databaseNames(order.projectId);
    await provision(order, hands);
    const rob = () =>
      asAdmin(place.server, 'postgres', (query) =>
        query(`SET ROLE ${user}; REVOKE ${db}_own, ${db}_mig, ${db}_app, ${db}_ro FROM ${user}`),
      );
    expect(await findDrift(order.projectId, 'dev', hands)).toMatchObject({ step: null });
    await rob();
    expect(await findDrift(order.projectId, 'dev', hands)).toMatchObject({ step: 'create-roles' });
    await provision(order, hands);
    expect(await findDrift(order.projectId, 'dev', hands)).toMatchObject({ step: null });
    await rob();
    await deprovision({ ...order, purge: false }, hands);
    await rob();
    await deprovision({ ...order, purge: true }, hands);
  }));

test('setting up roles fails before the server sees a verifier, so none is in its log', () =>
  withAdministrator(place, 'CREATEDB', async (hands) => {
    const order = newProject();
    await expect(provision(order, hands)).rejects.toMatchObject({ details: { state: '42501' } });
    // The log does quote what failed.
    await expect.poll(log).toContain(`CREATE ROLE "turbobackend_proj_${order.projectId}"`);
    expect(log()).not.toContain('SCRAM-SHA-256$');
  }));

test('a superuser keeps verifiers out of the log even when the very statement that holds them fails', async () => {
  const { services } = place;
  const sql: Sql = {
    async connect(login, settings) {
      const session = await postgresSql().connect(login, settings);
      const spoil = (text: string) => (text.includes('SCRAM') ? `${text.replace('COMMIT', '')}; SELECT 1 / 0` : text);
      return { ...session, query: (text, values) => session.query(spoil(text), values) };
    },
  };
  const databases = postgresDatabaseAdmin({ sql, connect: (database) => services.cluster.adminLogin(database) });
  const spoilt = { ...services, sql, databases };
  await expect(provision(newProject(), spoilt)).rejects.toMatchObject({ details: { state: '22012' } });
  await expect.poll(log).toContain('division by zero');
  expect(log()).not.toContain('SCRAM-SHA-256$');
});
