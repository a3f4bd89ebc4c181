import type { EndpointPlan } from '../../domain/endpoint.ts';
import type { ServerRequest } from '../../domain/endpoint-tools.ts';
import type { Bench } from './bench.ts';

interface Attempt extends ServerRequest {
  readonly repeat?: number;
  /** What is tried, for whoever has to mend it. */
  readonly what: string;
  /** Besides an answer that is no failure of the server. */
  readonly wanted?: number;
}

/** In the place of a key, and of each parameter of the query. */
const VALUES = [
  "' or 1=1 --",
  '1; drop table x',
  '%00',
  '%F0%28',
  '-1',
  '1e309',
  '9'.repeat(40),
  'x'.repeat(3000),
  '__proto__',
  '[]',
];
const BODIES = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"__proto__":{"isAdmin":true}}',
  '{"id":{},"limit":[],"amount":"x"}',
  '{"id":"\\u0000"}',
];
const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

function attemptsOn(
  { method, path }: EndpointPlan,
  names: readonly string[],
  withAccounts: boolean,
): readonly Attempt[] {
  const plain = path.replace(/\{[^}]*\}/g, 'no-such-row');
  const body = BODY_METHODS.has(method) ? '{}' : null;
  const base = { method, path: plain, body, token: null };
  const keys = path.includes('{')
    ? VALUES.map((value) => ({
        ...base,
        path: path.replace(/\{[^}]*\}/g, encode(value)),
        what: `the key ${value.slice(0, 20)}`,
      }))
    : [];
  const queries = names.flatMap((name) =>
    VALUES.map((value) => ({
      ...base,
      path: `${plain}?${name}=${encode(value)}`,
      what: `?${name}=${value.slice(0, 20)}`,
    })),
  );
  const bodies = body === null ? [] : BODIES.map((text) => ({ ...base, body: text, what: `the body ${text}` }));
  const large = body === null ? [] : [{ ...base, body: '[1,2,3,4,5,6,7],', repeat: 80_000, what: 'a body of 1.2 MB' }];
  const forged = withAccounts
    ? [{ ...base, token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', what: 'a forged token' }]
    : [];
  return [{ ...base, what: 'nothing else' }, ...forged, ...keys, ...queries, ...bodies, ...large];
}

/** Values with their escapes are sent as they are. */
const encode = (value: string) => (value.startsWith('%') ? value : encodeURIComponent(value));

const LEAK = /at \w+.*\(|\.mjs:\d+|node_modules|postgres:\/\/|syntax error at or near/;

/**
 * Tries an endpoint with what nobody should send: injections, keys and bodies that are none, forged tokens. It has to
 * refuse them as the rest of the server does: never by failing, and without saying anything of its inside. What is
 * wrong, a line each; empty when nothing is.
 */
export async function attackEndpoint(
  plan: EndpointPlan,
  code: string,
  withAccounts: boolean,
  bench: Bench,
): Promise<readonly string[]> {
  const names = [...code.matchAll(/searchParams\.get(?:All)?\('([\w-]{1,40})'\)/g)].flatMap(([, name]) => name ?? []);
  const attempts = attemptsOn(plan, [...new Set(names)].slice(0, 6), withAccounts);
  const alive: Attempt = {
    method: 'GET',
    path: '/health',
    body: null,
    token: null,
    what: 'a look whether it lives',
    wanted: 200,
  };
  const asked = [...attempts, alive];
  const told = await bench.request(asked.map(({ what: _what, wanted: _wanted, ...request }) => request));
  if ('problem' in told) return [told.problem];
  return asked.flatMap((attempt, index) => {
    const { status = 0, body } = told.answers[index] ?? {};
    const where = `${attempt.method} with ${attempt.what}`;
    if (status === 0 || status >= 500)
      return [
        `${where} is answered with ${status === 0 ? 'nothing' : status}; it must be refused with 400, 404 or 422.`,
      ];
    if (attempt.wanted !== undefined && status !== attempt.wanted) return [`${where}: ${status}`];
    return LEAK.test(typeof body === 'string' ? body : JSON.stringify(body ?? ''))
      ? [`${where} tells of the inside of the server.`]
      : [];
  });
}
