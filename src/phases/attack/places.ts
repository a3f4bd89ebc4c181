import { accessOf } from '../../domain/access.ts';
import { parseColumnType } from '../../domain/column-type.ts';
import { embeddings, isNested } from '../../domain/embedding.ts';
import { isComparable, nestedPath, outputColumns, resourcePath } from '../../domain/rest.ts';
import { sampleValue } from '../../domain/sample-values.ts';
import { type Column, primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import { headerPlaces, type Place } from './header-places.ts';
import type { Person } from './person.ts';
import type { Shot } from './reply.ts';
import type { Scene } from './scene.ts';
import { pathOf, type Specimen } from './stock.ts';

const OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'like', 'null'] as const;
const UNLIKELY_SEED = 7_654_321;

/** All of a table; `body` and `specimen` are of somebody who attacks. */
export function placesOf(
  table: Table,
  given: { readonly specimen: Specimen | null; readonly body: object | null; readonly cursor: string | null },
  { schema, people, stock }: Scene,
): readonly Place[] {
  const as = people?.cast.attacker ?? null;
  const path = resourcePath(table);
  const key = primaryKey(table);
  const list = (name: string, harmless: string, takes: Place['takes'] = 'value'): Place =>
    queryPlace(table, `GET ${path} ?${name}`, path, name, harmless, takes, as);
  const filters = outputColumns(table).flatMap((column) => filterPlaces(table, column, schema, as));
  const settings = [
    list('sort', key[0]?.name ?? '', 'name'),
    list('fields', key[0]?.name ?? '', 'name'),
    list('include', '', 'name'),
    list('limit', '3'),
    list('offset', '0'),
    list('cursor', Buffer.from(JSON.stringify([`${table.name} `, 'a', 'a'])).toString('base64url')),
    list('count', 'true'),
    list("id'", '1', 'name'),
    ...cursorPlaces(table, given.cursor, as),
  ];
  const unknown = unknownPath(table, schema);
  const inPath: Place[] = [
    pathPlace(table, 'GET', unknown, as),
    ...(accessOf(table, schema).write === 'admins' ? [] : [pathPlace(table, 'DELETE', unknown, as)]),
    ...nestedPlaces(table, unknown, schema, as),
  ];
  return [...filters, ...settings, ...inPath, ...headerPlaces(table, { ...given, as: stock.maker(table, as) }, schema)];
}

function queryPlace(
  table: Table,
  where: string,
  path: string,
  name: string,
  harmless: string,
  takes: Place['takes'],
  as: Person | null,
): Place {
  const shot = (text: string): Shot => ({
    method: 'GET',
    path: `${path}?${encodeURIComponent(name)}=${encodeURIComponent(text)}`,
    as,
    where,
    payload: text,
  });
  return { where, table, takes, harmless, shot };
}

/** Each operator has a branch of its own in a server. */
function filterPlaces(table: Table, column: Column, schema: Schema, as: Person | null): Place[] {
  if (!isComparable(column)) return [];
  const path = resourcePath(table);
  const kind = parseColumnType(column.type)?.kind;
  const isText = kind === 'text';
  const value = harmlessValue(column, schema);
  return OPERATORS.filter((operator) => operator !== 'like' || isText).map((operator) => {
    const name = operator === 'eq' ? column.name : `${column.name}[${operator}]`;
    return queryPlace(table, `GET ${path} ?${name}`, path, name, operator === 'null' ? 'true' : value, 'value', as);
  });
}

/** Of no row; short where payloads must fit into a text behind it. */
function harmlessValue(column: Column, schema: Schema): string {
  const type = parseColumnType(column.type);
  if (type?.kind === 'text' && !type.array) return 'q';
  return String(sampleValue({ ...column, unique: true }, schema, UNLIKELY_SEED));
}

/** A cursor holds values: the last of them may be one that was never given out. */
function cursorPlaces(table: Table, cursor: string | null, as: Person | null): Place[] {
  if (cursor === null) return [];
  const path = resourcePath(table);
  return ['', `&sort=-${primaryKey(table)[0]?.name}`].map((sort) => {
    const where = `GET ${path} ?cursor (its values)${sort}`;
    const shot = (text: string): Shot => {
      const changed = withLastValue(cursor, sort === '' ? '' : `-${primaryKey(table)[0]?.name}`, text);
      return { method: 'GET', path: `${path}?cursor=${changed}${sort}`, as, where, payload: text };
    };
    return { where, table, takes: 'value', harmless: '1', shot };
  });
}

/** Ours are JSON in base64: which list in which order, then the values of the last row. */
function withLastValue(cursor: string, sort: string, text: string): string {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parts)) return cursor;
    const changed = sort === '' ? [...parts.slice(0, -1), text] : [`${String(parts[0]).trimEnd()} ${sort}`, text];
    return Buffer.from(JSON.stringify(changed)).toString('base64url');
  } catch {
    return cursor;
  }
}

/** The path of a row that is not there; the last part is where payloads go. */
function unknownPath(table: Table, schema: Schema): { readonly before: string; readonly last: string } {
  const row = Object.fromEntries(primaryKey(table).map((column) => [column.name, harmlessValue(column, schema)]));
  const path = pathOf(table, row);
  const at = path.lastIndexOf('/');
  return { before: path.slice(0, at), last: decodeURIComponent(path.slice(at + 1)) };
}

type Unknown = ReturnType<typeof unknownPath>;

function pathPlace(table: Table, method: string, { before, last }: Unknown, as: Person | null): Place {
  const where = `${method} ${before}/{key}`;
  const shot = (text: string): Shot => ({
    method,
    path: `${before}/${encodeURIComponent(text)}`,
    as,
    where,
    payload: text,
  });
  return { where, table, takes: 'value', harmless: last, shot };
}

function nestedPlaces(table: Table, { before, last }: Unknown, schema: Schema, as: Person | null): Place[] {
  return embeddings(table, schema)
    .filter((embedding) => isNested(embedding, table))
    .map((embedding): Place => {
      const where = `GET ${before}/{key}/${nestedPath(embedding)}`;
      const shot = (text: string): Shot => ({
        method: 'GET',
        path: `${before}/${encodeURIComponent(text)}/${nestedPath(embedding)}`,
        as,
        where,
        payload: text,
      });
      return { where, table, takes: 'value', harmless: last, shot };
    });
}
