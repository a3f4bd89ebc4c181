import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { RemoteClientOptions, RemoteOrder } from '../../../../src/adapters/shared/remote/contract.ts';
import { remoteClient } from '../../../../src/adapters/shared/remote/remote-client.ts';
import { retryAfterMs } from '../../../../src/adapters/shared/remote/retry.ts';
import { isTurboError, type TurboError } from '../../../../src/domain/errors.ts';

type Play = (request: IncomingMessage, response: ServerResponse) => void;

const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Play =>
  (_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };
const hangUp: Play = (request) => request.socket.destroy();
const cut: Play = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"a":', () => request.socket.destroy());
};

interface Scene {
  readonly client: ReturnType<typeof remoteClient>;
  readonly asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  /** Waits in milliseconds, none of which were waited for. */
  readonly slept: number[];
}

/** A service that plays these answers in turn, the last one for ever, and a client whose clock moves only by sleeping. */
async function withService(
  plays: readonly Play[],
  options: Partial<RemoteClientOptions>,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const asked: Scene['asked'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const play = plays[Math.min(asked.length, plays.length - 1)];
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      play?.(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const slept: number[] = [];
  let now = Date.parse('2026-11-21T12:00:00Z');
  const client = remoteClient({
    remote: 'fly',
    service: 'Fly.io',
    baseUrl: `http://127.0.0.1:${port}/v1/`,
    headers: { Authorization: 'Bearer canary-token' },
    secrets: ['canary-token'],
    time: {
      now: () => now,
      sleep: async (ms) => {
        slept.push(ms);
        now += ms;
      },
      random: () => 0,
    },
    ...options,
  });
  try {
    await work({ client, asked, slept });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const get: RemoteOrder = { method: 'GET', path: '/apps', idempotent: true };
const post: RemoteOrder = { method: 'POST', path: '/apps', json: { name: 'a' }, idempotent: false };
const ok = say(200, { fine: true });

async function failure(work: Promise<unknown>): Promise<TurboError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (isTurboError(error)) return error;
  throw error;
}

const retried: readonly [string, { plays: readonly Play[]; order: RemoteOrder; tries: number; slept: number[] }][] = [
  ['an answer is given as it is', { plays: [ok], order: get, tries: 1, slept: [] }],
  [
    '429 is tried again after its Retry-After',
    { plays: [say(429, {}, { 'retry-after': '7' }), ok], order: get, tries: 2, slept: [7000] },
  ],
  [
    '503 is tried again after its date',
    {
      plays: [say(503, {}, { 'retry-after': 'Sat, 21 Nov 2026 12:00:09 GMT' }), ok],
      order: get,
      tries: 2,
      slept: [9000],
    },
  ],
  [
    '500 twice waits twice as long',
    { plays: [say(500, {}), say(500, {}), ok], order: get, tries: 3, slept: [250, 500] },
  ],
  [
    'a connection that is cut before an answer is tried again',
    { plays: [hangUp, ok], order: get, tries: 2, slept: [250] },
  ],
  ['an answer that is cut is asked for again', { plays: [cut, ok], order: get, tries: 2, slept: [250] }],
  [
    'an idempotent POST is tried again',
    { plays: [say(502, {}), ok], order: { ...post, idempotent: true }, tries: 2, slept: [250] },
  ],
];

test.each(retried)('%s', async (_name, { plays, order, tries, slept }) => {
  await withService(plays, {}, async (scene) => {
    const answer = await scene.client.request(order);
    expect(answer.json).toEqual({ fine: true });
    expect(scene.asked).toHaveLength(tries);
    expect(scene.slept).toEqual(slept);
  });
});

const refused: readonly [string, { play: Play; order: RemoteOrder; code: string; tries: number; says: string }][] = [
  [
    '401',
    { play: say(401, { error: 'no such token' }), order: get, code: 'remote.denied', tries: 1, says: 'no such token' },
  ],
  ['403', { play: say(403, {}), order: get, code: 'remote.denied', tries: 1, says: '403 to GET /apps' }],
  ['404', { play: say(404, { message: 'gone' }), order: get, code: 'remote.failed', tries: 1, says: 'gone' }],
  ['409', { play: say(409, {}), order: post, code: 'remote.conflict', tries: 1, says: '409' }],
  ['422', { play: say(422, { message: 'name' }), order: post, code: 'remote.failed', tries: 1, says: '422' }],
  ['429 for ever', { play: say(429, {}), order: get, code: 'remote.limited', tries: 5, says: '429' }],
  [
    '429 that asks for an hour',
    { play: say(429, {}, { 'retry-after': '3600' }), order: get, code: 'remote.limited', tries: 1, says: '429' },
  ],
  ['500 for ever', { play: say(500, {}), order: get, code: 'remote.failed', tries: 5, says: '500' }],
  ['500 to what is not idempotent', { play: say(500, {}), order: post, code: 'remote.failed', tries: 1, says: '500' }],
  ['429 to what is not idempotent', { play: say(429, {}), order: post, code: 'remote.limited', tries: 1, says: '429' }],
  [
    'a cut connection of what is not idempotent',
    { play: hangUp, order: post, code: 'remote.unreachable', tries: 1, says: 'cannot be reached' },
  ],
  [
    'a redirect',
    {
      play: say(302, '', { location: 'https://elsewhere.example/' }),
      order: get,
      code: 'remote.unusable',
      tries: 1,
      says: '302',
    },
  ],
  [
    'a web page',
    {
      play: say(200, '<html>', { 'content-type': 'text/html' }),
      order: get,
      code: 'remote.unusable',
      tries: 1,
      says: 'not the API',
    },
  ],
  [
    'a web page in place of a 404',
    {
      play: say(404, '<html>', { 'content-type': 'text/html' }),
      order: { ...get, accept: [404] },
      code: 'remote.failed',
      tries: 1,
      says: '404',
    },
  ],
  ['half of a text', { play: say(200, '{"a":'), order: get, code: 'remote.unusable', tries: 1, says: 'not the API' }],
  [
    'more than an answer may have',
    {
      play: say(200, JSON.stringify('x'.repeat(70_000))),
      order: get,
      code: 'remote.unusable',
      tries: 1,
      says: 'more than',
    },
  ],
  [
    'an answer that repeats the token',
    {
      play: say(422, { message: 'bad canary-token, Y2FuYXJ5LXRva2Vu' }),
      order: get,
      code: 'remote.failed',
      tries: 1,
      says: 'bad ***, ***',
    },
  ],
];

test.each(refused)('%s is told as what it is', async (_name, { play, order, code, tries, says }) => {
  await withService([play], { maxBytes: 65_536 }, async ({ client, asked }) => {
    const error = await failure(client.request(order));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain('canary');
    expect(asked).toHaveLength(tries);
  });
});

test('silence ends with the time of its kind of request, and is tried again', async () => {
  await withService([() => {}, ok], { timeouts: { quick: 40 } }, async ({ client, asked }) => {
    expect((await client.request(get)).status).toBe(200);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.headers.authorization).toBe('Bearer canary-token');
  });
});

test('all tries of a request end together', async () => {
  await withService([say(503, {}, { 'retry-after': '40' })], { totalMs: 100_000 }, async ({ client, slept }) => {
    expect((await failure(client.request(get))).code).toBe('remote.failed');
    expect(slept).toEqual([40_000, 40_000]);
  });
});

test('a service that is not there is tried again for whatever was to be sent', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await withService([ok], { baseUrl: `http://127.0.0.1:${port}` }, async ({ client, slept }) => {
    const error = await failure(client.request(post));
    expect(error.code).toBe('remote.unreachable');
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(slept).toHaveLength(4);
  });
});

test('requests of one key are spread, those of another are not', async () => {
  await withService([ok], { pace: { perSecond: 1, burst: 3 } }, async ({ client, slept }) => {
    for (let sent = 0; sent < 5; sent += 1) await client.request({ ...get, paceKey: 'a' });
    await client.request({ ...get, paceKey: 'b' });
    await client.request(get);
    expect(slept).toEqual([1000, 1000]);
  });
});

test('an accepted status is an answer, and what the service means by it is asked for first otherwise', async () => {
  const explain: RemoteClientOptions['explain'] = ({ status }) =>
    status === 404 ? { code: 'remote.denied', message: 'The scope is missing.', hint: 'Give it.' } : null;
  await withService([say(404, { error: 'x' })], { explain }, async ({ client }) => {
    expect((await client.request({ ...get, accept: [404] })).status).toBe(404);
    const error = await failure(client.request(get));
    expect([error.code, error.message, error.hint]).toEqual(['remote.denied', 'The scope is missing.', 'Give it.']);
  });
});

test('queries, bodies and headers made for each try arrive', async () => {
  const authorize: RemoteClientOptions['authorize'] = async ({ method, url, body }) => ({
    'X-Signature': `${method} ${url.search} ${body}`,
  });
  await withService([ok], { authorize }, async ({ client, asked }) => {
    await client.request({ ...post, query: { wait: true, none: undefined } });
    expect(asked[0]?.url).toBe('/v1/apps?wait=true');
    expect(asked[0]?.body).toBe('{"name":"a"}');
    expect(asked[0]?.headers['x-signature']).toBe('POST ?wait=true {"name":"a"}');
  });
});

test.each([
  ['3', 3000],
  ['0', 0],
  [' 1.5 ', 1500],
  ['Sat, 21 Nov 2026 12:00:09 GMT', 9000],
  ['Sat, 21 Nov 2020 12:00:09 GMT', 0],
  ['soon', null],
  ['-1', null],
  ['', null],
  ['9999999999999', null],
])('Retry-After: %j asks for %j ms', (value, ms) => {
  expect(retryAfterMs(value, Date.parse('2026-11-21T12:00:00Z'))).toBe(ms);
});
