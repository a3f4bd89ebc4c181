import type { Sendable } from './lane.ts';
import { types } from './types.ts';

/**
 * How many characters of values one SELECT may bring, and how many of JSON a page may have; a page of larger rows has
 * fewer of them. A hundred rows of a megabyte each would be more than a small machine has.
 */
export const MAX_PAGE_LENGTH = 8 * 1024 * 1024;

/** The last row of a result that was cut: others would follow. */
export const MORE = Object.freeze({});

/** What is not kept. */
const DROPPED = Symbol('dropped');

/** Counts the values of one result, and drops those that are too much; of the first row none. */
class Meter {
  #left = MAX_PAGE_LENGTH;
  #columns = 0;
  #column = 0;
  #rows = 0;

  /** Asked once for each column, in their order. */
  getTypeParser(id: number): (text: string) => unknown {
    const parse = types.getTypeParser(id);
    const column = ++this.#columns;
    return (text) => {
      // What is empty is not parsed, but no row is empty.
      if (column <= this.#column || this.#rows === 0) this.#rows += 1;
      this.#column = column;
      this.#left -= text.length;
      return this.#left < 0 && this.#rows > 1 ? DROPPED : parse(text);
    };
  }

  /** The rows that are whole, and MORE if there were others. */
  cut<R extends object>(rows: R[]): R[] {
    if (this.#left >= 0) return rows;
    const end = rows.findIndex((row) => Object.values(row).includes(DROPPED));
    return end < 0 ? rows : [...rows.slice(0, end), MORE as R];
  }
}

/** The rows that `read` brings, as far as there is room for them; then MORE. The first one is always there. */
export async function withinBudget<R extends object>(
  statement: Sendable,
  read: (metered: Sendable) => Promise<R[]>,
): Promise<R[]> {
  const meter = new Meter();
  return meter.cut(await read({ ...statement, types: meter }));
}
