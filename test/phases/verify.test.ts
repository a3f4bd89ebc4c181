import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import { EMPTY_SCHEMA, type Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import type { Verification } from '../../src/domain/verification.ts';
import { verify } from '../../src/phases/verify.ts';
import type { Http, HttpAnswer } from '../../src/ports/http.ts';
import { withRealBackend } from '../support/real-backend.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';

const everything = (): Schema => {
  const schemas = Object.values(SAMPLE_SCHEMAS).map((input) => parseSchema(input));
  const other = schemas.slice(1);
  return { ...EMPTY_SCHEMA, tables: other.flatMap(({ tables }) => tables), enums: other.flatMap(({ enums }) => enums) };
};

const failures = (verification: Verification) =>
  verification.checks.filter((check) => !check.passed).map(({ name, detail }) => `${name}: ${detail}`);

const run = (url: string, schema: Schema | null, http: Http = nodeHttp(), progress = (_event: ProgressEvent) => {}) =>
  verify({ url, schema }, { http, clock: systemClock(), progress });

test('a real backend with every kind of table passes, again and again, and keeps no row', async () => {
  const schema = everything();
  await withRealBackend(schema, async ({ url, countRows }) => {
    for (let round = 0; round < 2; round += 1) {
      const verification = await run(url, schema);
      expect(failures(verification)).toEqual([]);
      for (const table of schema.tables) {
        expect(verification.checks.map(({ name }) => name)).toContain(`${table.name}: creates a row`);
      }
      expect(await countRows()).toBe(0);
    }
    const both = await Promise.all([run(url, schema), run(url, schema)]);
    expect(both.map(failures)).toEqual([[], []]);
    expect(await countRows()).toBe(0);
  });
});

test('without a schema only /health is asked for', async () => {
  await withRealBackend(null, async ({ url, projectId, target }) => {
    const events: ProgressEvent[] = [];
    const good = await run(url, null, nodeHttp(), (event) => events.push(event));
    expect(good).toMatchObject({ passed: true, checks: [{ name: 'answers at /health', passed: true, detail: '' }] });
    expect(events).toEqual([{ kind: 'note', message: '1 of 1 check passed' }]);
    await target.stop(projectId);
    const dead = await run(url, parseSchema(SAMPLE_SCHEMAS['a blog']));
    expect(dead).toMatchObject({ passed: false, checks: [{ name: 'answers at /health', passed: false }] });
    expect(dead.checks[0]?.detail).toContain('ECONNREFUSED');
  });
});

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The real backend's answer, to this or to something else. */
  readonly forward: (body?: string, more?: { path?: string; headers?: Record<string, string> }) => Promise<HttpAnswer>;
}

/** Between verification and backend: something that makes a good backend wrong in one way. */
function spoilt(spoil: (exchange: Exchange) => Promise<HttpAnswer>): Http {
  const http = nodeHttp();
  return {
    request: (method, url, options = {}) => {
      const { pathname, search } = new URL(url);
      const forward: Exchange['forward'] = (body = options.body, { path = pathname + search, headers } = {}) =>
        http.request(method, new URL(path, url).href, {
          ...options,
          ...(body !== undefined && { body }),
          ...(headers && { headers }),
        });
      return spoil({
        method,
        path: pathname + search,
        body: options.body ?? '',
        headers: options.headers ?? {},
        forward,
      });
    },
  };
}

/** Changes the answers of some requests. */
const answering = (which: (exchange: Exchange) => boolean, change: (answer: HttpAnswer) => Partial<HttpAnswer>): Http =>
  spoilt(async (exchange) => {
    const answer = await exchange.forward();
    return which(exchange) ? { ...answer, ...change(answer) } : answer;
  });

const editing = (answer: HttpAnswer, edit: (row: Record<string, unknown>) => unknown): Partial<HttpAnswer> => {
  try {
    return { body: JSON.stringify(edit(JSON.parse(answer.body))) };
  } catch {
    return {};
  }
};

const isOne = ({ method, path }: Exchange, verb: string) => method === verb && /^\/tags\/[^/]+$/.test(path);
const isPost = ({ method, path }: Exchange) => method === 'POST' && path === '/tags';

let backendUrl = '';

