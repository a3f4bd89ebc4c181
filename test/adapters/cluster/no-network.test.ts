import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { waitUntilReady } from '../../../src/adapters/cluster/embedded/take-over.ts';
import { type BorrowedHome, borrowHome } from './borrow-home.ts';

let interfaces: () => Record<string, readonly { readonly internal: boolean }[]> = () => ({});
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: () => interfaces(),
}));

let borrowed: BorrowedHome;
beforeAll(async () => {
  borrowed = borrowHome();
  await embeddedCluster({ home: borrowed.home }).ensure();
});
afterAll(() => borrowed.dispose());

test('a server that runs where this process has no network is told at once, and not waited for', async () => {
  const { data } = borrowed.layout();
  interfaces = () => ({ eth0: [{ internal: false }] });
  // Nobody listens there: the server that runs is out of reach, as it is without a loopback interface.
  const unreachable = { port: 1, password: 'x', data, systemIdentifier: null };
  await expect(waitUntilReady(unreachable, () => {})).rejects.toMatchObject({
    code: 'cluster.unreachable',
    message: expect.stringContaining('no network'),
    hint: expect.stringContaining('loopback'),
  });
});
