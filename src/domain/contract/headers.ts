import { NotPlain } from './not-plain.ts';
import { type ApiOperation, successOf } from './operations.ts';
import { isVariable, parentOf } from './paths.ts';

/** Headers of an answer of success that are understood. */
export interface AnswerHeaders {
  /** The parameter that finds the new row behind the path it was made at; null without `Location`. */
  readonly location: string | null;
  /** The header that tells how many rows there are: `x-total-count`; null without one. */
  readonly total: string | null;
}

const TOTAL = /^(?:x-)?(?:total(?:-count|-items)?|count|pagination-total(?:-count)?)$/;
/** What servers tell by themselves, or need not: `Link` is sent where a list goes on. */
const FREE =
  /^(?:link|content-(?:type|length|language)|date|etag|cache-control|x-request-id|x-rate-?limit-.*|ratelimit-.*)$/;

/** What the answer of an operation tells in headers. Throws `NotPlain` for one that it must have and nobody knows. */
export function headersOf(operation: ApiOperation, operations: readonly ApiOperation[]): AnswerHeaders {
  const headers = successOf(operation)?.headers ?? new Map<string, boolean>();
  const total = operation.method === 'get' ? [...headers.keys()].find((name) => TOTAL.test(name)) : undefined;
  const item = headers.has('location') && operation.method === 'post' ? itemBelow(operation, operations) : null;
  for (const [name, required] of headers) {
    const isKnown = name === total || (name === 'location' && item !== null) || FREE.test(name);
    if (required && !isKnown) throw new NotPlain(`nothing is known about the header ${name} of its answer`);
  }
  return { location: item, total: total ?? null };
}

/** `slug` of `/articles/{slug}`, where rows that are made at `/articles` are read. */
function itemBelow({ path }: ApiOperation, operations: readonly ApiOperation[]): string | null {
  const item = operations.find(
    ({ method, path: other }) => method === 'get' && other !== path && parentOf(other) === path,
  );
  const last = item?.segments.at(-1);
  return last !== undefined && isVariable(last) ? last.slice(1, -1) : null;
}
