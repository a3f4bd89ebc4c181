import { type ColumnType, parseColumnType } from '../column-type.ts';
import { isPlainIdentifier } from '../identifier.ts';
import { stripInvisible } from '../request.ts';
import type { Column, EnumType, Schema, Table } from '../schema.ts';

/** One thing that is wrong with a schema, and where: `tables.posts.columns.author_id.references`. */
export interface SchemaProblem {
  readonly path: string;
  readonly message: string;
}

export type Report = (path: string, message: string) => void;

/** What every rule gets to see. Only well-shaped tables and enums are in `schema`. */
export interface RuleContext {
  readonly schema: Schema;
  readonly tables: ReadonlyMap<string, Table>;
  readonly enums: ReadonlyMap<string, EnumType>;
  /** Names of tables and enums that are there but broken; nothing is said about references to them. */
  readonly unreadable: ReadonlySet<string>;
  readonly report: Report;
}

/** `posts`, or `[2]` where the name cannot stand in a path or would be ambiguous. */
function pathPart(name: string, index: number, all: readonly { readonly name: string }[]): string {
  const clear = isPlainIdentifier(name) && all.filter((other) => other.name === name).length === 1;
  return clear ? `.${name}` : `[${index}]`;
}

export function tablePath(table: Table, schema: Schema): string {
  return `tables${pathPart(table.name, schema.tables.indexOf(table), schema.tables)}`;
}

export function columnPath(column: Column, table: Table, schema: Schema): string {
  const part = pathPart(column.name, table.columns.indexOf(column), table.columns);
  return `${tablePath(table, schema)}.columns${part}`;
}

export function enumPath(type: EnumType, schema: Schema): string {
  return `enums${pathPart(type.name, schema.enums.indexOf(type), schema.enums)}`;
}

/** The type of a column: built in, one of the enums, or null when it is neither. */
export function resolveType(column: Column, context: RuleContext): ColumnType | EnumType | null {
  return parseColumnType(column.type) ?? context.enums.get(column.type) ?? null;
}

export function isEnum(type: ColumnType | EnumType): type is EnumType {
  return 'values' in type;
}

/** A text as it may appear in a message: short, quoted, nothing invisible in it. */
export function show(text: string): string {
  const shown = JSON.stringify(stripInvisible(text));
  return shown.length > 70 ? `${shown.slice(0, 66)}…"` : shown;
}

/** No NUL, control, zero-width or bidirectional characters and no half of a surrogate pair. */
export function isVisibleText(text: string): boolean {
  return stripInvisible(text) === text && !/\p{Surrogate}/u.test(text);
}

/** A type whose values PostgreSQL can order and compare; `json` is the only one that it cannot. */
export function isComparable(type: ColumnType | EnumType): boolean {
  return isEnum(type) || type.base !== 'json';
}

/** Two lists with the same members in any order. */
export function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item));
}
