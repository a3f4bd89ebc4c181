import pluralize from 'pluralize';
import { renameSchema } from './diff.ts';
import { TurboError } from './errors.ts';
import { ruleChange } from './rule-request.ts';
import type { Column, Schema } from './schema.ts';
import {
  columnCalled,
  PLACE,
  type Place,
  pattern,
  placesCalled,
  snake,
  THING,
  tableNamed,
  withColumn,
} from './schema-place.ts';
import { schemaWithout } from './schema-without.ts';

/** A sentence that changes a part of a schema by its name. */
export interface NamedChange {
  readonly schema: Schema;
  /** Old name → new one: `posts` or `posts.title`. */
  readonly renames: ReadonlyMap<string, string>;
  /** What is gone for good: `posts` or `posts.title`. */
  readonly dropped: ReadonlySet<string>;
}

const NEW_NAME = `["'\`]?([\\w ]+?)["'\`]?`;
const RENAMES = [
  pattern(`(?:rename|call)\\s+${THING}${PLACE}\\s+(?:to|as|into)\\s+${NEW_NAME}`),
  pattern(
    `${THING}${PLACE}\\s+(?:should|must|shall|has to|have to|is to|are to)\\s+(?:now\\s+)?be\\s+(?:called|named|renamed(?:\\s+to)?)\\s+${NEW_NAME}`,
  ),
];
const REMOVE = pattern(
  `(?:(?:remove|drop|delete|take away|no more|get rid of|throw away|we\\s+(?:do not|don't|no longer)\\s+need)(?:\\s+any\\s?more)?)\\s+${THING}${PLACE}(?:\\s+any\\s?more)?`,
);
const STATES = 'unique|optional|nullable|empty|required|mandatory';
const ADJECTIVE = pattern(
  `(?:make\\s+)?${THING}${PLACE}\\s+(?:(?:must|should|has to|have to|is|are|shall|can|may)\\s+)?(?:be\\s+)?((?:${STATES})(?:(?:\\s+and\\s+|,\\s*)(?:${STATES}))?)`,
);

const NOTHING: Pick<NamedChange, 'renames' | 'dropped'> = { renames: new Map(), dropped: new Set() };

/**
 * Reads a sentence about something that the schema has: renamed, taken away, unique, optional, required. Null when it
 * says something else, or something that is not there, or is there several times: then it is for a model. Throws
 * `schema.invalid` for what people sign in with.
 */
export function namedChange(text: string, schema: Schema): NamedChange | null {
  const sentence = text.trim().replace(/\s+/g, ' ');
  const renamed = renamingIn(sentence);
  if (renamed) return rename(renamed[1] ?? '', renamed[2], snake(renamed[3] ?? ''), schema);
  const removed = REMOVE.exec(sentence);
  if (removed) return remove(removed[1] ?? '', removed[2], schema);
  const said = ADJECTIVE.exec(sentence);
  if (said) return qualify(said[1] ?? '', said[2], (said[3] ?? '').toLowerCase(), schema);
  const ruled = ruleChange(sentence, schema);
  return ruled ? { ...NOTHING, schema: ruled } : null;
}

/** Whether a sentence wants another name for something; no model may guess what. */
export const isRenaming = (text: string): boolean => renamingIn(text.trim().replace(/\s+/g, ' ')) !== null;

function renamingIn(sentence: string): RegExpExecArray | null {
  return RENAMES.map((one) => one.exec(sentence)).find((found) => found !== null) ?? null;
}

/** Why a sentence of this kind changes nothing: what it names is not there, or is there several times. Null for others. */
export function unfound(text: string, schema: Schema): string | null {
  const sentence = text.trim().replace(/\s+/g, ' ');
  const [, words, where] = renamingIn(sentence) ?? REMOVE.exec(sentence) ?? ADJECTIVE.exec(sentence) ?? [];
  if (words === undefined) return null;
  if (where !== undefined && !tableNamed(where, schema)) return `There is no table "${where}".`;
  const table = where === undefined ? tableNamed(words, schema) : null;
  if (table && table.name === schema.accounts?.table) return `${table.name} cannot go: people sign in with them.`;
  if (table) return `This cannot be said of all of ${table.name}: name a column.`;
  const places = placesCalled(words, where, schema).map(({ table, column }) => `${table.name}.${column.name}`);
  return places.length > 1
    ? `Several are called "${words}": say which of ${places.join(', ')}.`
    : `No ${where === undefined ? 'table or column' : `column of ${where}`} is called "${words}".`;
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

function rename(words: string, where: string | undefined, to: string, schema: Schema): NamedChange | null {
  const place = columnCalled(words, where, schema);
  if (place) {
    const from = `${place.table.name}.${place.column.name}`;
    return { ...NOTHING, schema: withNames(schema, new Map(), new Map([[from, to]])), renames: new Map([[from, to]]) };
  }
  const table = where === undefined ? tableNamed(words, schema) : null;
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
  const table = where === undefined ? tableNamed(words, schema) : null;
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

function qualify(words: string, where: string | undefined, adjectives: string, schema: Schema): NamedChange | null {
  const place = columnCalled(words, where, schema);
  if (!place) return null;
  const said = new Set(adjectives.split(/\s+and\s+|,\s*/));
  const isOptional = ['optional', 'nullable', 'empty'].some((word) => said.has(word));
  if (isOptional) {
    assertNotSignedInWith(place, schema, 'empty');
    if (place.column.primaryKey) throw notPossible(place, 'empty', 'rows are told apart by it');
  }
  const isRequired = said.has('required') || said.has('mandatory');
  const change = {
    ...(said.has('unique') ? { unique: true } : {}),
    ...(isOptional || isRequired ? { nullable: !isRequired } : {}),
  };
  return { ...NOTHING, schema: withColumn(schema, place, change) };
}
