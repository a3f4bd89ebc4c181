import { afterAll, expect, inject, test } from 'vitest';
import { cuttableWay } from '../../support/cuttable-way.ts';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../../support/provisioning.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const way = await cuttableWay(server.port);
const services = provisioningServices({ ...server, port: way.port }, metadata);

afterAll(async () => {
  await releaseMetadata(server, metadata, services);
  way.close();
});

test('a connection lost right after it was made does not keep the store from closing', async () => {
  const own = provisioningServices({ ...server, port: way.port }, metadata);
  await own.state.listDatabases();
  // The next one is opened beside the first; what is sent first on it never arrives.
  way.cutAt('turbobackend.');
  await Promise.allSettled(Array.from({ length: 3 }, () => own.state.listDatabases()));
  way.cutAt('search_path');
  await Promise.allSettled(Array.from({ length: 8 }, () => own.state.listProjects()));
  way.cutAt('no such message');
  let isClosed = false;
  await own.state.close().then(() => {
    isClosed = true;
  });
  expect(isClosed).toBe(true);
});

test('a connection lost in the middle of a statement is told, and the process lives on', async () => {
  await services.state.listDatabases();
  way.cutAt('');
  await expect(services.state.listDatabases()).rejects.toMatchObject({ code: 'cluster.unreachable' });
  expect(await services.state.listDatabases()).toEqual([]);
});
