import type { Schema } from '../../domain/schema.ts';
import type { Kind } from './kinds.ts';
import type { Reply } from './reply.ts';

/** What no answer may show, whatever was asked. */

const INSIDE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/(?:^|\\n|\n|")\s*at (?:async )?[^\n"]{0,200}:\d+:\d+\)?/, 'a stack trace'],
  [/(?:file:\/\/)?\/(?:[\w.@-]+\/){2,}[\w.@-]+\.(?:m?[jt]s|sql|json)\b/, 'a path of a file'],
  [
    /syntax error at or near|invalid input syntax for|unterminated (?:quoted|\/\*)|current transaction is aborted|violates (?:row-level|foreign key|check|not-null|unique)|duplicate key value|permission denied for|(?:relation|column|function|operator|type) [^ ]{0,80} ?does not exist|operator does not exist|division by zero|invalid byte sequence|out of range for type/i,
    'a message of the database',
  ],
  [
    /\b(?:select\s[^"]{1,400}\sfrom|insert\s+into\s+\S+\s|update\s+\S+\s+set\s|delete\s+from)\s/i,
    'the text of a statement',
  ],
];
const ANYWHERE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/postgres(?:ql)?:\/\/[^\s"@]*@/i, 'a connection string'],
  [/\b(?:DATABASE_URL|APP_SECRET)\s*=|-----BEGIN [A-Z ]*PRIVATE KEY/, 'a setting of the server'],
];

const FRAMES = /frame-ancestors 'none'/;

export interface Find {
  readonly kind: Kind;
  readonly evidence: string;
}

export interface Oracle {
  readonly marker: string | null;
  /** Keys of JSON that never come. */
  readonly sensitive: RegExp | null;
  /** Passwords and values of sensitive fields that were sent. */
  readonly secrets: () => readonly string[];
}

/** Names that are sensitive wherever they stand. */
export function sensitiveKeys(schema: Schema): RegExp | null {
  const columns = schema.tables.flatMap((table) => table.columns);
  const open = new Set(columns.filter((column) => !column.sensitive).map((column) => column.name));
  const names = columns.filter((column) => column.sensitive && !open.has(column.name)).map((column) => column.name);
  return names.length > 0 ? new RegExp(`"(${[...new Set(names)].join('|')})"\\s*:`) : null;
}

export function judge(reply: Reply, oracle: Oracle): readonly Find[] {
  if (reply.status === 0) return [];
  const { body } = reply;
  const finds: Find[] = [];
  const add = (kind: Kind, evidence: string) => finds.push({ kind, evidence });
  if (reply.status >= 500 && !isDocumented(reply)) add('server-error', `The answer is ${reply.status}.`);
  if (oracle.marker !== null && body.includes(oracle.marker)) {
    add('plant-read', 'The answer holds the mark that stands in a table which no path leads to.');
  }
  const key = reply.isGood ? oracle.sensitive?.exec(body)?.[1] : undefined;
  if (key !== undefined) add('sensitive-shown', `The answer has the field ${key}.`);
  if (oracle.secrets().some((secret) => body.includes(secret))) {
    add('secret-shown', 'The answer repeats a value that was sent in a sensitive field.');
  }
  const text = withoutPayload(body, reply.shot.payload);
  const told = [...ANYWHERE, ...(reply.isGood || isUnwritten(reply) ? [] : INSIDE)].find(([pattern]) =>
    pattern.test(text),
  );
  if (told) add('error-details', `The answer shows ${told[1]}.`);
  // What the parser of HTTP refuses never reaches what sets headers.
  const isParsed = reply.shot.method !== 'RAW' || reply.status < 400;
  const missing = isParsed ? missingHeaders(reply) : null;
  if (missing) add('headers-missing', missing);
  if (isKept(reply)) add('cacheable', 'The answer to a token has no Cache-Control: no-store.');
  return finds;
}

/**
 * An operation of a document that nobody has written yet, as its answer says: an address that is bent may lead there,
 * `/things/` with nothing behind it say. It names the file that waits to be written.
 */
function isUnwritten({ status, body }: Reply): boolean {
  return status === 501 && body.includes(' is not written yet');
}

/** That, too much at once, and a full database: said in so many words, with when to try again. */
function isDocumented(reply: Reply): boolean {
  if (isUnwritten(reply)) return true;
  const { status, headers } = reply;
  const isProblem = (headers['content-type'] ?? '').startsWith('application/problem+json');
  return isProblem && ((status === 503 && 'retry-after' in headers) || status === 507);
}

function missingHeaders({ headers }: Reply): string | null {
  if (headers['x-content-type-options'] !== 'nosniff') return 'The answer has no X-Content-Type-Options: nosniff.';
  const framed = headers['x-frame-options'] ?? headers['content-security-policy']?.match(FRAMES)?.[0];
  return framed === undefined ? 'The answer may be shown in a frame of any page.' : null;
}

/** What was told to somebody who is signed in, and may be told to the next one. */
function isKept({ shot, isGood, headers }: Reply): boolean {
  const isPrivate = shot.as || Object.hasOwn(shot.headers ?? {}, 'authorization');
  return isGood && Boolean(isPrivate) && !/\b(?:no-store|private)\b/.test(headers['cache-control'] ?? '');
}

/** An error may say what was wrong in the words of who sent it. */
function withoutPayload(body: string, payload: string | undefined): string {
  if (payload === undefined || payload === '') return body;
  const forms = [payload, ...payload.split(',')].flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
  let text = body;
  for (const form of forms) if (form.trim().length > 3) text = text.replaceAll(form, '');
  return text;
}
