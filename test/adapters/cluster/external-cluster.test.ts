import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { externalCluster } from '../../../src/adapters/cluster/external/external-cluster.ts';
import { TurboError } from '../../../src/domain/errors.ts';
import { identifier, literal } from '../../../src/domain/identifier.ts';
import { clusterContract } from '../../contracts/cluster.ts';
import { startCluster } from '../../support/global-cluster.ts';
import { fakePooler } from './fake-pooler.ts';
import { rowServer } from './fake-postgres.ts';

const { host, port, user, password } = inject('cluster');
const login = { host, port, user, password };

clusterContract('a server somebody else runs', async () => ({
  open: () => externalCluster({ login }),
  dispose: async () => {},
}));

test('a wrong password is told apart from a server that is not there, and is not shown', async () => {
  const wrong = randomBytes(12).toString('hex');
  const error = await failure(externalCluster({ login: { ...login, password: wrong } }).ensure());
  expect(error.code).toBe('cluster.denied');
  expect(`${error.message} ${error.hint}`).not.toContain(wrong);
});

test('a server that is not there is looked for several times, then named', async () => {
  const free = await unusedPort();
  const cluster = externalCluster({ login: { ...login, port: free } });
  const error = await failure(cluster.ensure());
  expect(error.code).toBe('cluster.unreachable');
  expect(error.message).toContain(`${host}:${free}`);
  expect(await cluster.inspect()).toBeNull();
});

test('a server that hangs up twice is asked again', async () => {
  let calls = 0;
  const gate = createServer((socket) => {
    calls += 1;
    socket.on('error', () => {});
    if (calls <= 2) return void socket.destroy();
    const server = connect({ host, port }).on('error', () => {});
    socket.pipe(server).pipe(socket);
  });
  const info = await listening(gate, (open) => externalCluster({ login: { ...login, port: open } }).ensure());
  expect(info.version).toBeGreaterThanOrEqual(180_000);
  expect(calls).toBe(3);
});

test('a server older than 14 is refused by version', async () => {
  const old = await rowServer({ id: '1', version: '130011', able: 't' });
  try {
    const error = await failure(externalCluster({ login: { ...login, port: old.port } }).ensure());
    expect(error.code).toBe('cluster.version');
    expect(error.message).toContain('PostgreSQL 13');
  } finally {
    await old.close();
  }
});

test('an administrator without the right to make databases is refused with the statement that helps', async () => {
  const role = `tb_test_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ ...login, database: 'postgres' });
  await admin.connect();
  try {
    await admin.query(`create role ${identifier(role)} login password ${literal(password)}`);
    await admin.query(`create database ${identifier(role)}`);
    const cluster = externalCluster({ login: { ...login, user: role, database: role } });
    const error = await failure(cluster.ensure());
    expect(error.code).toBe('cluster.denied');
    expect(error.hint).toContain('CREATEDB CREATEROLE');
    await admin.query(`alter role ${identifier(role)} createdb createrole`);
    expect((await cluster.ensure()).kind).toBe('external');
  } finally {
    await admin.query(`drop database if exists ${identifier(role)}`);
    await admin.query(`drop role if exists ${identifier(role)}`);
    await admin.end();
  }
});

test.each(['require', 'verify-full'] as const)('sslmode %s never falls back to an open connection', async (sslmode) => {
  const error = await failure(externalCluster({ login: { ...login, sslmode } }).ensure());
  expect(error.code).toBe('cluster.unreachable');
});

test('where strangers have all connections the reserved ones do, and without those it is said', async () => {
  const small = await startCluster(['max_connections=8', 'superuser_reserved_connections=3', 'max_wal_senders=0']);
  const { dataDirectory: _data, binDirectory: _bin, ...administrator } = small.cluster;
  const held: pg.Client[] = [];
  const hold = async (account: { user: string; password: string; database: string }) => {
    for (;;) {
      const client = new pg.Client({ ...administrator, ...account });
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        expect(error).toMatchObject({ code: '53300' });
        return;
      }
      held.push(client);
    }
  };
  try {
    const admin = new pg.Client({ ...administrator, database: 'postgres' });
    await admin.connect();
    await admin.query("create role stranger login password 'x'; grant stranger to tb_admin");
    await admin.query('create database stranger owner stranger');
    await admin.end();
    await hold({ user: 'stranger', password: 'x', database: 'stranger' });
    expect(held).toHaveLength(5);
    const cluster = externalCluster({ login: administrator });
    expect((await cluster.ensure()).kind).toBe('external');
    await hold({ ...administrator, database: 'postgres' });
    const error = await failure(cluster.ensure());
    expect(error).toMatchObject({ code: 'cluster.unreachable', message: expect.stringContaining('connections') });
  } finally {
    for (const client of held) await client.end();
    await small.stop();
  }
});

test('a pooler that shares connections between transactions is refused, one that keeps sessions apart is not', async () => {
  for (const mode of ['transaction', 'session'] as const) {
    const pooler = await fakePooler({ ...login, database: 'postgres' }, mode);
    try {
      const cluster = externalCluster({ login: { ...login, port: pooler.port } });
      if (mode === 'session') {
        expect((await cluster.ensure()).port).toBe(pooler.port);
        continue;
      }
      for (const look of [cluster.ensure, cluster.inspect]) {
        const error = await failure(look());
        expect(error.code).toBe('cluster.pooler');
        expect(error.hint).toContain('DB_ADMIN_URL');
      }
    } finally {
      await pooler.close();
    }
  }
});

test('a database that is not there is named', async () => {
  const error = await failure(externalCluster({ login: { ...login, database: 'no such "thing"' } }).ensure());
  expect(error.code).toBe('cluster.denied');
  expect(error.message).toContain('no such "thing"');
});

async function failure(work: Promise<unknown>): Promise<TurboError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof TurboError)) throw new Error(`expected a TurboError, got ${String(error)}`);
  return error;
}

function unusedPort(): Promise<number> {
  return listening(createServer(), (port) => Promise.resolve(port));
}

/** Lends the port of a listening server to `work`, and closes it. */
async function listening<T>(server: Server, work: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    if (address === null || typeof address === 'string') throw new Error('no port');
    return await work(address.port);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
