import pluralize from 'pluralize';
import type { Column, Schema, Table } from './schema.ts';

/** Words for a table or a column in a sentence, quoted or not: one group. */
export const THING =
  '(?:(?:the|an?|each|every|all|our)\\s+)?(?:column |field |table )?["\'`]?([\\w. ]+?)["\'`]?(?:\\s+(?:column|field|table))?';
/** Where a column is, when a sentence says so: one group. */
export const PLACE =
  '(?:\\s+(?:of|in|on|from|for)\\s+(?:(?:the|an?|each|every|all|our)\\s+)?([\\w ]+?)(?:\\s+table)?)?';

/** A whole sentence that begins and ends as people write them. */
export const pattern = (text: string): RegExp => new RegExp(`^(?:please\\s+)?${text}[.!]?$`, 'i');

/** Words as names of a schema are written. */
export const snake = (words: string): string => words.trim().toLowerCase().replace(/\s+/g, '_');

/** A column and the table that has it. */
export interface Place {
  readonly table: Table;
  readonly column: Column;
}

/** The table of that name, said in the singular or the plural. */
export function tableNamed(words: string, { tables }: Schema): Table | null {
  const wanted = [snake(words), pluralize(snake(words))];
  return tables.find(({ name }) => wanted.includes(name)) ?? null;
}

/** The column that is meant, when there is exactly one. */
export function columnCalled(words: string, where: string | undefined, schema: Schema): Place | null {
  const [first, more] = placesCalled(words, where, schema);
  return first && !more ? first : null;
}

/** Columns by that name, in one table or in all: `title`, `posts.title`, "emails", "price" for `price_cents`. */
export function placesCalled(words: string, where: string | undefined, schema: Schema): readonly Place[] {
  const dot = words.indexOf('.');
  const [owner, title] = dot === -1 ? [where, words] : [words.slice(0, dot), words.slice(dot + 1)];
  const tables = owner === undefined ? schema.tables : [tableNamed(owner, schema)].filter((table) => table !== null);
  const name = snake(title);
  for (const wanted of [name, pluralize.singular(name), `${name}_cents`]) {
    const found = tables.flatMap((table) =>
      table.columns.filter((column) => column.name === wanted).map((column) => ({ table, column })),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** The schema with one column changed. */
export function withColumn(schema: Schema, { table, column }: Place, change: Partial<Column>): Schema {
  const columns = table.columns.map((other) => (other === column ? { ...column, ...change } : other));
  return { ...schema, tables: schema.tables.map((other) => (other === table ? { ...table, columns } : other)) };
}
