import type { H3Event } from 'nitro/h3';
import { MORE } from './budget.ts';
import { cursorAt, offsetAt } from './page-cursor.ts';

/** Of a list that the document gives no parameters for pages. Statements ask for one more. */
const MOST_ROWS = 1000;

/** How many rows are before those that are asked for: `?cursor=` is what a link to the next part says. */
export function offsetOf({ url }: H3Event): number {
  return offsetAt(url.searchParams.get('cursor') ?? undefined);
}

/** The rows of one part. Where others follow, the header `Link` leads to them (RFC 8288). */
export function partOf<R extends object>(event: H3Event, all: readonly R[], offset: number): R[] {
  const rows = all.filter((row) => row !== MORE).slice(0, MOST_ROWS);
  if (rows.length < all.length) {
    const query = new URLSearchParams(event.url.searchParams);
    query.set('cursor', cursorAt(offset + rows.length));
    event.res.headers.set('link', `<${event.url.pathname}?${query}>; rel="next"`);
  }
  return rows;
}
