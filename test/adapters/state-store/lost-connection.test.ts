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

test('a connection lost in the middle of a statement is told, and the process lives on', async () => {
  await services.state.listDatabases();
  way.cutAt('');
  await expect(services.state.listDatabases()).rejects.toMatchObject({ code: 'cluster.unreachable' });
  expect(await services.state.listDatabases()).toEqual([]);
});