const faults: Record<string, { http: Http; caughtBy: string[] }> = {
  'a database that is away': {
    http: answering(
      ({ path }) => path === '/health',
      () => ({ status: 503 }),
    ),
    caughtBy: ['answers at /health'],
  },
  'a wrong status on creation': {
    http: answering(isPost, ({ status }) => (status === 201 ? { status: 200 } : {})),
    caughtBy: ['tags: creates a row', 'post_tags: creates a row'],
  },
  'no Location': {
    http: answering(isPost, ({ headers: { location: _, ...headers } }) => ({ headers })),
    caughtBy: ['tags: creates a row'],
  },
  'a secret column in the answer': {
    http: answering(
      ({ method, path }) => method === 'POST' && path === '/users',
      (answer) => (answer.status === 201 ? editing(answer, (row) => ({ ...row, api_token: 'secret' })) : {}),
    ),
    caughtBy: ['users: creates a row', 'users: reads it back', 'users: lists it', 'users: filters by its values'],
  },
  'a column that is missing': {
    http: answering(isPost, (answer) => editing(answer, ({ created_at: _, ...row }) => row)),
    caughtBy: ['tags: creates a row', 'tags: reads it back', 'tags: lists it', 'tags: filters by its values'],
  },
  'another row read than created': {
    http: answering(
      (exchange) => isOne(exchange, 'GET'),
      (answer) => editing(answer, (row) => ({ ...row, name: 'x' })),
    ),
    caughtBy: ['tags: reads it back', 'tags: changes it', 'tags: replaces it'],
  },
  'an empty list': {
    http: answering(
      ({ method, path }) => method === 'GET' && path.startsWith('/tags?'),
      () => ({ body: '{"data":[],"nextCursor":null}' }),
    ),
    caughtBy: ['tags: lists it', 'tags: filters by its values', 'tags: sorts, counts and cuts'],
  },
  'a list without end': {
    http: answering(
      ({ method, path }) => method === 'GET' && path.startsWith('/tags?'),
      () => ({ body: '{"data":7,"nextCursor":"x"}' }),
    ),
    caughtBy: ['tags: lists it', 'tags: filters by its values', 'tags: sorts, counts and cuts'],
  },
  'a change that is not made': {
    http: spoilt((exchange) => exchange.forward(isOne(exchange, 'PATCH') ? '{}' : undefined)),
    caughtBy: ['tags: changes it'],
  },
  'unknown fields that are swallowed': {
    http: spoilt((exchange) =>
      exchange.forward(isPost(exchange) ? exchange.body.replace(/,"no_such_field":1/, '') : undefined),
    ),
    caughtBy: ['tags: refuses an unknown field'],
  },
  'errors in another form': {
    http: answering(isPost, (answer) =>
      answer.status >= 400 ? { headers: { ...answer.headers, 'content-type': 'text/html' } } : {},
    ),
    caughtBy: [
      'tags: refuses what is not JSON',
      'tags: refuses an unknown field',
      'tags: refuses a value of the wrong type',
      'tags: refuses a row without a required field',
      'tags: refuses a duplicate',
    ],
  },
  'a crash on bad input': {
    http: answering(
      ({ method, path, body }) => method === 'POST' && path === '/posts' && body === '{"',
      () => ({ status: 500 }),
    ),
    caughtBy: ['posts: refuses what is not JSON'],
  },
  'filters that nobody reads': {
    http: spoilt(({ path, forward }) =>
      forward(undefined, {
        path: path.startsWith('/tags') ? path.replace(/[\w%]+%5B(?:eq|ne)%5D=[^&]*&?/gi, '') : path,
      }),
    ),
    caughtBy: ['tags: filters by its values'],
  },
  'an order that nobody reads': {
    http: spoilt(({ path, forward }) =>
      forward(undefined, { path: path.startsWith('/tags') ? path.replace('sort=-', 'sort=') : path }),
    ),
    caughtBy: ['tags: sorts, counts and cuts'],
  },
  'a number that is wrong': {
    http: answering(
      ({ path }) => path.includes('count=true') && path.startsWith('/tags'),
      (answer) => editing(answer, (page) => ({ ...page, total: 7 })),
    ),
    caughtBy: ['tags: sorts, counts and cuts'],
  },
  'fields that nobody asked for': {
    http: spoilt(({ path, forward }) =>
      forward(undefined, { path: path.startsWith('/tags') ? path.replace('fields=id&', '') : path }),
    ),
    caughtBy: ['tags: sorts, counts and cuts'],
  },
  'a secret that can be asked for': {
    http: spoilt(({ path, forward }) =>
      forward(undefined, { path: path.replace(/api_token%5Beq%5D=x|sort=api_token/, '') }),
    ),
    caughtBy: ['users: filters by its values'],
  },
  'one row made of two': {
    http: spoilt(({ method, path, body, forward }) =>
      forward(method === 'POST' && path === '/tags' ? body.replace(/^(\[\{.*?\}),.*\]$/s, '$1]') : undefined),
    ),
    caughtBy: ['tags: makes several at once'],
  },
  'somebody else for a parent': {
    http: answering(
      ({ path }) => path.includes('include=author'),
      (answer) => editing(answer, (row) => ({ ...row, author: { id: 'somebody' } })),
    ),
    caughtBy: ['posts: shows what belongs to it'],
  },
  'children of somebody else': {
    http: spoilt(({ path, forward }) => forward(undefined, { path: path.replace(/^\/users\/[^/]+\/posts/, '/tags') })),
    caughtBy: ['users: lists its children'],
  },
  'a version that is not told': {
    http: answering(
      (exchange) => isOne(exchange, 'GET'),
      ({ headers: { etag: _, ...headers } }) => ({ headers }),
    ),
    caughtBy: ['tags: knows its version'],
  },
  'a change of any version': {
    http: spoilt(({ path, headers: { 'if-match': _, ...headers }, method, forward }) =>
      method === 'PUT' && path.startsWith('/tags/') ? forward(undefined, { headers }) : forward(),
    ),
    caughtBy: ['tags: replaces it'],
  },
  'a replacement that is not made': {
    http: spoilt(async (exchange) => {
      const { headers, path, forward } = exchange;
      if (!isOne(exchange, 'PUT') || headers['if-match'] || exchange.body === '{}') return forward();
      return nodeHttp().request('GET', `${backendUrl}${path}`);
    }),
    caughtBy: ['tags: replaces it'],
  },
  'a connection that breaks': {
    http: spoilt((exchange) =>
      isOne(exchange, 'PATCH') ? Promise.reject(new Error('socket hang up')) : exchange.forward(),
    ),
    caughtBy: ['tags: changes it'],
  },
};

