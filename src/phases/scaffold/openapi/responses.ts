import { shape } from './row-schemas.ts';
import { componentRef, type Json } from './value-schema.ts';

function text(description: string): Json {
  return { description, schema: { type: 'string' } };
}

/** Headers of answers. */
export const SHARED_HEADERS: Readonly<Record<string, Json>> = {
  RequestId: { ...text('The id of the request, as the log has it.'), required: true },
  ETag: { ...text('The version of the row.'), required: true },
  OptionalETag: text('The version of the row; not of several rows, and not with `include`.'),
  OptionalLocation: text('The address of the new row; not of several rows.'),
  Location: { ...text('The address of the new account.'), required: true },
  Allow: { ...text('The methods of this address.'), required: true },
  Authenticate: { ...text('How to sign in.'), required: true },
  RetryAfter: {
    description: 'When to try again, in seconds.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
};

/** The headers of an answer, by their names; each answer has the id of its request. */
export function headers(names: Readonly<Record<string, string>> = {}): Json {
  const all = { 'X-Request-Id': 'RequestId', ...names };
  return Object.fromEntries(Object.entries(all).map(([name, header]) => [name, componentRef('headers', header)]));
}

/** An answer with a JSON body. */
export function jsonResponse(description: string, schema: Json, named: Readonly<Record<string, string>> = {}): Json {
  return { description, headers: headers(named), content: { 'application/json': { schema } } };
}

function problemResponse(description: string, named: Readonly<Record<string, string>> = {}): Json {
  const schema = componentRef('schemas', 'Problem');
  return { description, headers: headers(named), content: { 'application/problem+json': { schema } } };
}

/** What went wrong, for people and programs (RFC 9457). */
export const PROBLEM_SCHEMAS: Readonly<Record<string, Json>> = {
  Problem: shape(
    {
      type: { type: 'string', format: 'uri-reference' },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: { type: 'string' },
      errors: { type: 'array', items: componentRef('schemas', 'FieldProblem') },
    },
    ['type', 'title', 'status', 'detail'],
    'What went wrong (RFC 9457); `errors` names the fields at fault.',
  ),
  FieldProblem: shape({ field: { type: 'string' }, message: { type: 'string' } }),
};

const RETRY = { 'Retry-After': 'RetryAfter' } as const;

/** Failures, by the name of their component. */
export const PROBLEMS = {
  BadRequest: [400, problemResponse('The request is not valid; `errors` names the fields at fault.')],
  Unauthorized: [401, problemResponse('Nobody is signed in.', { 'WWW-Authenticate': 'Authenticate' })],
  Forbidden: [403, problemResponse('Not allowed for this account.')],
  NotFound: [404, problemResponse('There is no such row.')],
  MethodNotAllowed: [405, problemResponse('This address does not have this method.', { Allow: 'Allow' })],
  Conflict: [409, problemResponse('A value is taken, or other rows still refer to this one.')],
  PreconditionFailed: [412, problemResponse('The row was changed since it was read.')],
  ContentTooLarge: [413, problemResponse('The body is larger than 1 MB.')],
  UnsupportedMediaType: [415, problemResponse('The body is compressed, or no JSON in UTF-8.')],
  UnprocessableContent: [
    422,
    problemResponse('It refers to a row that does not exist, or the idempotency key was used for another request.'),
  ],
  TooManyRequests: [429, problemResponse('Too many attempts.', RETRY)],
  Unavailable: [503, problemResponse('The database does not answer now.', RETRY)],
  InsufficientStorage: [507, problemResponse('The storage limit is reached: rows can be read and deleted only.')],
} as const satisfies Readonly<Record<string, readonly [number, Json]>>;

export type ProblemName = keyof typeof PROBLEMS;

/** References to failures, by status. */
export function problems(...names: readonly ProblemName[]): Json {
  return Object.fromEntries(names.map((name) => [PROBLEMS[name][0], componentRef('responses', name)]));
}
