/**
 * The process that gets killed: one provision, deprovision, or the naive order, in a process of its own. The order comes
 * as JSON on standard input, so that no password is in argv. Prints each point it reaches; exits 0 when done.
 */
import { text } from 'node:stream/consumers';
import type { Environment } from '../../src/domain/database.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { provision } from '../../src/operations/provision.ts';
import { provisioningServices, type Server } from '../support/provisioning.ts';
import { provisionNaively } from './provision-naive.ts';

export interface ChildOrder {
  readonly verb: 'provision' | 'deprovision' | 'naive';
  readonly server: Server;
  readonly home: string;
  readonly metadataDatabase: string;
  readonly migrationsFolder: string;
  readonly projectId: string;
  readonly env: Environment;
  /** The point at which it kills itself; the empty string for none. */
  readonly killAt: string;
}

// The parent checks what it sends: this program is run by it alone.
const order: ChildOrder = JSON.parse(await text(process.stdin));
const services = provisioningServices(order.server, order);
const onStep = (point: string) => {
  process.stdout.write(`${point}\n`);
  if (point === order.killAt) process.kill(process.pid, 'SIGKILL');
};
try {
  const { projectId, env } = order;
  if (order.verb === 'provision') await provision({ projectId, env, onStep }, services);
  if (order.verb === 'deprovision') await deprovision({ projectId, env, purge: true, onStep }, services);
  if (order.verb === 'naive') await provisionNaively({ ...order, onStep });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await services.state.close();
}
