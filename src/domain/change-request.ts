import pluralize from 'pluralize';
import { renameSchema } from './diff.ts';
import { TurboError } from './errors.ts';
import type { Column, Schema, Table } from './schema.ts';
import { schemaWithout } from './schema-without.ts';

/** A sentence that changes a part of a schema by its name. */
export interface NamedChange {
  readonly schema: Schema;
  /** Old name → new one: `posts` or `posts.title`. */
  readonly renames: ReadonlyMap<string, string>;
  /** What is gone for good: `posts` or `posts.title`. */
  readonly dropped: ReadonlySet<string>;
}

const THING = '(?:the\\s+)?(?:column |field |table )?["\'`]?([\\w. ]+?)["\'`]?';
const PLACE = '(?:\\s+(?:of|in|on|from)\\s+(?:the\\s+)?([\\w ]+?)(?:\\s+table)?)?';
const pattern = (text: string) => new RegExp(`^(?:please\\s+)?${text}[.!]?$`, 'i');

const RENAME = pattern(`(?:rename|call)\\s+${THING}${PLACE}\\s+(?:to|as|into)\\s+["'\`]?([\\w ]+?)["'\`]?`);
const REMOVE = pattern(`(?:remove|drop|delete|take away|no more)\\s+${THING}${PLACE}`);
const ADJECTIVE = pattern(
  `(?:make\\s+)?${THING}${PLACE}\\s+(?:(?:must|should|has to|have to|is|are|shall|can|may)\\s+)?(?:be\\s+)?(unique|optional|nullable|empty|required|mandatory)`,
);

const NOTHING: Pick<NamedChange, 'renames' | 'dropped'> = { renames: new Map(), dropped: new Set() };

/**
 * Reads a sentence about something that the schema has: renamed, taken away, unique, optional, required. Null when it
 * says something else, or something that is not there, or is there several times: then it is for a model. Throws
 * `schema.invalid` for what people sign in with.
 */
export function namedChange(text: string, schema: Schema): NamedChange | null {
  const sentence = text.trim().replace(/\s+/g, ' ');
  const renamed = RENAME.exec(sentence);
  if (renamed) return rename(renamed[1] ?? '', renamed[2], snake(renamed[3] ?? ''), schema);
  const removed = REMOVE.exec(sentence);
  if (removed) return remove(removed[1] ?? '', removed[2], schema);
  const said = ADJECTIVE.exec(sentence);
  return said ? qualify(said[1] ?? '', said[2], (said[3] ?? '').toLowerCase(), schema) : null;
}

/** Whether a sentence wants another name for something; no model may guess what. */
export const isRenaming = (text: string): boolean => RENAME.test(text.trim().replace(/\s+/g, ' '));

/** Why a sentence of this kind changes nothing: what it names is not there, or is there several times. Null for others. */
export function unfound(text: string, schema: Schema): string | null {
  const sentence = text.trim().replace(/\s+/g, ' ');
  const [, words, where] = RENAME.exec(sentence) ?? REMOVE.exec(sentence) ?? ADJECTIVE.exec(sentence) ?? [];
  if (words === undefined) return null;
  if (where !== undefined && !tableCalled(where, schema)) return `There is no table "${where}".`;
  const places = placesCalled(words, where, schema).map(({ table, column }) => `${table.name}.${column.name}`);
  return places.length > 1
    ? `Several are called "${words}": say which of ${places.join(', ')}.`
    : `No ${where === undefined ? 'table or column' : `column of ${where}`} is called "${words}".`;
}

const snake = (words: string): string => words.trim().toLowerCase().replace(/\s+/g, '_');

function tableCalled(words: string, { tables }: Schema): Table | null {
  const wanted = [snake(words), pluralize(snake(words))];
  return tables.find(({ name }) => wanted.includes(name)) ?? null;
}

interface Place {
  readonly table: Table;
  readonly column: Column;
}

/** The column that is meant, when there is exactly one. */
function columnCalled(words: string, where: string | undefined, schema: Schema): Place | null {
  const [first, more] = placesCalled(words, where, schema);
  return first && !more ? first : null;
}

