import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { externalCluster } from '../../../src/adapters/cluster/external/external-cluster.ts';
import { TurboError } from '../../../src/domain/errors.ts';
import { identifier, literal } from '../../../src/domain/identifier.ts';
import { clusterContract } from '../../contracts/cluster.ts';
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
