import type { H3Event } from 'nitro/h3';
import { z } from 'zod';
import { problem } from './problem.ts';
import { check } from './request.ts';

/** Which part of a list is wanted. */
export interface PageQuery<Cursor> {
  /** What is listed; a cursor leads on in the list it came from only. */
  readonly collection: string;
  /** 1 … 100. */
  readonly limit: number;
  readonly offset: number;
  /** Position of the last row that was seen; wins over `offset`, which is 0 then. */
  readonly after: Cursor | undefined;
}

export interface Page<Row> {
  readonly data: readonly Row[];
  /** For the next request; null at the end. */
  readonly nextCursor: string | null;
}

function wholeNumber(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
}

const querySchema = z.strictObject({
  limit: wholeNumber(1, 100).default(20),
  offset: wholeNumber(0, 1_000_000).default(0),
  cursor: z.string().max(4096).optional(),
});

/** Reads `?limit=&offset=&cursor=`. Throws 400. */
export function readPageQuery<T extends z.ZodType>(
  event: H3Event,
  collection: string,
  cursorSchema: T,
): PageQuery<z.output<T>> {
  const { limit, offset, cursor } = check(querySchema, readParameters(event));
  if (!cursor) return { collection, limit, offset, after: undefined };
  if (offset > 0) throw cursorProblem('cannot be combined with offset');
  const after = cursorSchema.safeParse(decodeCursor(collection, cursor));
  if (!after.success) throw cursorProblem('is not a cursor of this list');
  return { collection, limit, offset, after: after.data };
}

/** The query parameters by name. Throws 400 when one is given more than once. */
function readParameters({ url }: H3Event): Record<string, string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of url.searchParams.keys()) (seen.has(name) ? repeated : seen).add(name);
  if (repeated.size === 0) return Object.fromEntries(url.searchParams);
  const errors = [...repeated].map((field) => ({ field, message: 'must be given only once' }));
  throw problem(400, 'Some fields are not valid.', { errors });
}

function cursorProblem(message: string): Error {
  return problem(400, 'The cursor is not valid.', { errors: [{ field: 'cursor', message }] });
}

function encodeCursor(collection: string, position: unknown): string {
  return Buffer.from(JSON.stringify([collection, position])).toString('base64url');
}

/** The position in a cursor; undefined when it is none of this collection. */
function decodeCursor(collection: string, cursor: string): unknown {
  try {
    const [source, position] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return source === collection ? position : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a page of rows that were asked for with one more than `limit`. */
export function toPage<Row>(
  rows: readonly Row[],
  { collection, limit }: PageQuery<unknown>,
  cursorOf: (row: Row) => unknown,
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, nextCursor: more ? encodeCursor(collection, cursorOf(last)) : null };
}
