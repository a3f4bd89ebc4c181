/**
 * Where tables and columns lie in a database, by the numbers that PostgreSQL itself gives them. Names change with a
 * renaming, these do not: so they tell what is gone from what is only called otherwise.
 */
export interface TablePlace {
  readonly name: string;
  readonly oid: string;
  readonly columns: readonly { readonly name: string; readonly number: number }[];
}

/** What one state of a database has and a later one has not, by the names it had. */
export interface Gone {
  readonly tables: readonly string[];
  readonly columns: readonly { readonly table: string; readonly columns: readonly string[] }[];
}

export const NOTHING_GONE: Gone = { tables: [], columns: [] };

/**
 * What is there no more. Where no number is known any more the database was made anew, and names have to do. Pure.
 */
export function findGone(before: readonly TablePlace[], after: readonly TablePlace[]): Gone {
  const isSameDatabase = before.some(({ oid }) => after.some((table) => table.oid === oid));
  const found = before.map((table) => ({
    table,
    now: after.find(({ name, oid }) => (isSameDatabase ? oid === table.oid : name === table.name)),
  }));
  const lost = ({ table, now }: (typeof found)[number]) => {
    const isThere = (column: TablePlace['columns'][number]) =>
      now?.columns.some(({ name, number }) => (isSameDatabase ? number === column.number : name === column.name));
    return table.columns.filter((column) => !isThere(column)).map(({ name }) => name);
  };
  return {
    tables: found.filter(({ now }) => !now).map(({ table }) => table.name),
    columns: found
      .filter(({ now }) => now)
      .map((one) => ({ table: one.table.name, columns: lost(one) }))
      .filter(({ columns }) => columns.length > 0),
  };
}

/** Old name → new one, as `posts=articles` and `posts.title=headline` (by the old name of the table). Pure. */
export function findMoved(before: readonly TablePlace[], after: readonly TablePlace[]): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  for (const table of before) {
    const now = after.find(({ oid }) => oid === table.oid);
    if (!now) continue;
    if (now.name !== table.name) moved.set(table.name, now.name);
    for (const { name, number } of table.columns) {
      const column = now.columns.find((other) => other.number === number);
      if (column && column.name !== name) moved.set(`${table.name}.${name}`, column.name);
    }
  }
  return moved;
}
