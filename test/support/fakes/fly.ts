import type { FakeAnswer, FakeRequest, FakeServer } from './fake-server.ts';
import { fakeServer } from './fake-server.ts';
import { publicAddress } from './fly/address.ts';
import { refusal } from './fly/answers.ts';
import { answerApps } from './fly/apps.ts';
import { flyGuard } from './fly/document.ts';
import { answerMachines } from './fly/machines.ts';
import { rateLimit } from './fly/rate-limit.ts';
import { type FlyWorld, type FlyWorldOptions, flyWorld } from './fly/world.ts';

export interface FakeFly {
  /** What `FLY_FLAPS_BASE_URL` is set to; logs are asked for there as well. */
  readonly url: string;
  /** What `https://<app>.fly.dev` would be: leads to the machines of the app that was made last. */
  readonly appUrl: string;
  readonly server: FakeServer;
  readonly world: FlyWorld;
  /** What the official document says against what was sent or answered. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}

/**
 * The Machines API of Fly.io, in memory: apps, secrets, addresses, machines with versions, leases and events, and the
 * limits of its rate. A machine that was given files runs them as a process of this computer, so that what was deployed
 * answers over HTTP. Behaves as the official document and the client of Fly's own programs say; where they disagree,
 * like the client.
 */
export async function fakeFly(options: FlyWorldOptions = {}): Promise<FakeFly> {
  const world = flyWorld(options);
  const guard = await flyGuard(options.isDerived !== true);
  const limit = rateLimit(world.time);
  const server = await fakeServer((request) => answer(world, limit, request), {
    ...guard,
    // Logs are no part of the document.
    check: (exchange) => (exchange.address.startsWith('/v1/') ? guard.check(exchange) : []),
  });
  const address = await publicAddress(world);
  return {
    url: server.url,
    appUrl: address.url,
    server,
    world,
    violations: guard.violations,
    close: async () => {
      await server.close();
      await address.close();
      await world.close();
    },
  };
}

async function answer(world: FlyWorld, limit: ReturnType<typeof rateLimit>, request: FakeRequest): Promise<FakeAnswer> {
  const [base, ...parts] = request.pathname.split('/').slice(1).map(decodeURIComponent);
  const token = world.tokens.get(request.headers.authorization ?? '');
  if (!token) return refusal(401, 'unauthorized');
  if (base === 'api' && parts[2] !== undefined) return logs(world, token.org, parts[2]);
  if (base !== 'v1') return refusal(404, '404 page not found');
  if (request.method !== 'GET' && token.isReadOnly) return refusal(403, 'forbidden: token is read only');
  const waitMs = limit(request.method, parts);
  if (waitMs > 0) {
    return { ...refusal(429, 'rate limit exceeded'), headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } };
  }
  if (parts[0] === 'apps' && parts[2] === 'machines') return answerMachines(world, token, parts, request);
  return answerApps(world, token, parts, request);
}

function logs(world: FlyWorld, org: string, name: string): FakeAnswer {
  const app = world.apps.get(name);
  if (!app || app.org !== org) return refusal(404, 'Could not find App');
  const data = [...app.machines.values()].flatMap((machine) =>
    machine.output.map((message, at) => ({
      id: `${machine.id}-${at}`,
      attributes: {
        timestamp: new Date(machine.createdAt + at).toISOString(),
        message,
        level: 'info',
        instance: machine.id,
        region: machine.region,
      },
    })),
  );
  return { status: 200, body: { data, meta: { next_token: '' } } };
}
