import { describe, expect, test } from 'vitest';
import { child, isJson } from '../../src/adapters/contract/ajv/description.ts';
import { readSpec, type SpecExchange, type SpecGuardOptions, specGuard } from './spec-guard.ts';

const failure = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };
const app = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    size: { type: 'integer', minimum: 1 },
    note: { type: 'string', nullable: true },
    owner: { nullable: true, allOf: [{ $ref: '#/components/schemas/Owner' }] },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object' },
  },
};
const parameters = [
  { name: 'app', in: 'path', required: true, schema: { type: 'string', pattern: '^[a-z-]+$' } },
  { name: 'limit', in: 'query', schema: { type: 'integer' } },
  { name: 'state', in: 'query', schema: { type: 'array', items: { type: 'string', enum: ['on', 'off'] } } },
  { name: 'nonce', in: 'header', schema: { type: 'string', minLength: 3 } },
];
const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const document = {
  openapi: '3.0.0',
  paths: {
    '/apps/{app}': {
      parameters,
      get: { responses: { 200: json({ $ref: '#/components/schemas/App' }), 404: json(failure) } },
      put: {
        requestBody: { required: true, ...json({ $ref: '#/components/schemas/App' }) },
        responses: { 200: json({ $ref: '#/components/schemas/Both' }), 204: { description: 'done' } },
      },
    },
  },
  components: {
    schemas: {
      App: app,
      Owner: { type: 'object', properties: { name: { type: 'string' } } },
      Both: {
        allOf: [{ $ref: '#/components/schemas/App' }, { type: 'object', properties: { version: { type: 'integer' } } }],
      },
    },
  },
};

function exchange(change: Partial<SpecExchange> & { readonly request?: unknown; readonly answer?: unknown } = {}) {
  const { request, answer, ...rest } = change;
  const bytes = (value: unknown) => (value === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(value)));
  const type = { 'content-type': 'application/json' };
  return {
    method: 'GET',
    address: '/v1/apps/blog',
    requestHeaders: type,
    requestBody: bytes(request),
    status: 200,
    answerHeaders: type,
    answerBody: bytes('answer' in change ? answer : { id: 'a' }),
    ...rest,
  };
}

function problems(change: Parameters<typeof exchange>[0], options: SpecGuardOptions = {}) {
  const guard = specGuard(document, { basePath: '/v1', ...options });
  const found = guard.check(exchange(change));
  expect(guard.violations).toEqual(found);
  return found.map((problem) => problem.replace(/^.* → \d+: /, ''));
}

