import { expect, test } from 'vitest';
import { ajvContract } from '../../../src/adapters/contract/ajv/ajv-contract.ts';
import { parseSchema } from '../../../src/domain/schema-rules.ts';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import type { HttpAnswer } from '../../../src/ports/http.ts';
import { projectOf, readSchema, scaffoldServices } from '../../support/generated-projects.ts';

const template = await scaffoldServices.templates.readTree('project');
const document: unknown = JSON.parse(
  scaffoldFiles(projectOf(readSchema('blog')), template)['server/openapi.json'] ?? '',
);
const check = await ajvContract().open(document);

const TAG = { id: 't1', name: 'news' };
const JSON_TYPE = { 'content-type': 'application/json', 'x-request-id': 'r1' };
const PROBLEM_TYPE = { 'content-type': 'application/problem+json', 'x-request-id': 'r1' };

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = JSON_TYPE): HttpAnswer {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

const problem = (status: number) => ({ type: 'about:blank', title: 'x', status, detail: 'y' });

test.each<[string, string, string, HttpAnswer]>([
  ['a row', 'GET', '/tags/t1', answer(200, TAG)],
  ['a part of a row that was asked for', 'GET', '/tags/t1?fields=id', answer(200, { id: 't1' })],
  ['a page', 'GET', '/tags?limit=1', answer(200, { data: [TAG], nextCursor: null })],
  ['a problem', 'GET', '/tags/t2', answer(404, problem(404), PROBLEM_TYPE)],
  ['an unknown address', 'GET', '/nothing', answer(404, problem(404), PROBLEM_TYPE)],
  ['an unknown method', 'POST', '/tags/t1', answer(405, problem(405), { ...PROBLEM_TYPE, allow: 'GET' })],
  ['an answer to HEAD', 'HEAD', '/tags/t1', answer(200, '')],
  ['what was deleted', 'DELETE', '/tags/t1', answer(204, '', { 'x-request-id': 'r1' })],
])('what is described is right: %s', (_name, method, path, given) => {
  expect(check(method, path, given)).toEqual([]);
});

test.each<[string, string, string, HttpAnswer, RegExp]>([
  ['an undocumented field', 'GET', '/tags/t1', answer(200, { ...TAG, secret: 1 }), /additional.*secret/],
  ['a field that is missing', 'GET', '/tags/t1', answer(200, { id: 't1' }), /required property 'name'/],
  [
    'a part of a row nobody asked for',
    'GET',
    '/tags',
    answer(200, { data: [{ id: 't1' }], nextCursor: null }),
    /'name'/,
  ],
  ['a wrong type', 'GET', '/tags/t1', answer(200, { ...TAG, name: 7 }), /must be string/],
  ['a text that is too long', 'GET', '/tags/t1', answer(200, { ...TAG, id: 'x'.repeat(22) }), /21 characters/],
  ['an unknown status', 'GET', '/tags/t1', answer(500, problem(500), PROBLEM_TYPE), /does not have this status/],
  ['a success at an unknown address', 'GET', '/nothing', answer(200, {}), /must be 404/],
  ['a success of an unknown method', 'PATCH', '/tags', answer(200, {}), /must be 405/],
  [
    'a missing header',
    'GET',
    '/tags/t1',
    answer(200, TAG, { 'content-type': 'application/json' }),
    /X-Request-Id is missing/,
  ],
  [
    'a bad header',
    'GET',
    '/tags',
    answer(503, problem(503), { ...PROBLEM_TYPE, 'retry-after': 'soon' }),
    /Retry-After/,
  ],
  [
    'another content type',
    'GET',
    '/tags/t1',
    answer(200, TAG, { ...JSON_TYPE, 'content-type': 'text/html' }),
    /content type/,
  ],
  ['no JSON', 'GET', '/tags/t1', answer(200, '<p>'), /no JSON/],
  ['a body where there is none', 'DELETE', '/tags/t1', answer(204, 'x', { 'x-request-id': 'r1' }), /no body/],
  ['a problem that says another status', 'GET', '/tags/t1', answer(404, problem(400), PROBLEM_TYPE), /status is 400/],
])('what is not as described is told: %s', (_name, method, path, given, told) => {
  expect(check(method, path, given).join('\n')).toMatch(told);
});

test('rows that lead to rows that lead to rows are checked however long the chain is', async () => {
  const names = Array.from({ length: 150 }, (_, at) => `table_${at}`);
  const tables = names.map((name, at) => ({
    name,
    columns: [
      { name: 'id', type: 'integer', primaryKey: true },
      {
        name: 'next_id',
        type: 'integer',
        nullable: true,
        references: { table: names[(at + 1) % names.length] ?? '', column: 'id' },
      },
    ],
  }));
  const files = scaffoldFiles(projectOf(parseSchema({ version: 1, tables })), template);
  const long = await ajvContract().open(JSON.parse(files['server/openapi.json'] ?? ''));
  const row = { id: 1, next_id: 2, next: { id: 2, next_id: 3, next: null } };
  expect(long('GET', '/table-0/1?include=next', answer(200, row))).not.toEqual([]);
  expect(long('GET', '/table-0/1?include=next', answer(200, { ...row, next: null }))).toEqual([]);
});

test.each([null, [], {}, { openapi: '3.0.3' }, 'text'])(
  'what is no OpenAPI 3.1 document is refused: %j',
  async (given) => {
    await expect(ajvContract().open(given)).rejects.toMatchObject({ code: 'verify.failed' });
  },
);
