import { Credentials } from '@distilled.cloud/fly-io/Credentials';
import * as fly from '@distilled.cloud/fly-io/Operations';
import * as Effect from 'effect/Effect';
import * as Redacted from 'effect/Redacted';
import * as FetchHttpClient from 'effect/unstable/http/FetchHttpClient';
import { afterEach, describe, expect, test } from 'vitest';
import { FLY_TOKENS, type FlyWorldOptions } from './fly/world.ts';
import { type FakeFly, fakeFly } from './fly.ts';

const running: FakeFly[] = [];

async function lend(options: FlyWorldOptions = {}): Promise<FakeFly> {
  let now = 1_000_000;
  const time = {
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
  };
  const fake = await fakeFly({ time, ...options });
  fake.server.onCall(() => time.pass(1_000));
  running.push(fake);
  return fake;
}

afterEach(async () => {
  for (const fake of running.splice(0)) {
    await fake.close();
    expect(fake.violations).toEqual([]);
  }
});

/** A client of Fly's API that others made of its document. */
function judge({ url }: FakeFly, apiKey: string = FLY_TOKENS.org) {
  return <T, E>(call: Effect.Effect<T, E, unknown>): Promise<T> => {
    const credentials = { apiKey: Redacted.make(apiKey.replace('FlyV1 ', '')), apiBaseUrl: `${url}/v1` };
    const provided = call.pipe(
      Effect.provideService(Credentials, credentials),
      Effect.provide(FetchHttpClient.layer),
    ) as Effect.Effect<T, E>;
    return Effect.runPromise(provided);
  };
}

const server = `import { createServer } from 'node:http';
createServer((request, response) => response.end('hello ' + process.env.NAME + request.url)).listen(Number(process.env.PORT));`;

function machine(source: string, env: Readonly<Record<string, string>> = {}) {
  return {
    image: 'node:22-slim',
    init: { cmd: ['node', '/app/main.mjs'] },
    env: { PORT: '8080', ...env },
    files: [{ guest_path: '/app/main.mjs', raw_value: Buffer.from(source).toString('base64') }],
    services: [{ protocol: 'tcp', internal_port: 8080, ports: [{ port: 443, handlers: ['tls', 'http'] }] }],
  };
}

describe.each([
  ["Fly's document", {}],
  ['the schemas of a client', { isDerived: true }],
] as const)('the fake of Fly.io, held against %s', (_name, options) => {
  test('lets a client of others make an app that answers, and take it away', async () => {
    const fake = await lend(options);
    fake.world.tokens.set('Bearer fm2_org', { org: 'acme' });
    const ask = judge(fake);
    const app_name = 'blog-api';
    await ask(fly.AppsCreate({ name: app_name, org_slug: 'acme' }));
    expect((await ask(fly.AppsShow({ app_name }))).organization?.slug).toBe('acme');
    const { version } = await ask(fly.SecretsUpdate({ app_name, values: { NAME: 'ada' } }));
    await ask(fly.AppIPAssignmentsCreate({ app_name, type: 'shared_v4' }));
    const made = await ask(
      fly.MachinesCreate({
        app_name,
        name: 'web-1',
        region: 'fra',
        config: machine(server),
        ...(version === undefined ? {} : { min_secrets_version: version }),
      }),
    );
    const machine_id = String(made.id);
    await ask(fly.MachinesWait({ app_name, machine_id, state: 'started', timeout: 60 }));
    expect(await (await fetch(`${fake.appUrl}/x`)).text()).toBe('hello ada/x');
    // It sends `force` in a body, where the document has a parameter.
    await ask(fly.MachinesStop({ app_name, machine_id }));
    await ask(fly.MachinesDelete({ app_name, machine_id }));
    await ask(fly.AppsDelete({ app_name }));
    await expect(ask(fly.AppsShow({ app_name }))).rejects.toThrow('app not found');
    expect(fake.world.apps.size).toBe(0);
  });
});

describe('the fake of Fly.io', () => {
  test('tells the exit code of what a machine ran, and what it printed', async () => {
    const fake = await lend();
    const ask = ownClient(fake);
    await ask('POST', '/apps', { name: 'blog-api', org_slug: 'acme' });
    const { services: _none, ...config } = machine('console.log("out of order"); process.exit(3);');
    const [, made] = await ask('POST', '/apps/blog-api/machines', { config });
    const [status] = await ask('GET', `/apps/blog-api/machines/${made.id}/wait?state=stopped`);
    const [, shown] = await ask('GET', `/apps/blog-api/machines/${made.id}`);
    expect([status, shown.state, shown.events[0].request.exit_event.exit_code]).toEqual([200, 'stopped', 3]);
    expect(fake.world.apps.get('blog-api')?.machines.get(made.id)?.output).toEqual(['out of order']);
  });

  test('keeps to its rules about names, leases, versions, tokens and rate', async () => {
    const fake = await lend();
    const ask = ownClient(fake);
    await ask('POST', '/apps', { name: 'blog-api', org_slug: 'acme' });
    fake.world.tokens.set('Bearer other', { org: 'umbrella' });
    expect((await ask('POST', '/apps', { name: 'blog-api', org_slug: 'umbrella' }, 'Bearer other'))[1]).toMatchObject({
      status: 'name_taken',
    });
    const refused = async (...call: Parameters<typeof ask>) => (await ask(...call))[0];
    expect(await refused('GET', '/apps/blog-api', undefined, 'Bearer other')).toBe(403);
    expect(await refused('GET', '/apps/blog-api', undefined, 'Bearer wrong')).toBe(401);
    expect(await refused('POST', '/apps', { name: 'x1', org_slug: 'acme' }, FLY_TOKENS.readOnly)).toBe(403);
    const config = machine(server);
    const [, { id }] = await ask('POST', '/apps/blog-api/machines', { name: 'web-1', config });
    expect(await refused('POST', '/apps/blog-api/machines', { name: 'web-1', config })).toBe(409);
    const path = `/apps/blog-api/machines/${id}`;
    expect(await refused('POST', path, { config, current_version: 'old' })).toBe(409);
    expect(await refused('DELETE', path)).toBe(412);
    const [, lease] = await ask('POST', `${path}/lease`, { ttl: 30 });
    expect(await refused('DELETE', `${path}?force=true`)).toBe(409);
    expect(lease.data.nonce).toMatch(/\w+/);
    fake.server.onCall(null);
    const statuses = [];
    for (let at = 0; at < 5; at += 1) statuses.push(await refused('GET', '/apps/blog-api'));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
  });
});

function ownClient({ url }: FakeFly) {
  return async (method: string, path: string, body?: unknown, authorization: string = FLY_TOKENS.org) => {
    const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(`${url}/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    // Tests look into it as they like.
    return [answer.status, text === '' ? null : JSON.parse(text)] as const;
  };
}
