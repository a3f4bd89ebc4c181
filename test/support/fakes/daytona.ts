import { readSpec, type SpecGuard, specGuard } from '../spec-guard.ts';
import { type FakeAnswer, type FakeRequest, type FakeService, type Fault, serveFake } from './daytona/fake-server.ts';
import { minimalApi, minimalToolbox } from './daytona/minimal-specs.ts';
import { type FakeSandbox, type Outcome, type SandboxStore, sandboxStore } from './daytona/sandboxes.ts';
import { API_FAILURE, TOOLBOX_FAILURE, TOOLBOX_OVERLAY } from './daytona/spec-overlays.ts';
import { toolboxRoutes } from './daytona/toolbox.ts';

/** What a key may do, as Daytona calls it, and until when. */
export interface FakeKey {
  readonly permissions: readonly string[];
  readonly expiresAt?: string;
}

/** A call that the fake answered. */
export interface FakeCall {
  /** `POST /sandbox`, as the route is written. */
  readonly route: string;
  readonly address: string;
  readonly status: number;
  readonly body: string;
}

/** Daytona on this machine: sandboxes are folders, and what runs in them are programs of this machine. */
export interface FakeDaytona {
  /** What `DAYTONA_API_URL` names. */
  readonly apiUrl: string;
  /** A key that may do everything needed. */
  readonly key: string;
  readonly keys: Map<string, FakeKey>;
  sandboxes(): readonly FakeSandbox[];
  /** How many were ever made. */
  created(): number;
  readonly calls: readonly FakeCall[];
  /** How the making of the next ones ends; `started` when nothing is left. */
  readonly outcomes: Outcome[];
  /** Queues a fault for `POST /sandbox`, as the route is written. */
  fault(route: string, fault: Fault): void;
  /** Takes a sandbox away as its auto-delete does. */
  vanish(idOrName: string): Promise<void>;
  stop(idOrName: string): Promise<void>;
  /** What either side did that the official documents (or, without them, those of the tests) do not say. */
  violations(): readonly string[];
  /** Ends every program and removes every folder. */
  close(): Promise<void>;
}

const KEY = 'dtn_0123456789abcdef0123456789abcdef';
const ALL = ['write:sandboxes', 'delete:sandboxes'];

export interface FakeDaytonaOptions {
  /** What programs in sandboxes know; by default where programs are on this machine. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whose documents both sides are held against; by default Daytona's where they are at hand. */
  readonly documents?: 'ours';
}

