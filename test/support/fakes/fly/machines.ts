import { setTimeout as wait } from 'node:timers/promises';
import { child, isJson } from '../../../../src/adapters/contract/ajv/description.ts';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { done, refusal } from './answers.ts';
import { answerLease, leaseRefusal } from './leases.ts';
import type { FlyApp, FlyMachine, FlyToken, FlyWorld, MachineConfig } from './world.ts';

/** `/v1/apps/{app}/machines…` */
export async function answerMachines(
  world: FlyWorld,
  token: FlyToken,
  parts: readonly string[],
  request: FakeRequest,
): Promise<FakeAnswer> {
  const [, name = '', , id, action] = parts;
  const app = world.apps.get(name);
  if (!app) return refusal(404, 'app not found');
  if (app.org !== token.org || (token.apps && !token.apps.includes(name))) return refusal(403, 'unauthorized');
  if (id === undefined) return request.method === 'POST' ? create(world, app, request) : list(world, app);
  const machine = app.machines.get(id);
  if (!machine) return refusal(404, `machine not found: ${id}`);
  if (action === 'lease') return answerLease(world, machine, token, request);
  if (request.method === 'GET') return look(world, machine, action, request);
  const held = leaseRefusal(world, machine, request);
  if (held) return held;
  if (action === undefined) {
    return request.method === 'DELETE' ? remove(world, app, machine, request) : update(world, app, machine, request);
  }
  return act(world, app, machine, action);
}

function list(world: FlyWorld, app: FlyApp): FakeAnswer {
  return { status: 200, body: [...app.machines.values()].map((machine) => shown(world, machine)) };
}

async function look(
  world: FlyWorld,
  machine: FlyMachine,
  action: string | undefined,
  request: FakeRequest,
): Promise<FakeAnswer> {
  if (action === undefined) return { status: 200, body: { ...shown(world, machine), checks: await checks(machine) } };
  if (action === 'events') return { status: 200, body: machine.events };
  if (action === 'wait') return waitFor(world, machine, request);
  if (action === 'versions') {
    const versions = machine.versions.map(({ version, config }) => ({
      version,
      user_config: shownConfig(world, config),
    }));
    return { status: 200, body: versions.reverse() };
  }
  return refusal(404, '404 page not found');
}

async function create(world: FlyWorld, app: FlyApp, { json }: FakeRequest): Promise<FakeAnswer> {
  const { name, region, config, skip_launch: isIdle, min_secrets_version: least } = isJson(json) ? json : {};
  if (!isJson(config) || typeof config.image !== 'string') return refusal(400, 'invalid config.image');
  const other = [...app.machines.values()].find((machine) => machine.name === name);
  if (other) {
    const violation = `unique machine name violation, machine ID ${other.id} already exists with name "${other.name}"`;
    return refusal(409, `already_exists: ${violation}`);
  }
  if (world.fullRegions.has(String(region))) {
    return refusal(422, `insufficient resources to create new machine in ${String(region)}`, 'insufficient_capacity');
  }
  if (typeof least === 'number' && least > app.secretsVersion) return refusal(422, 'secrets are not that new');
  const id = world.id();
  const machine: FlyMachine = {
    id,
    name: typeof name === 'string' ? name : `dark-sky-${id.slice(0, 4)}`,
    region: typeof region === 'string' ? region : 'fra',
    createdAt: world.time.now(),
    instanceId: version(world),
    state: 'created',
    config,
    isCordoned: false,
    updatedAt: world.time.now(),
    lease: null,
    process: null,
    versions: [],
    events: [],
    output: [],
  };
  machine.versions.push({ version: machine.instanceId, config });
  app.machines.set(machine.id, machine);
  world.made.machines += 1;
  if (isIdle !== true) await world.launch(app, machine);
  return { status: 200, body: shown(world, machine) };
}

async function update(world: FlyWorld, app: FlyApp, machine: FlyMachine, { json }: FakeRequest): Promise<FakeAnswer> {
  const {
    config,
    current_version: current,
    min_secrets_version: least,
    skip_launch: isIdle,
  } = isJson(json) ? json : {};
  if (!isJson(config) || typeof config.image !== 'string') return refusal(400, 'invalid config.image');
  if (current !== undefined && current !== machine.instanceId) {
    return refusal(409, 'aborted: machine update failed due to concurrent update');
  }
  if (typeof least === 'number' && least > app.secretsVersion) return refusal(422, 'secrets are not that new');
  machine.instanceId = version(world);
  machine.config = config;
  machine.versions.push({ version: machine.instanceId, config });
  if (isIdle !== true) await world.launch(app, machine);
  return { status: 200, body: shown(world, machine) };
}