function placesCalled(words: string, where: string | undefined, schema: Schema): readonly Place[] {
  const dot = words.indexOf('.');
  const [owner, title] = dot === -1 ? [where, words] : [words.slice(0, dot), words.slice(dot + 1)];
  const tables = owner === undefined ? schema.tables : [tableCalled(owner, schema)].filter((table) => table !== null);
  return tables.flatMap((table) =>
    table.columns.filter(({ name }) => name === snake(title)).map((column) => ({ table, column })),
  );
}

function assertNotSignedInWith(place: Place, { accounts }: Schema, what: string): void {
  const { table, column } = place;
  if (!accounts || accounts.table !== table.name) return;
  if (column.name === accounts.login) throw notPossible(place, what, `${table.name} sign in with it`);
  if (column.name === accounts.password)
    throw notPossible(place, what, `${table.name} are known by it when they sign in`);
  if (column.name === accounts.role) throw notPossible(place, what, `it says what each of the ${table.name} may do`);
}

function notPossible({ table, column }: Place, what: string, why: string): TurboError {
  return new TurboError('schema.invalid', `${table.name}.${column.name} cannot be ${what}: ${why}.`, {
    hint: 'Nothing was changed.',
  });
}

function withColumn(schema: Schema, { table, column }: Place, change: Partial<Column>): Schema {
  const columns = table.columns.map((other) => (other === column ? { ...column, ...change } : other));
  return { ...schema, tables: schema.tables.map((other) => (other === table ? { ...table, columns } : other)) };
}

function rename(words: string, where: string | undefined, to: string, schema: Schema): NamedChange | null {
  const place = columnCalled(words, where, schema);
  if (place) {
    const from = `${place.table.name}.${place.column.name}`;
    return { ...NOTHING, schema: withNames(schema, new Map(), new Map([[from, to]])), renames: new Map([[from, to]]) };
  }
  const table = where === undefined ? tableCalled(words, schema) : null;
  if (!table) return null;
  const name = pluralize(to);
  const renames = new Map([[table.name, name]]);
  return { ...NOTHING, schema: withNames(schema, renames, new Map()), renames };
}

function withNames(schema: Schema, tables: Names, columns: Names): Schema {
  return renameSchema(schema, { tables, columns, enums: new Map(), values: new Map() });
}

type Names = ReadonlyMap<string, string>;

function remove(words: string, where: string | undefined, schema: Schema): NamedChange | null {
  const table = where === undefined ? tableCalled(words, schema) : null;
  const place = table ? null : columnCalled(words, where, schema);
  const removal = {
    tables: new Set(table ? [table.name] : []),
    columns: new Set(place ? [`${place.table.name}.${place.column.name}`] : []),
    accounts: false,
  };
  if (place) assertNotSignedInWith(place, schema, 'taken away');
  const next = schemaWithout(schema, removal);
  if (JSON.stringify(next) === JSON.stringify(schema)) return null;
  return { ...NOTHING, schema: next, dropped: goneFrom(schema, next) };
}

/** What one schema has and another has not. */
function goneFrom(schema: Schema, next: Schema): ReadonlySet<string> {
  return new Set(
    schema.tables.flatMap((table) => {
      const heir = next.tables.find(({ name }) => name === table.name);
      if (!heir) return [table.name];
      const isThere = (column: Column) => heir.columns.some(({ name }) => name === column.name);
      return table.columns.filter((column) => !isThere(column)).map(({ name }) => `${table.name}.${name}`);
    }),
  );
}

function qualify(words: string, where: string | undefined, adjective: string, schema: Schema): NamedChange | null {
  const place = columnCalled(words, where, schema);
  if (!place) return null;
  if (['optional', 'nullable', 'empty'].includes(adjective)) {
    assertNotSignedInWith(place, schema, 'empty');
    if (place.column.primaryKey) throw notPossible(place, 'empty', 'rows are told apart by it');
  }
  const change =
    adjective === 'unique' ? { unique: true } : { nullable: adjective !== 'required' && adjective !== 'mandatory' };
  return { ...NOTHING, schema: withColumn(schema, place, change) };
}
