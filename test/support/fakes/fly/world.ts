import { randomBytes } from 'node:crypto';
import { type FlyProcess, startProcess } from './process.ts';

export interface FlyTime {
  /** Milliseconds of the calendar. */
  now(): number;
  /** Lets time go by that somebody would have waited; a real clock needs none. */
  pass?(ms: number): void;
}

export interface FlyWorldOptions {
  /** Of the calendar, for limits and leases; a test may let it pass as it likes. */
  readonly time?: FlyTime;
  /** The exit event lies in a `MonitorEvent`, and a code of 0 is left out: both happen. */
  readonly exitEvent?: 'flat' | 'nested';
  /** Configurations are told without the content of their files. */
  readonly hidesFiles?: boolean;
  /** Held against the schemas of a client instead of Fly's document, as where that is not present. */
  readonly isDerived?: boolean;
}

/** A configuration as it was sent, read with care. */
export type MachineConfig = Readonly<Record<string, unknown>>;

export interface FlyLease {
  readonly nonce: string;
  readonly owner: string;
  readonly description: string;
  /** Milliseconds of the calendar. */
  expiresAt: number;
}

export interface FlyEvent {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly source: string;
  readonly timestamp: number;
  readonly request?: object;
}

export interface FlyMachine {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  instanceId: string;
  state: string;
  config: MachineConfig;
  isCordoned: boolean;
  updatedAt: number;
  lease: FlyLease | null;
  process: FlyProcess | null;
  readonly versions: { readonly version: string; readonly config: MachineConfig }[];
  readonly events: FlyEvent[];
  /** Lines that its processes printed. */
  readonly output: string[];
}

export interface FlyApp {
  readonly id: string;
  readonly name: string;
  readonly org: string;
  readonly machines: Map<string, FlyMachine>;
  readonly secrets: Map<string, { readonly value: string; readonly digest: string }>;
  secretsVersion: number;
  readonly ips: { readonly ip: string; readonly type: string }[];
}

export interface FlyToken {
  readonly org: string;
  readonly isReadOnly?: boolean;
  /** Only these apps. */
  readonly apps?: readonly string[];
}

/** Everything there is, for tests to look at and to disturb. */
export interface FlyWorld {
  readonly options: FlyWorldOptions;
  readonly time: FlyTime;
  /** By the value of the `Authorization` header. */
  readonly tokens: Map<string, FlyToken>;
  readonly apps: Map<string, FlyApp>;
  /** How often something was made. */
  readonly made: { apps: number; machines: number; ips: number; versions: number };
  /** A machine that was told to start, and the state it hangs in; none hang unless this is set. */
  stuck: { readonly isMeant: (machine: FlyMachine) => boolean; readonly state: string } | null;
  /** Regions without room. */
  readonly fullRegions: Set<string>;
  id(): string;
  launch(app: FlyApp, machine: FlyMachine): Promise<void>;
  halt(machine: FlyMachine): Promise<void>;
  tell(machine: FlyMachine, type: string, status: string, request?: object): void;
  close(): Promise<void>;
}

/** The token of an organisation, of one app, and one that may only look. */
export const FLY_TOKENS = { org: 'FlyV1 fm2_org', app: 'FlyV1 fm2_app', readOnly: 'FlyV1 fm2_look' } as const;

export function flyWorld(options: FlyWorldOptions): FlyWorld {
  const time = options.time ?? { now: () => Date.now() };
  const world: FlyWorld = {
    options,
    time,
    tokens: new Map<string, FlyToken>([
      [FLY_TOKENS.org, { org: 'acme' }],
      [FLY_TOKENS.app, { org: 'acme', apps: ['blog-api'] }],
      [FLY_TOKENS.readOnly, { org: 'acme', isReadOnly: true }],
    ]),
    apps: new Map(),
    made: { apps: 0, machines: 0, ips: 0, versions: 0 },
    stuck: null,
    fullRegions: new Set(),
    id: () => randomBytes(7).toString('hex'),
    tell: (machine, type, status, request) => {
      const event = { id: world.id(), type, status, source: 'flyd', timestamp: time.now() };
      machine.events.unshift({ ...event, ...(request === undefined ? {} : { request }) });
      machine.state = status;
      machine.updatedAt = time.now();
    },
    launch: (app, machine) => launch(world, app, machine),
    halt: async (machine) => {
      const { process } = machine;
      machine.process = null;
      await process?.end();
    },
    close: async () => {
      const machines = [...world.apps.values()].flatMap((app) => [...app.machines.values()]);
      await Promise.all(machines.map((machine) => world.halt(machine)));
    },
  };
  return world;
}

async function launch(world: FlyWorld, app: FlyApp, machine: FlyMachine): Promise<void> {
  await world.halt(machine);
  world.tell(machine, 'start', 'starting');
  if (world.stuck?.isMeant(machine)) {
    machine.state = world.stuck.state;
    return;
  }
  const secrets = Object.fromEntries([...app.secrets].map(([name, { value }]) => [name, value]));
  const process = await startProcess(machine.config, secrets, (line) => machine.output.push(line));
  machine.process = process;
  world.tell(machine, 'start', 'started');
  void process.ended.then((code) => {
    if (machine.process !== process) return;
    machine.process = null;
    world.tell(machine, 'exit', 'stopped', exitRequest(world, code));
  });
}

function exitRequest({ options, time }: FlyWorld, code: number): object {
  const exit_event = { ...(code === 0 ? {} : { exit_code: code }), exited_at: new Date(time.now()).toISOString() };
  return options.exitEvent === 'nested' ? { MonitorEvent: { exit_event } } : { exit_event, restart_count: 0 };
}
