import { afterAll, expect, inject, test } from 'vitest';
import { deprovision } from '../../src/operations/deprovision.ts';
import { provision } from '../../src/operations/provision.ts';
import { borrowMetadata, provisioningServices, releaseMetadata } from '../support/provisioning.ts';
import { strangersOfOurs } from './provision-oracle.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const services = provisioningServices(server, metadata);
afterAll(() => releaseMetadata(server, metadata, services));

test('the oracle blames a record that has outlived its project, where there are projects or one was destroyed', async () => {
  const order = { projectId: services.ids.projectId(), env: 'dev' } as const;
  const { name } = await provision(order, services);
  // Other tests share the server.
  const blamed = async () => (await strangersOfOurs(server, services)).filter((line) => line.includes(order.projectId));
  expect(await blamed()).toEqual([]);
  const project = { id: services.ids.projectId(), name: 'n', request: 'r', directory: '/nowhere', createdAt: 1 };
  await services.state.claimProject(project);
  expect(await blamed()).toEqual([`no project has the record of ${name}`]);
  await services.state.deleteProject(project.id);
  expect(await blamed()).toEqual([]);
  await services.state.recordActivity({ projectId: order.projectId, action: 'destroyed', details: { name: 'gone' } });
  expect(await blamed()).toEqual([`no project has the record of ${name}`]);
  await deprovision({ ...order, purge: true }, services);
  expect(await blamed()).toEqual([]);
});
