import { type TablePart, type TableParts, tableParts } from '../ddl.ts';
import { readableIdentifier as name } from '../identifier.ts';
import type { Column, EnumType, Schema, Table } from '../schema.ts';
import { inverseRenames, type Renames, renameSchema } from './rename-schema.ts';

/** Something to be counted in the database as it is before. */
export interface Count {
  /** What is counted, in words that follow the number: `rows of posts have no slug`. */
  readonly what: string;
  /** Gives one row with `n`. */
  readonly sql: string;
}

/** Rows that keep a step from being done. */
export interface Obstacle extends Count {
  /** What to do about them: the flag to type, or what to change first. */
  readonly hint: string;
  /** The column whose missing values somebody can say: `posts.subtitle`. */
  readonly fills?: string;
}

/** One change of a database, in the order they have to be made. */
export interface Step {
  readonly order: number;
  /** A sentence: `Rename posts.title to headline.` */
  readonly what: string;
  readonly sql: readonly string[];
  /** What is lost; empty for a step that takes nothing away. */
  readonly losses: readonly Count[];
  readonly obstacles: readonly Obstacle[];
  /** What it does, for those that a service which runs would have to wait for. */
  readonly act?: Act;
}

/** What one migration file does, and the file that takes it back. */
export interface Segment {
  readonly up: readonly Step[];
  readonly down: readonly Step[];
  /** Its one statement runs outside a transaction, once, or again and again until it changes no row. */
  readonly alone?: 'once' | 'repeated';
}

/** Something that takes as long as a table has rows. */
export type Act =
  | { readonly kind: 'part'; readonly table: string; readonly part: TablePart }
  /** A column that is to be there, or required, with what rows without a value get. */
  | { readonly kind: 'require'; readonly table: Table; readonly column: Column; readonly fill: Fill | null }
  | { readonly kind: 'add'; readonly table: Table; readonly column: Column; readonly fill: Fill }
  /** Rows without a value get that of another column; `isNew`: of a column that comes with the same change. */
  | {
      readonly kind: 'copy';
      readonly table: Table;
      readonly column: Column;
      readonly fill: Fill;
      readonly isNew: boolean;
    };

/** Where in the order a step belongs: what depends on something goes first and comes back last. */
export const ORDER = {
  wallDown: 0,
  rename: 1,
  dropForeign: 2,
  dropPart: 3,
  dropTable: 4,
  dropColumn: 5,
  enums: 6,
  newTable: 7,
  column: 8,
  addKey: 9,
  addPart: 10,
  addForeign: 11,
  dropEnum: 12,
  wallUp: 13,
  comment: 14,
} as const;

/** What rows without a value get. */
export interface Fill {
  /** In SQL. */
  readonly value: string;
  /** The same for all rows, so that no row has to be written. */
  readonly constant: boolean;
  /** It may have none itself; then a row stays without. */
  readonly mayBeEmpty?: true;
}

/** How a change is to be made. */
export interface DiffOptions {
  readonly renames: Renames;
  /** `posts.subtitle` (new names) → the value that rows without one get. */
  readonly fills: ReadonlyMap<string, string>;
  /** `post_status.archived` → the value its rows get instead. */
  readonly moved: ReadonlyMap<string, string>;
  /** `posts.headline` → `title`: a column of the same table whose values rows without one get. */
  readonly copies: ReadonlyMap<string, string>;
  /** On the way back nobody is asked: what was lost is filled with something that fits. */
  readonly invents: boolean;
}

/** Two schemas side by side, the old one also under its new names. */
export interface DiffContext extends DiffOptions {
  readonly before: Schema;
  /** `before` under the names of `after`. */
  readonly base: Schema;
  readonly after: Schema;
  readonly was: ReadonlyMap<string, TableParts>;
  readonly will: ReadonlyMap<string, TableParts>;
  readonly kept: readonly TablePair[];
  readonly goneTables: readonly Table[];
  readonly newTables: readonly Table[];
  /** Enums that are made anew, since values are gone or stand in another order. */
  readonly rebuilt: ReadonlySet<string>;
  /** `posts.title`: columns whose type changes or that are gone, by their new names. */
  readonly touched: ReadonlySet<string>;
  /** Names as they are in the database before, quoted; null for what is not there yet. */
  oldTable(table: string): string | null;
  oldColumn(table: string, column: string): string | null;
}

/** A table before, under its new name, and after. */
export interface TablePair {
  readonly old: Table;
  readonly next: Table;
}

export function diffContext(before: Schema, after: Schema, options: DiffOptions): DiffContext {
  const base = renameSchema(before, options.renames);
  const back = inverseRenames(options.renames);
  const named = <T extends { readonly name: string }>(items: readonly T[], title: string) =>
    items.find((item) => item.name === title);
  const kept = after.tables.flatMap((next) => {
    const old = named(base.tables, next.name);
    return old ? [{ old, next }] : [];
  });
  const rebuilt = new Set(
    base.enums.filter((type) => needsRebuild(type, named(after.enums, type.name))).map((type) => type.name),
  );
  const oldTable = (table: string) => (named(base.tables, table) ? name(back.tables.get(table) ?? table) : null);
  const oldColumn = (table: string, column: string) => {
    const isThere = named(named(base.tables, table)?.columns ?? [], column);
    return isThere ? name(back.columns.get(`${table}.${column}`) ?? column) : null;
  };
  const goneTables = base.tables.filter((table) => !named(after.tables, table.name));
  return {
    ...options,
    before,
    base,
    after,
    was: tableParts(base),
    will: tableParts(after),
    kept,
    goneTables,
    newTables: after.tables.filter((table) => !named(base.tables, table.name)),
    rebuilt,
    touched: touchedColumns(kept, goneTables, rebuilt),
    oldTable,
    oldColumn,
  };
}

/** True when the new values are not the old ones with others in between. */
function needsRebuild(old: EnumType, next: EnumType | undefined): boolean {
  if (!next) return false;
  return next.values.filter((value) => old.values.includes(value)).join('\u0000') !== old.values.join('\u0000');
}

/** `char` is `char(1)`, and `numeric(5)` is `numeric(5, 0)`. */
function wholeType(type: string): string {
  if (type === 'char' || type === 'char[]') return type.replace('char', 'char(1)');
  return type.replace(/^numeric\((\d+)\)/, 'numeric($1, 0)');
}

export function changesType(old: Column, next: Column, rebuilt: ReadonlySet<string>): boolean {
  return wholeType(old.type) !== wholeType(next.type) || rebuilt.has(next.type);
}

function touchedColumns(
  kept: readonly TablePair[],
  gone: readonly Table[],
  rebuilt: ReadonlySet<string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { old, next } of kept) {
    for (const column of old.columns) {
      const heir = next.columns.find(({ name: title }) => title === column.name);
      if (!heir || changesType(column, heir, rebuilt)) found.add(`${old.name}.${column.name}`);
    }
  }
  for (const table of gone) for (const column of table.columns) found.add(`${table.name}.${column.name}`);
  return found;
}

export function step(order: number, what: string, sql: readonly string[], more: Partial<Step> = {}): Step {
  return { order, what, sql, losses: [], obstacles: [], ...more };
}

/** `SELECT count(*) AS n FROM …` */
export function countSql(table: string, where?: string): string {
  return `SELECT count(*) AS n FROM ${table}${where === undefined ? '' : ` WHERE ${where}`}`;
}
