import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FakeAnswer, FakeRequest, FakeRoute } from './fake-server.ts';
import { type Preview, servePreview } from './preview.ts';
import { type SandboxProcesses, sandboxProcesses } from './processes.ts';

/** How the making of the next sandbox ends. */
export type Outcome = 'started' | 'build_failed' | 'error' | 'stuck';

/** A sandbox of the fake: a folder of this machine, and what runs in it. */
export interface FakeSandbox {
  readonly id: string;
  readonly name: string;
  labels: Readonly<Record<string, string>>;
  state: string;
  /** States that the next looks at it will see, the last one for good. */
  coming: readonly string[];
  /** The body it was created with. */
  readonly order: Readonly<Record<string, unknown>>;
  /** Where commands start; everything below `folder` goes with the sandbox. */
  readonly workDirectory: string;
  readonly folder: string;
  readonly processes: SandboxProcesses;
  readonly previews: Map<number, Preview>;
  lastActivity: number;
}

export interface SandboxStore {
  readonly all: ReadonlyMap<string, FakeSandbox>;
  /** How many were ever made. */
  created(): number;
  /** What happens to the next ones; `started` when there is nothing left. */
  readonly outcomes: Outcome[];
  find(idOrName: string): FakeSandbox | null;
  /** Takes one away as an auto-delete does. */
  vanish(idOrName: string): Promise<void>;
  stop(sandbox: FakeSandbox): Promise<void>;
  readonly routes: readonly FakeRoute[];
  close(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

/** What the client sent; the guard has judged it. */
export const readJson = <T = Body>(request: FakeRequest): T => JSON.parse(request.body.toString('utf8') || '{}') as T;

/**
 * Removes the disk of a sandbox. A program that made a session of its own is still at work for a moment: it loses its
 * folder by name first, and what it writes meanwhile is removed in the next turn.
 */
async function wipe(folder: string): Promise<void> {
  const gone = `${folder}.gone`;
  renameSync(folder, gone);
  for (let turns = 100; ; turns -= 1) {
    try {
      return rmSync(gone, { recursive: true, force: true });
    } catch (error) {
      if (turns === 0) throw error;
      await setTimeout(50);
    }
  }
}

/** The sandboxes of one organisation, and the part of the API that makes and finds them. */
export function sandboxStore(options: {
  readonly origin: () => string;
  /** Variables of this machine that programs in a sandbox get. */
  readonly environment: Readonly<Record<string, string>>;
  readonly fail: (request: FakeRequest, status: number, message: string) => FakeAnswer;
}): SandboxStore {
  const all = new Map<string, FakeSandbox>();
  const outcomes: Outcome[] = [];
  let created = 0;
  const find = (key: string) => all.get(key) ?? [...all.values()].find(({ name }) => name === key) ?? null;
  const stop = async (sandbox: FakeSandbox) => {
    await sandbox.processes.endAll();
    await Promise.all([...sandbox.previews.values()].map((preview) => preview.close()));
    // Tokens are made anew after a restart.
    sandbox.previews.clear();
    sandbox.state = 'stopped';
    sandbox.coming = [];
  };
  const vanish = async (key: string) => {
    const sandbox = find(key);
    if (!sandbox) return;
    all.delete(sandbox.id);
    await stop(sandbox);
    await wipe(sandbox.folder);
  };
  const onSandbox = (handle: (sandbox: FakeSandbox, request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>) => {
    return (request: FakeRequest): FakeAnswer | Promise<FakeAnswer> => {
      const sandbox = find(request.parts[0] ?? '');
      if (!sandbox) return options.fail(request, 404, `Sandbox with ID or name ${request.parts[0]} not found`);
      return handle(sandbox, request);
    };
  };
  const describe = (sandbox: FakeSandbox) => describeSandbox(sandbox, options.origin());
  const ok = (body: unknown): FakeAnswer => ({ status: 200, body });
  const routes: readonly FakeRoute[] = [
    {
      method: 'POST',
      template: '/sandbox',
      handle: (request) => {
        const order = readJson(request);
        const name = typeof order.name === 'string' ? order.name : '';
        if (name !== '' && find(name)) return options.fail(request, 409, `Sandbox with name ${name} already exists`);
        created += 1;
        const sandbox = makeSandbox(order, outcomes.shift() ?? 'started', options.environment);
        all.set(sandbox.id, sandbox);
        return ok(describe(sandbox));
      },
    },
    { method: 'GET', template: '/sandbox', handle: (request) => list(request, [...all.values()], options.origin()) },
    {
      method: 'GET',
      template: '/sandbox/{sandboxIdOrName}',
      handle: onSandbox((sandbox) => {
        const [next, ...later] = sandbox.coming;
        if (next !== undefined) Object.assign(sandbox, { state: next, coming: later });
        return ok(describe(sandbox));
      }),
    },
    {
      method: 'DELETE',
      template: '/sandbox/{sandboxIdOrName}',
      handle: onSandbox(async (sandbox) => {
        await vanish(sandbox.id);
        return ok({ ...describe(sandbox), state: 'destroying', desiredState: 'destroyed' });
      }),
    },
    {
      method: 'POST',
      template: '/sandbox/{sandboxIdOrName}/start',
      handle: onSandbox((sandbox, request) => {
        if (sandbox.state !== 'stopped') return options.fail(request, 400, 'Sandbox is not in valid state');
        Object.assign(sandbox, { state: 'starting', coming: ['started'] });
        return ok(describe(sandbox));
      }),
    },
    {
      method: 'POST',
      template: '/sandbox/{sandboxIdOrName}/stop',
      handle: onSandbox(async (sandbox) => {
        await stop(sandbox);
        return ok(describe(sandbox));
      }),
    },
    {
      method: 'PUT',
      template: '/sandbox/{sandboxIdOrName}/labels',
      handle: onSandbox((sandbox, request) => {
        const { labels } = readJson(request);
        sandbox.labels = labels as FakeSandbox['labels'];
        return ok({ labels });
      }),
    },
    {
      method: 'POST',
      template: '/sandbox/{sandboxIdOrName}/network-settings',
      handle: onSandbox((sandbox, request) => {
        if (sandbox.state !== 'started') return options.fail(request, 400, 'Sandbox is not in valid state');
        Object.assign(sandbox.order, readJson(request));
        return ok(describe(sandbox));
      }),
    },
    {
      method: 'POST',
      template: '/sandbox/{sandboxId}/last-activity',
      handle: onSandbox((sandbox) => {
        sandbox.lastActivity = Date.now();
        return { status: 201, body: null };
      }),
    },
    {
      method: 'GET',
      template: '/sandbox/{sandboxId}/toolbox-proxy-url',
      handle: onSandbox(() => ok({ url: `${options.origin()}/toolbox` })),
    },
    {
      method: 'GET',
      template: '/sandbox/{sandboxIdOrName}/ports/{port}/preview-url',
      handle: onSandbox(async (sandbox, request) => {
        const port = Number(request.parts[1]);
        const preview = sandbox.previews.get(port) ?? (await servePreview(port));
        sandbox.previews.set(port, preview);
        return ok({ sandboxId: sandbox.id, url: preview.url, token: preview.token });
      }),
    },
  ];
  const close = async () => {
    for (const id of [...all.keys()]) await vanish(id);
  };
  return { all, created: () => created, outcomes, find, vanish, stop, routes, close };
}

const COMING: Readonly<Record<Outcome, readonly string[]>> = {
  started: ['creating', 'started'],
  build_failed: ['building_snapshot', 'build_failed'],
  error: ['creating', 'error'],
  stuck: ['creating'],
};

function makeSandbox(order: Body, outcome: Outcome, environment: Readonly<Record<string, string>>): FakeSandbox {
  const id = randomBytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tb-fake-daytona-')));
  // A program there may have to act as somebody else.
  chmodSync(folder, 0o755);
  const workDirectory = join(folder, 'work');
  mkdirSync(workDirectory);
  const env = (order.env ?? {}) as Readonly<Record<string, string>>;
  return {
    id,
    name: typeof order.name === 'string' ? order.name : id,
    labels: (order.labels ?? {}) as FakeSandbox['labels'],
    state: order.buildInfo === undefined ? 'creating' : 'pending_build',
    coming: COMING[outcome],
    order,
    folder,
    workDirectory,
    processes: sandboxProcesses(workDirectory, { ...environment, HOME: workDirectory, ...env }),
    previews: new Map(),
    lastActivity: Date.now(),
  };
}

function commonFields(sandbox: FakeSandbox, origin: string): Body {
  const { order } = sandbox;
  const given = ['networkAllowList', 'domainAllowList', 'autoStopInterval', 'autoDeleteInterval'].filter(
    (name) => order[name] !== undefined,
  );
  return {
    id: sandbox.id,
    organizationId: 'organization-of-the-fake',
    name: sandbox.name,
    user: 'daytona',
    labels: sandbox.labels,
    public: order.public ?? false,
    networkBlockAll: order.networkBlockAll ?? false,
    target: order.target ?? 'us',
    cpu: order.cpu ?? 1,
    gpu: 0,
    memory: order.memory ?? 1,
    disk: order.disk ?? 3,
    state: sandbox.state,
    desiredState: 'started',
    ...(sandbox.state === 'error' || sandbox.state === 'build_failed' ? { errorReason: 'no such image' } : {}),
    ...Object.fromEntries(given.map((name) => [name, order[name]])),
    createdAt: '2026-11-21T00:00:00.000Z',
    toolboxProxyUrl: `${origin}/toolbox`,
  };
}

const describeSandbox = (sandbox: FakeSandbox, origin: string): Body => ({
  ...commonFields(sandbox, origin),
  env: sandbox.order.env ?? {},
});

/** Pages of as many as were asked for; the cursor is the place in the list. */
function list(request: FakeRequest, all: readonly FakeSandbox[], origin: string): FakeAnswer {
  const { query } = request;
  const labels = Object.entries(JSON.parse(query.get('labels') ?? '{}') as Readonly<Record<string, string>>);
  const found = all.filter(
    (sandbox) =>
      labels.every(([name, value]) => sandbox.labels[name] === value) &&
      sandbox.name.toLowerCase().startsWith((query.get('name') ?? '').toLowerCase()),
  );
  const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? 100)];
  const nextCursor = from + limit < found.length ? String(from + limit) : null;
  const items = found.slice(from, from + limit).map((sandbox) => commonFields(sandbox, origin));
  return { status: 200, body: { items, nextCursor } };
}