async function remove(world: FlyWorld, app: FlyApp, machine: FlyMachine, { query }: FakeRequest): Promise<FakeAnswer> {
  if (machine.process && query.get('force') !== 'true') {
    return refusal(412, 'failed_precondition: unable to destroy machine, not currently stopped');
  }
  app.machines.delete(machine.id);
  await world.halt(machine);
  return done;
}

async function act(world: FlyWorld, app: FlyApp, machine: FlyMachine, action: string): Promise<FakeAnswer> {
  switch (action) {
    case 'start':
      if (!machine.process) await world.launch(app, machine);
      return done;
    case 'stop':
      if (machine.process) await world.halt(machine);
      world.tell(machine, 'exit', 'stopped', { exit_event: { requested_stop: true } });
      return done;
    case 'cordon':
    case 'uncordon':
      machine.isCordoned = action === 'cordon';
      return done;
    default:
      return refusal(404, '404 page not found');
  }
}

async function waitFor(world: FlyWorld, machine: FlyMachine, { query }: FakeRequest): Promise<FakeAnswer> {
  const wanted = query.get('state') ?? 'started';
  const asked = query.get('version');
  const timeoutMs = Number(query.get('timeout') ?? 60) * 1000;
  if (timeoutMs > 60_000) return refusal(400, 'timeout must be at most 60 seconds');
  if (asked !== null && asked !== machine.instanceId) return refusal(400, 'machine version not found');
  if (wanted === 'started') await machine.process?.settled;
  if (wanted === 'stopped') await Promise.race([machine.process?.ended, wait(timeoutMs, undefined, { ref: false })]);
  // What was told of the end comes a moment after it.
  await wait(1);
  if (machine.state === wanted) {
    return { status: 200, body: { ok: true, state: machine.state, version: machine.instanceId } };
  }
  world.time.pass?.(timeoutMs);
  return refusal(408, 'deadline_exceeded: machine did not reach the state in time');
}

/** Machines are looked at from inside, as often as somebody asks. */
async function checks({ config, process }: FlyMachine): Promise<object[]> {
  const services = Array.isArray(config.services) ? config.services.filter(isJson) : [];
  const own = Object.values(child(config, 'checks')).filter(isJson);
  const described = [
    ...own,
    ...services.flatMap((service) => (Array.isArray(service.checks) ? service.checks.filter(isJson) : [])),
  ];
  return Promise.all(
    described.map(async ({ path }, at) => {
      const status = process ? await process.probe(String(path)) : 0;
      const output = status === 0 ? 'connect: connection refused' : `HTTP GET: ${status}`;
      return { name: `servicecheck-0${at}-http-8080`, status: status === 200 ? 'passing' : 'critical', output };
    }),
  );
}

function shown(world: FlyWorld, machine: FlyMachine) {
  return {
    id: machine.id,
    name: machine.name,
    state: machine.state,
    region: machine.region,
    instance_id: machine.instanceId,
    private_ip: 'fdaa::3',
    config: shownConfig(world, machine.config),
    created_at: new Date(machine.createdAt).toISOString(),
    updated_at: new Date(machine.updatedAt).toISOString(),
    events: machine.events,
    host_status: 'ok',
  };
}

/** "off" and "stop" are told as booleans still. */
function shownConfig({ options }: FlyWorld, config: MachineConfig): MachineConfig {
  const services = Array.isArray(config.services) ? config.services.filter(isJson) : [];
  const told = services.map(({ autostop, ...rest }) =>
    autostop === undefined
      ? rest
      : { ...rest, autostop: autostop === 'suspend' ? autostop : autostop === 'stop' || autostop === true },
  );
  const files = Array.isArray(config.files) ? config.files.filter(isJson) : [];
  const bare = files.map(({ raw_value: _content, ...rest }) => rest);
  return {
    ...config,
    ...(services.length > 0 ? { services: told } : {}),
    ...(files.length > 0 && options.hidesFiles ? { files: bare } : {}),
  };
}

/** 26 characters that sort by time, as those of Fly do. */
function version(world: FlyWorld): string {
  world.made.versions += 1;
  return `01${String(world.made.versions).padStart(10, '0')}${world.id()}`.toUpperCase().slice(0, 26);
}
