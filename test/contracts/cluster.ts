import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isTurboError } from '../../src/domain/errors.ts';
import type { Cluster } from '../../src/ports/cluster.ts';

export interface ClusterCase {
  /** A new adapter on the same cluster, as another command would open it. */
  open(): Cluster;
  dispose(): Promise<void>;
}

/** What every cluster promises, whoever runs it. */
export function clusterContract(name: string, prepare: () => Promise<ClusterCase>): void {
  describe(`${name}, as a cluster`, () => {
    let given: ClusterCase;
    beforeAll(async () => {
      given = await prepare();
    });
    afterAll(() => given.dispose());

    test('says where it is and who it is', async () => {
      const cluster = given.open();
      const info = await cluster.ensure();
      const login = cluster.adminLogin('postgres');
      expect(login).toMatchObject({ host: info.host, port: info.port, database: 'postgres' });
      const rows = await ask(
        cluster,
        `select system_identifier::text as id, current_setting('server_version_num')::int as version from pg_control_system()`,
      );
      expect(rows).toEqual([{ id: info.systemIdentifier, version: info.version }]);
      expect(info.kind).toBe(cluster.kind);
    });

    test('is the same the second time, from another command, and for many at once', async () => {
      const first = await given.open().ensure();
      const cluster = given.open();
      const others = await Promise.all([
        cluster.ensure(),
        cluster.ensure(),
        given.open().ensure(),
        given.open().ensure(),
      ]);
      for (const other of others) expect(other).toEqual(first);
    });

    test('can be looked at without being asked to run', async () => {
      const info = await given.open().ensure();
      expect(await given.open().inspect()).toEqual(info);
    });

    test('gives a login that may make databases and roles', async () => {
      const cluster = given.open();
      await cluster.ensure();
      const rows = await ask(
        cluster,
        'select rolsuper or (rolcreatedb and rolcreaterole) as able from pg_roles where rolname = current_user',
      );
      expect(rows).toEqual([{ able: true }]);
    });

    test('keeps the password out of what it tells', async () => {
      const cluster = given.open();
      const info = await cluster.ensure();
      expect(JSON.stringify(info)).not.toContain(cluster.adminLogin('postgres').password);
    });

    test('ends when it is ours, and refuses to when it is not', async () => {
      const cluster = given.open();
      await cluster.ensure();
      if (cluster.kind === 'external') {
        const error: unknown = await cluster.stop().catch((reason: unknown) => reason);
        expect(isTurboError(error, 'usage.invalid')).toBe(true);
        expect(await cluster.inspect()).not.toBeNull();
        return;
      }
      expect(await cluster.stop()).toBe(true);
      expect(await cluster.inspect()).toBeNull();
      expect(await cluster.stop()).toBe(false);
    });

    test('comes back as the same cluster after whatever the last test did', async () => {
      const cluster = given.open();
      const before = await cluster.ensure();
      if (cluster.kind === 'embedded') await cluster.stop();
      expect((await given.open().ensure()).systemIdentifier).toBe(before.systemIdentifier);
    });
  });
}

/** Asks as the administrator, in the database `postgres`. */
export async function ask(cluster: Cluster, sql: string): Promise<readonly unknown[]> {
  const { host, port, user, password, database } = cluster.adminLogin('postgres');
  const client = new pg.Client({ host, port, user, password, database });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
