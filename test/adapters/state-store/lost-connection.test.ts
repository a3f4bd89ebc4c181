import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterAll, expect, inject, test } from 'vitest';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../../support/provisioning.ts';

/** A way to the server that can be cut while a statement is under way, without the server saying a word. */
async function cuttableWay(port: number): Promise<{ port: number; cutAtNextWord(): void; close(): void }> {
  let isArmed = false;
  const sockets = new Set<Socket>();
  const proxy: Server = createServer((near) => {
    const far = createConnection(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (data) => {
      if (!isArmed) return void far.write(data);
      isArmed = false;
      near.destroy();
      far.destroy();
    });
    far.on('data', (data) => near.write(data));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cutAtNextWord: () => {
      isArmed = true;
    },
    close: () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const server = inject('cluster');
const metadata = borrowMetadata();
const way = await cuttableWay(server.port);
const services = provisioningServices({ ...server, port: way.port }, metadata);

afterAll(async () => {
  await releaseMetadata(server, metadata, services);
  way.close();
});

test('a connection lost in the middle of a statement is told, and the process lives on', async () => {
  await services.state.listDatabases();
  way.cutAtNextWord();
  await expect(services.state.listDatabases()).rejects.toMatchObject({ code: 'cluster.unreachable' });
  expect(await services.state.listDatabases()).toEqual([]);
});