/** Starts a fake. */
export async function startFakeDaytona(options: FakeDaytonaOptions = {}): Promise<FakeDaytona> {
  const keys = new Map<string, FakeKey>([[KEY, { permissions: ALL }]]);
  const calls: FakeCall[] = [];
  let origin = '';
  const environment = options.environment ?? { PATH: process.env.PATH ?? '' };
  const store = sandboxStore({ origin: () => origin, environment, fail: refuseApi });
  const guards = makeGuards(options.documents === 'ours');
  const server = await serveFake(servicesOf(store, keys, guards, calls));
  origin = server.origin;
  return {
    apiUrl: `${origin}/api`,
    key: KEY,
    keys,
    sandboxes: () => [...store.all.values()],
    created: store.created,
    calls,
    outcomes: store.outcomes,
    fault: server.fault,
    vanish: store.vanish,
    stop: async (key) => {
      const sandbox = store.find(key);
      if (sandbox) await store.stop(sandbox);
    },
    violations: () => [...guards.api.violations, ...guards.toolbox.violations],
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}

/** Lends a fake to a test, and asserts nothing about it but that both sides kept to the documents. */
export async function withFakeDaytona<T>(
  use: (fake: FakeDaytona) => Promise<T>,
  options: FakeDaytonaOptions = {},
): Promise<T> {
  const fake = await startFakeDaytona(options);
  try {
    const result = await use(fake);
    const violations = fake.violations();
    if (violations.length > 0) throw new Error(`Not as Daytona's documents say:\n  ${violations.join('\n  ')}`);
    return result;
  } finally {
    await fake.close();
  }
}

interface Guards {
  readonly api: SpecGuard;
  readonly toolbox: SpecGuard;
}

function makeGuards(isOurs: boolean): Guards {
  const read = (name: string) => (isOurs ? null : readSpec(name));
  const [api, toolbox] = [read('daytona-api-0.205.1'), read('daytona-toolbox-0.205.1')];
  return {
    api: specGuard(api ?? minimalApi(), { failure: API_FAILURE }),
    toolbox: specGuard(toolbox ?? minimalToolbox(), {
      failure: TOOLBOX_FAILURE,
      ...(toolbox ? { overlay: TOOLBOX_OVERLAY } : {}),
    }),
  };
}

function servicesOf(
  store: SandboxStore,
  keys: ReadonlyMap<string, FakeKey>,
  guards: Guards,
  calls: FakeCall[],
): readonly FakeService[] {
  const watch: FakeService['watch'] = (seen) => {
    const { route, address, request, status } = seen;
    calls.push({ route, address, status, body: request.body.toString('utf8') });
    const guard = seen.service === 'api' ? guards.api : guards.toolbox;
    guard.check({
      method: request.method,
      address,
      requestHeaders: request.headers as Readonly<Record<string, string | undefined>>,
      requestBody: request.body,
      status,
      answerHeaders: seen.answerHeaders,
      answerBody: seen.answerBody,
    });
  };
  const api: FakeService = {
    name: 'api',
    prefix: /^\/api/,
    routes: [currentKey(keys), ...store.routes],
    admit: (request, { method }) => admit(request, keyOf(request, keys), method),
    describeError: apiError,
    watch,
  };
  const toolbox: FakeService = {
    name: 'toolbox',
    prefix: /^\/toolbox\/([^/]+)/,
    routes: toolboxRoutes(store.find, (request, status, code, message) => ({
      status,
      body: toolboxError(status, request.path, request.method, message, code),
    })),
    admit: (request) => (keyOf(request, keys) ? null : refuseToolbox(request)),
    describeError: toolboxError,
    watch,
  };
  return [api, toolbox];
}

function keyOf(request: FakeRequest, keys: ReadonlyMap<string, FakeKey>): FakeKey | null {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const key = keys.get(token);
  return key && (key.expiresAt === undefined || Date.parse(key.expiresAt) > Date.now()) ? key : null;
}

/** Reading needs a key; making and changing, and taking away, a permission each. */
function admit(request: FakeRequest, key: FakeKey | null, method: string): FakeAnswer | null {
  if (!key) return refuseApi(request, 401, 'Invalid credentials');
  const needed = method === 'GET' ? null : method === 'DELETE' ? 'delete:sandboxes' : 'write:sandboxes';
  if (needed === null || key.permissions.includes(needed)) return null;
  return refuseApi(request, 403, 'Forbidden resource');
}

function currentKey(keys: ReadonlyMap<string, FakeKey>): FakeService['routes'][number] {
  return {
    method: 'GET',
    template: '/api-keys/current',
    handle: (request) => {
      const key = keyOf(request, keys);
      const createdAt = '2026-11-01T00:00:00.000Z';
      const times = { createdAt, lastUsedAt: null, expiresAt: key?.expiresAt ?? null };
      const body = {
        name: 'ci',
        value: 'dtn_********def',
        permissions: key?.permissions ?? [],
        userId: 'u1',
        ...times,
      };
      return { status: 200, body };
    },
  };
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
};

const apiError = (statusCode: number, path: string, _method: string, message: string): unknown => ({
  path,
  timestamp: '2026-11-21T00:00:00.000Z',
  statusCode,
  error: NAMES[statusCode] ?? 'Internal Server Error',
  message,
});

const toolboxError = (
  statusCode: number,
  path: string,
  method: string,
  message: string,
  code = 'INTERNAL_SERVER_ERROR',
): unknown => ({
  statusCode,
  message,
  code,
  source: 'DAYTONA_DAEMON',
  timestamp: '2026-11-21T00:00:00Z',
  path,
  method,
});

function refuseApi(request: FakeRequest, status: number, message: string): FakeAnswer {
  return { status, body: apiError(status, request.path, request.method, message) };
}

const refuseToolbox = (request: FakeRequest): FakeAnswer => ({
  status: 401,
  body: toolboxError(401, request.path, request.method, 'unauthorized', 'UNAUTHORIZED'),
});
