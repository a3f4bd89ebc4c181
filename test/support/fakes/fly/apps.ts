import { createHash } from 'node:crypto';
import { child, isJson } from '../../../../src/adapters/contract/ajv/description.ts';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { refusal } from './answers.ts';
import type { FlyApp, FlyToken, FlyWorld } from './world.ts';

/** Everything but machines: tokens, regions, apps, secrets, addresses. */
export async function answerApps(
  world: FlyWorld,
  token: FlyToken,
  parts: readonly string[],
  request: FakeRequest,
): Promise<FakeAnswer> {
  const { method } = request;
  const [room, name, part, item] = parts;
  if (room === 'tokens' && name === 'current') return tokens(token);
  if (room === 'platform' && name === 'regions') return regions();
  if (room !== 'apps') return refusal(404, '404 page not found');
  if (name === undefined) return method === 'POST' ? create(world, token, request) : list(world, token, request);
  const app = world.apps.get(name);
  if (!app) return refusal(404, 'app not found');
  if (app.org !== token.org || (token.apps && !token.apps.includes(name))) return refusal(403, 'unauthorized');
  if (part === undefined) return method === 'DELETE' ? remove(world, app) : { status: 200, body: shown(app) };
  if (part === 'secrets') return secrets(app, item, request);
  if (part === 'ip_assignments') return addresses(world, app, item, request);
  return refusal(404, '404 page not found');
}

function tokens({ org, apps }: FlyToken): FakeAnswer {
  const one = { token_id: 'fake', organization: org, org_slug: org, ...(apps ? { apps } : { user: 'ada@acme.test' }) };
  return { status: 200, body: { tokens: [one] } };
}

function regions(): FakeAnswer {
  const row = (code: string, name: string) => ({ code, name, deprecated: false, gateway_available: true });
  const rows = [row('ams', 'Amsterdam'), row('fra', 'Frankfurt'), row('iad', 'Ashburn')];
  return { status: 200, body: { nearest: 'fra', regions: rows } };
}

function shown({ id, name, org, machines }: FlyApp) {
  const status = machines.size > 0 ? 'deployed' : 'pending';
  const counts = { machine_count: machines.size, volume_count: 0 };
  return { id, name, status, network: 'default', ...counts, organization: { name: org, slug: org } };
}

function list(world: FlyWorld, token: FlyToken, { query }: FakeRequest): FakeAnswer {
  if (query.get('org_slug') !== token.org) return refusal(403, 'unauthorized');
  const apps = [...world.apps.values()].filter(
    ({ org, name }) => org === token.org && (!token.apps || token.apps.includes(name)),
  );
  return { status: 200, body: { total_apps: apps.length, apps: apps.map(shown) } };
}

function create(world: FlyWorld, token: FlyToken, { json }: FakeRequest): FakeAnswer {
  const { name, org_slug: org } = isJson(json) ? json : {};
  if (token.apps) return refusal(403, 'unauthorized');
  if (org !== token.org) return refusal(403, 'not authorized to access this org');
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/.test(name)) {
    return refusal(422, 'Validation failed: Name under 63 chars using numbers, lowercase letters and dashes');
  }
  if (world.apps.has(name)) return refusal(422, 'Validation failed: Name has already been taken', 'name_taken');
  const app: FlyApp = {
    id: world.id(),
    name,
    org: token.org,
    machines: new Map(),
    secrets: new Map(),
    secretsVersion: 0,
    ips: [],
  };
  world.apps.set(name, app);
  world.made.apps += 1;
  return { status: 201, body: { id: app.id, created_at: world.time.now() } };
}

async function remove(world: FlyWorld, app: FlyApp): Promise<FakeAnswer> {
  world.apps.delete(app.name);
  await Promise.all([...app.machines.values()].map((machine) => world.halt(machine)));
  return { status: 202 };
}

function secrets(app: FlyApp, name: string | undefined, { method, json }: FakeRequest): FakeAnswer {
  const told = () => [...app.secrets].map(([key, { digest }]) => ({ name: key, digest }));
  if (method === 'GET') return { status: 200, body: { secrets: told() } };
  if (method === 'DELETE' && name !== undefined) {
    if (!app.secrets.delete(name)) return refusal(404, 'secret not found');
    app.secretsVersion += 1;
    return { status: 200, body: { version: app.secretsVersion } };
  }
  const values = Object.entries(child(json, 'values'));
  if (values.some(([key]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) || key.startsWith('FLY_'))) {
    return refusal(400, 'invalid secret name');
  }
  for (const [key, value] of values) {
    // The same value has the same digest in one app, and another one elsewhere.
    const digest = createHash('sha256')
      .update(`${app.id} ${String(value)}`)
      .digest('hex')
      .slice(0, 16);
    if (value === null) app.secrets.delete(key);
    else app.secrets.set(key, { value: String(value), digest });
  }
  app.secretsVersion += 1;
  return { status: 200, body: { secrets: told(), version: app.secretsVersion } };
}

function addresses(world: FlyWorld, app: FlyApp, ip: string | undefined, { method, json }: FakeRequest): FakeAnswer {
  const told = (one: { readonly ip: string; readonly type: string }) => ({
    ip: one.ip,
    region: 'global',
    shared: one.type === 'shared_v4',
    created_at: new Date(world.time.now()).toISOString(),
  });
  if (method === 'GET') return { status: 200, body: { ips: app.ips.map(told) } };
  if (method === 'DELETE') {
    const at = app.ips.findIndex((one) => one.ip === ip);
    if (at < 0) return refusal(404, 'ip not found');
    app.ips.splice(at, 1);
    return { status: 204 };
  }
  const type = String(isJson(json) ? json.type : '');
  if (!['v4', 'shared_v4', 'v6', 'private_v6'].includes(type)) return refusal(400, 'invalid type');
  const shared = app.ips.find((one) => one.type === 'shared_v4');
  if (type === 'shared_v4' && shared) return { status: 200, body: told(shared) };
  const one = { type, ip: type.endsWith('v4') ? `203.0.113.${app.ips.length + 1}` : `2001:db8::${app.ips.length + 1}` };
  app.ips.push(one);
  world.made.ips += 1;
  return { status: 200, body: told(one) };
}
