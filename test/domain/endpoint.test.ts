import { expect, test } from 'vitest';
import { type EndpointPlan, findEndpointProblems } from '../../src/domain/endpoint.ts';

const ROUTES = ['GET /posts', 'POST /posts', 'GET /posts/{id}', 'GET /posts/{id}/comments'];

const plan = (method: EndpointPlan['method'], path: string, name = 'one'): EndpointPlan => ({
  name,
  method,
  path,
  purpose: 'Does something.',
  inputs: 'None.',
  answers: '204',
});

test.each([
  plan('GET', '/reports/top-posts'),
  plan('POST', '/posts/{id}/publish'),
  plan('DELETE', '/posts'),
  plan('POST', '/posts/{id}'),
])('$method $path has a place beside the resources', (endpoint) => {
  expect(findEndpointProblems([endpoint], ROUTES)).toEqual([]);
});

test.each([
  ['what a resource answers', plan('GET', '/posts'), /leads to another/],
  ['what is taken for a key', plan('GET', '/posts/popular'), /leads to another/],
  ['an address with other names of its parts', plan('POST', '/posts/{post_id}'), /is \/posts\/\{id\} already/],
  ['two parts of one name', plan('GET', '/posts/{id}/likes/{id}'), /its own name/],
  ['what the server keeps for itself', plan('GET', '/health'), /leads to another/],
  ['signing in', plan('POST', '/auth/magic'), /leads to another/],
  ['a way out', plan('GET', '/../etc'), /must look like/],
])('%s is refused', (_what, endpoint, reason) => {
  expect(findEndpointProblems([endpoint], ROUTES)).toEqual([
    { path: 'endpoints.0.path', message: expect.stringMatching(reason) },
  ]);
});

test('two endpoints share neither name nor address, and call the parts of a path alike', () => {
  const problems = findEndpointProblems(
    [plan('GET', '/sums/{a}'), plan('GET', '/sums/{b}', 'two'), plan('POST', '/sums/{b}', 'three'), plan('GET', '/z')],
    [],
  );
  expect(problems.map(({ path }) => path)).toEqual(['endpoints.1.path', 'endpoints.2.path', 'endpoints.3.name']);
});
