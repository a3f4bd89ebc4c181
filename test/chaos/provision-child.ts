/**
 * The process that gets killed. It reads orders from standard input, one line of JSON each, so that no password is in
 * argv, and so that it can be started before it is needed. Prints each point it reaches, and how each order ended.
 */
import { createInterface } from 'node:readline';
import type { Environment } from '../../src/domain/database.ts';
import { provisioningServices, type Server } from '../support/provisioning.ts';
import { provisionNaively } from './provision-naive.ts';
import { describeFailure, perform, type Verb } from './provision-verbs.ts';

export interface ChildOrder {
  readonly verb: Verb | 'naive';
  readonly server: Server;
  readonly home: string;
  readonly metadataDatabase: string;
  readonly migrationsFolder: string;
  readonly projectId: string;
  readonly env: Environment;
  /** The point at which it kills itself; the empty string for none. */
  readonly killAt: string;
}

/** The last line of an order. */
export interface OrderEnd {
  /** What a command would have exited with: 0, or 1. */
  readonly code: number;
  /** What a user would have read; empty when all went well. A failure that is none of ours comes with its stack. */
  readonly failure: string;
}

async function carryOut(order: ChildOrder): Promise<OrderEnd> {
  const services = provisioningServices(order.server, order);
  const onStep = (point: string) => {
    process.stdout.write(`${point}\n`);
    if (point === order.killAt) process.kill(process.pid, 'SIGKILL');
  };
  const { projectId, env } = order;
  try {
    if (order.verb === 'naive') await provisionNaively({ ...order, onStep });
    else await perform(order.verb, { projectId, env, onStep }, services);
    return { code: 0, failure: '' };
  } catch (error) {
    return { code: 1, failure: describeFailure(error) };
  } finally {
    await services.state.close();
  }
}

// The parent checks what it sends: this program is run by it alone. It ends with its input.
for await (const line of createInterface({ input: process.stdin })) {
  const end = await carryOut(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(end)}\n`);
}
