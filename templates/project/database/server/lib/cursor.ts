import type { SortKey } from './list-query.ts';

/**
 * A cursor holds where the last row of a page stood: the values it was sorted by, as text. It leads on in lists of the
 * same rows in the same order only, and `source` says which these are.
 */

type Values = Readonly<Record<string, unknown>>;

export function encodeCursor(source: string, order: readonly SortKey[], row: Values): string {
  const position = order.map(({ name, column }) => {
    const value = row[name] ?? null;
    if (value === null) return null;
    return column.operators.includes('eq') ? String(value) : JSON.stringify(value);
  });
  return Buffer.from(JSON.stringify([source, ...position])).toString('base64url');
}

/** The position in a cursor; null when it is none of this list. */
export function decodeCursor(
  source: string,
  cursor: string,
  order: readonly SortKey[],
): unknown[] | null {
  const [from, ...texts] = parseCursor(cursor);
  if (from !== source || texts.length !== order.length) return null;
  const values: unknown[] = [];
  for (const [index, { column }] of order.entries()) {
    const text = texts[index];
    const result = text === null && column.nullable ? null : column.value.safeParse(text);
    if (result?.success === false) return null;
    values.push(result?.data ?? null);
  }
  return values;
}

function parseCursor(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