test('every fault is caught by the check that is there for it, and leaves no row', async () => {
  const blog = parseSchema(SAMPLE_SCHEMAS['a blog']);
  // Without passwords: hashing them takes nearly all the time, and there are many rounds.
  const withoutPasswords = blog.tables.map((table) => ({
    ...table,
    columns: table.columns.filter(({ name }) => name !== 'password_hash'),
  }));
  const schema: Schema = { ...blog, tables: withoutPasswords };
  await withRealBackend(schema, async (backend) => {
    backendUrl = backend.url;
    for (const [fault, { http, caughtBy }] of Object.entries(faults)) {
      const verification = await run(backend.url, schema, http);
      const failed = verification.checks.filter((check) => !check.passed);
      expect([fault, ...failed.map(({ name }) => name)]).toEqual([fault, ...caughtBy]);
      for (const { detail } of failed) expect(detail).toMatch(/(GET|POST|PUT|PATCH|DELETE) \/.* → /s);
      expect([fault, await backend.countRows()]).toEqual([fault, 0]);
    }
    const undeleted = await run(
      backend.url,
      schema,
      spoilt(async (exchange) => {
        const done = { status: 204, headers: {}, body: '' };
        return isOne(exchange, 'DELETE') && !exchange.headers['if-match'] ? done : exchange.forward();
      }),
    );
    expect(failures(undeleted)).toEqual([
      expect.stringMatching(/^tags: does not find it any more: expected 404: GET \/tags\//),
      expect.stringMatching(/^leaves no row behind: could not be deleted: \/tags\//),
    ]);
    expect(await backend.countRows()).toBe(5);
  });
});

test("rows that a killed verification left behind, and a table full of rows, are in nobody's way", async () => {
  const schema = parseSchema(SAMPLE_SCHEMAS['a blog']);
  await withRealBackend(schema, async ({ url, countRows }) => {
    const http = nodeHttp();
    const clock = { ...systemClock(), now: () => 1_800_000_000 };
    const keeping = spoilt(async (exchange) =>
      exchange.method === 'DELETE' ? Promise.reject(new Error('killed')) : exchange.forward(),
    );
    const order = { url, schema };
    expect((await verify(order, { http: keeping, clock, progress: () => {} })).passed).toBe(false);
    const left = await countRows();
    expect(left).toBeGreaterThan(4);
    for (let tag = 0; tag < 120; tag += 1) await http.request('POST', `${url}/tags`, { json: { name: `tag ${tag}` } });
    expect(failures(await verify(order, { http, clock, progress: () => {} }))).toEqual([]);
    expect(await countRows()).toBe(left + 120);
  });
});
