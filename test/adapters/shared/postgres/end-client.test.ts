import { createConnection, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { endClient } from '../../../../src/adapters/shared/postgres/end-client.ts';

const { host, port, user, password } = inject('cluster');

/** A client of the server behind a wire that `goDeaf` cuts without telling either end. */
async function withClient(work: (client: pg.Client, goDeaf: () => void) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const wire = createServer((near) => {
    const far = createConnection({ host, port });
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((done) => wire.listen(0, '127.0.0.1', done));
  const address = wire.address();
  const client = new pg.Client({
    host: '127.0.0.1',
    port: typeof address === 'object' && address ? address.port : 0,
    user,
    password,
    database: 'postgres',
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client, () => {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => wire.close(done));
  }
}

test('a client whose server hears it is gone when the server has said goodbye', () =>
  withClient(async (client) => {
    await endClient(client);
    expect(client.connection.stream.destroyed).toBe(true);
  }));

test('a client whose server never answers is cut off', () =>
  withClient(async (client, goDeaf) => {
    goDeaf();
    await endClient(client);
    expect(client.connection.stream.destroyed).toBe(true);
  }));

test('ending twice, or after the connection broke, is fine', () =>
  withClient(async (client) => {
    client.connection.stream.destroy();
    await endClient(client);
    await endClient(client);
    expect(client.connection.stream.destroyed).toBe(true);
  }));

test('a client that never reached its server can be ended', async () => {
  const client = new pg.Client({ host: '127.0.0.1', port: 1, user, password, database: 'postgres' });
  client.on('error', () => {});
  await expect(client.connect()).rejects.toThrow();
  await endClient(client);
  expect(client.connection.stream.destroyed).toBe(true);
});