describe('the guard of a fake', () => {
  test.each<[string, Parameters<typeof exchange>[0]]>([
    ['a plain answer', {}],
    ['null where it is nullable', { answer: { id: 'a', note: null, owner: null } }],
    ['a map with any names', { answer: { id: 'a', labels: { 'made/up': 'x' }, free: { any: 1 } } }],
    ['members of both parts', { method: 'PUT', request: { id: 'a' }, answer: { id: 'a', version: 2 } }],
    ['an answer without a body', { method: 'PUT', request: { id: 'a' }, status: 204, answer: undefined }],
    ['described parameters', { address: '/v1/apps/blog?limit=5&state=on&state=off', requestHeaders: { nonce: 'abc' } }],
    ['a described failure', { status: 404, answer: { error: 'gone' } }],
    ['a media type with a parameter', { answerHeaders: { 'content-type': 'application/json; charset=utf-8' } }],
  ])('lets %s pass', (_name, change) => {
    expect(problems(change)).toEqual([]);
  });

  test.each<[string, Parameters<typeof exchange>[0], string]>([
    ['a misspelt field of a request', { method: 'PUT', request: { id: 'a', siez: 1 } }, 'siez'],
    ['a misspelt field of an answer', { answer: { id: 'a', nota: 'x' } }, 'nota'],
    ['a field of neither part', { method: 'PUT', request: { id: 'a' }, answer: { id: 'a', verison: 1 } }, 'verison'],
    ['a misspelt field further in', { answer: { id: 'a', owner: { nmae: 'x' } } }, 'nmae'],
    ['a wrong type', { answer: { id: 7 } }, '/id must be string'],
    ['a wrong value of a map', { answer: { id: 'a', labels: { a: 1 } } }, '/labels/a must be string'],
    ['null where it is not nullable', { answer: { id: null } }, '/id must be string'],
    ['a missing field', { answer: {} }, 'id'],
    ['a number below its limit', { answer: { id: 'a', size: 0 } }, '>= 1'],
    ['an undocumented query parameter', { address: '/v1/apps/blog?limt=5' }, 'limt is not described'],
    ['a query parameter of the wrong type', { address: '/v1/apps/blog?limit=many' }, 'must be integer'],
    ['a query parameter given twice', { address: '/v1/apps/blog?limit=1&limit=2' }, 'given twice'],
    ['a choice that is none', { address: '/v1/apps/blog?state=broken' }, 'on,off'],
    ['a path that does not fit', { address: '/v1/apps/BLOG' }, 'path parameter'],
    ['a header that does not fit', { requestHeaders: { nonce: 'x' } }, 'header nonce'],
    ['an address that is not described', { address: '/v1/application/blog' }, 'does not have this address'],
    ['an address outside its base', { address: '/v2/apps/blog' }, 'does not have this address'],
    ['a method that is not described', { method: 'DELETE' }, 'does not have this method'],
    ['a status that is not described', { status: 202 }, 'does not have this status'],
    ['a body where none is described', { request: { id: 'a' } }, 'must not have a body'],
    ['no body where one must be', { method: 'PUT', status: 204, answer: undefined }, 'has no body'],
    ['a body in an answer without one', { method: 'PUT', request: { id: 'a' }, status: 204 }, 'must not have a body'],
    ['an answer that is a page', { answerHeaders: { 'content-type': 'text/html' } }, 'text/html is not described'],
    ['an answer that is no JSON', { answerBody: Buffer.from('{') }, 'no JSON'],
    ['a body without a type', { method: 'PUT', request: { id: 'a' }, requestHeaders: {} }, '(none) is not described'],
  ])('catches %s', (_name, change, want) => {
    expect(problems(change).join('; ')).toContain(want);
  });

  test('an overlay changes the document, also by taking away', () => {
    const overlay = { components: { schemas: { App: { required: ['id', 'size'], properties: { note: null } } } } };
    expect(problems({ answer: { id: 'a', note: 'x' } }, { overlay }).join('; ')).toMatch(/size.*note/s);
  });

  test('failures that the document does not name have one shape, when it is given', () => {
    const busy = { status: 429, answer: { error: 'slower' } };
    expect(problems(busy)).toEqual(['the document does not have this status']);
    expect(problems(busy, { failure })).toEqual([]);
    expect(problems({ status: 429, answer: { message: 'slower' } }, { failure }).join()).toContain('message');
  });

  test.each(['fly-machines-2026-05-07', 'daytona-api-0.205.1', 'daytona-toolbox-0.205.1', 'github-subset'])(
    'reads the whole of %s where it is present',
    (name) => {
      const spec = readSpec(name);
      // Nothing to read is no failure: the documents are not part of the project.
      const schemas = Object.entries(child(child(spec, 'components'), 'schemas'));
      const at = (key: string) => `/${encodeURIComponent(key)}`;
      const paths = Object.fromEntries(
        schemas.map(([key]) => {
          const schema = { $ref: `#/components/schemas/${key}` };
          return [at(key), { post: { responses: { 200: json(schema) } } }];
        }),
      );
      const guard = specGuard({ ...spec, paths });
      for (const [key, schema] of schemas) {
        const found = guard.check(exchange({ method: 'POST', address: at(key), answer: { 'made-up!': 1 } })).join();
        const isClosed = isJson(schema) && isJson(schema.properties) && schema.additionalProperties === undefined;
        expect(found, key).toMatch(isClosed ? /made-up!/ : /^/);
      }
      expect(spec === null || guard.violations.length > 10).toBe(true);
    },
  );
});
