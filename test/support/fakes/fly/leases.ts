import { isJson } from '../../../../src/adapters/contract/ajv/description.ts';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { done, refusal } from './answers.ts';
import type { FlyLease, FlyMachine, FlyToken, FlyWorld } from './world.ts';

const NONCE = 'fly-machine-lease-nonce';

function living({ time }: FlyWorld, { lease }: FlyMachine): FlyLease | null {
  return lease && lease.expiresAt > time.now() ? lease : null;
}

/** What changes a machine while somebody else holds it is refused. */
export function leaseRefusal(world: FlyWorld, machine: FlyMachine, { headers }: FakeRequest): FakeAnswer | null {
  const lease = living(world, machine);
  if (!lease || headers[NONCE] === lease.nonce) return null;
  return refusal(409, `aborted: lease currently held by ${lease.owner}, expires soon`);
}

/** Taking, renewing, looking at and giving back a lease. */
export function answerLease(world: FlyWorld, machine: FlyMachine, { org }: FlyToken, request: FakeRequest): FakeAnswer {
  const lease = living(world, machine);
  if (request.method === 'GET')
    return lease ? { status: 200, body: told(machine, lease) } : refusal(404, 'lease not found');
  const held = leaseRefusal(world, machine, request);
  if (held) return held;
  if (request.method === 'DELETE') {
    if (!lease) return refusal(404, 'lease not found');
    machine.lease = null;
    return done;
  }
  const { ttl, description } = isJson(request.json) ? request.json : {};
  machine.lease = {
    nonce: lease?.nonce ?? world.id(),
    owner: `${org}@tokens.fly.io`,
    description: String(description ?? ''),
    expiresAt: world.time.now() + Number(ttl ?? 60) * 1000,
  };
  return { status: 201, body: told(machine, machine.lease) };
}

function told({ instanceId }: FlyMachine, { nonce, owner, description, expiresAt }: FlyLease) {
  const data = { nonce, owner, description, expires_at: Math.floor(expiresAt / 1000), version: instanceId };
  return { status: 'success', data };
}
