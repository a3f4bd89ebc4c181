import { invalidFields } from './problem.ts';

const FARTHEST = 1_000_000_000;

/** What leads to the rows behind so many others. */
export function cursorAt(offset: number): string {
  return Buffer.from(`after ${offset}`).toString('base64url');
}

/** How many rows are before those that a cursor leads to; none without one. Throws 400. */
export function offsetAt(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const [, digits] = /^after (\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const offset = Number(digits ?? Number.NaN);
  if (offset <= FARTHEST) return offset;
  throw invalidFields([{ field: 'cursor', message: 'is none that a list has given' }]);
}
