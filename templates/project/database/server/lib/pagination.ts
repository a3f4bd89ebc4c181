import type { H3Event } from 'nitro/h3';
import { z } from 'zod';
import { problem } from './problem.ts';
import { check } from './request.ts';

/** Which part of a list is wanted. */
export interface PageQuery<Cursor> {
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
  cursorSchema: T,
): PageQuery<z.output<T>> {
  const { limit, offset, cursor } = check(querySchema, Object.fromEntries(event.url.searchParams));
  if (!cursor) return { limit, offset, after: undefined };
  if (offset > 0) throw cursorProblem('cannot be combined with offset');
  const after = cursorSchema.safeParse(decodeCursor(cursor));
  if (!after.success) throw cursorProblem('is not a cursor of this list');
  return { limit, offset, after: after.data };
}

function cursorProblem(message: string): Error {
  return problem(400, 'The cursor is not valid.', { errors: [{ field: 'cursor', message }] });
}

function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Makes a page of rows that were asked for with one more than `limit`. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => unknown,
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    data,
    nextCursor: more ? Buffer.from(JSON.stringify(cursorOf(last))).toString('base64url') : null,
  };
}
