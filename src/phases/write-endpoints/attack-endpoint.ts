import type { EndpointTask } from '../../domain/endpoint-task.ts';
import type { CheckAnswer } from '../../ports/contract.ts';
import { GOOD_KEY, keyAttempts } from './attack-keys.ts';
import type { Attempt } from './attempt.ts';
import type { Answered, Bench } from './bench.ts';

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

/** What is attacked. */
export interface Target {
  readonly task: EndpointTask;
  /** Text of its handler. */
  readonly code: string;
  readonly withAccounts: boolean;
  /** Of somebody whom it answers with success; null: nobody is known. */
  readonly token: string | null;
  /** Holds answers against a document. */
  readonly check: CheckAnswer;
}

function attemptsOn({ task, code, withAccounts, token }: Target): readonly Attempt[] {
  const { method, path } = task.plan;
  const inCode = [...code.matchAll(/searchParams\.get(?:All)?\('([\w-]{1,40})'\)/g)].flatMap(([, name]) => name ?? []);
  const names = [...new Set([...task.query, ...inCode])].slice(0, MOST_NAMES);
  const plain = path.replace(/\{[^}]*\}/g, 'no-such-row');
  const body = BODY_METHODS.has(method) ? '{}' : null;
  const base = { method, path: plain, body, token: task.key ? GOOD_KEY : token };
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
  const isClosed = task.needsAccount || (task.key !== null && !task.key.isOptional);
  const refused = isClosed ? { wanted: 401 } : task.key ? { unwanted: 401 } : {};
  const stranger = { ...base, token: null, what: 'nothing else', ...refused };
  const looks = task.needsAccount || /\b(?:require|read)Account\b/.test(code) ? { wanted: 401 } : {};
  const forged = withAccounts ? [{ ...base, token: FORGED, what: 'a forged token', ...looks }] : [];
  const opening = task.key ? keyAttempts(base, task.key) : [];
  return [stranger, ...forged, ...opening, ...keys, ...queries, ...bodies, ...large];
}

const FORGED = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.';
/** Parameters of a query that are tried. */
const MOST_NAMES = 6;

/** Values with their escapes are sent as they are. */
const encode = (value: string) => (value.startsWith('%') ? value : encodeURIComponent(value));

const LEAK = /at \w+.*\(|\.mjs:\d+|node_modules|postgres:\/\/|syntax error at or near/;

/**
 * Tries an endpoint with what nobody should send: injections, keys and bodies that are none, forged tokens. It has to
 * refuse them as the rest of the server does: never by failing, and without saying anything of its inside; and always
 * as it is described. What is wrong, a line each; empty when nothing is.
 */
export async function attackEndpoint(target: Target, bench: Bench): Promise<readonly string[]> {
  const alive: Attempt = {
    method: 'GET',
    path: '/health',
    body: null,
    token: null,
    what: 'a look whether it lives',
    wanted: 200,
  };
  const asked = [...attemptsOn(target), alive];
  const told = await bench.request(
    asked.map(({ what: _what, wanted: _wanted, unwanted: _unwanted, ...request }) => request),
  );
  if ('problem' in told) return [told.problem];
  return asked.flatMap((attempt, index) => faultsOf(attempt, told.answers[index], target.check));
}

function faultsOf(attempt: Attempt, answered: Answered | undefined, check: CheckAnswer): readonly string[] {
  const { status = 0, body, whole } = answered ?? {};
  const where = `${attempt.method} with ${attempt.what}`;
  if (status === 0 || status >= 500) {
    return [`${where} is answered with ${status === 0 ? 'nothing' : status}; it must be refused with 400, 404 or 422.`];
  }
  if (attempt.wanted !== undefined && status !== attempt.wanted) {
    return [`${where} is answered with ${status} instead of ${attempt.wanted}.`];
  }
  if (status === attempt.unwanted) return [`${where} is answered with ${status}; it must be let in.`];
  if (LEAK.test(typeof body === 'string' ? body : JSON.stringify(body ?? ''))) {
    return [`${where} tells of the inside of the server.`];
  }
  const unfit = whole ? check(attempt.method, attempt.path, whole) : [];
  return unfit.map((problem) => `${where}: ${problem.slice(-300)}`);
}
