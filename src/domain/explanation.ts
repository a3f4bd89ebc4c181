import type { Growth } from './growth.ts';
import { relationsOf } from './relations.ts';
import type { EnumType, Schema, Table } from './schema.ts';

/** Where a part of a design comes from. */
export type Origin =
  /** Words of the request, exactly as they stand there. */
  | { readonly kind: 'request'; readonly quote: string }
  /** What is known about such things (`<file>/<entity>` below templates/planner/domains), and what it is needed for. */
  | { readonly kind: 'lexicon'; readonly entry: string; readonly because: string }
  /** It was a part of the ready design that was started from. */
  | { readonly kind: 'template'; readonly template: string }
  /** A place in the description of an API that somebody brought, as a JSON pointer. */
  | { readonly kind: 'contract'; readonly pointer: string }
  /** A rule of the model, as a sentence for people. */
  | { readonly kind: 'rule'; readonly rule: string };

export interface NamedReason {
  readonly name: string;
  readonly origin: Origin;
}

/** Why several columns of a table stand together. */
export interface GroupReason {
  readonly columns: readonly string[];
  readonly origin: Origin;
}

/** A foreign key and the table it refers to. */
export interface RelationReason extends GroupReason {
  readonly table: string;
}

export interface TableReason extends NamedReason {
  /** In the order of the schema, like everything here. */
  readonly columns: readonly NamedReason[];
  readonly relations: readonly RelationReason[];
  /** Uniques over one column and over several. */
  readonly uniques: readonly GroupReason[];
  /** Limits of one column, and comparisons of two. */
  readonly checks: readonly GroupReason[];
}

/** Why a design is as it is. It lies beside the schema: no part of the schema depends on it. */
export interface Explanation {
  readonly tables: readonly TableReason[];
  readonly enums: readonly NamedReason[];
  /** What nobody said and was decided all the same, a sentence each. */
  readonly assumptions: readonly string[];
  /** Parts of the request that nothing in the design stands for, quoted. */
  readonly leftOut: readonly string[];
}

/** A schema, and why it is so. */
export interface Design {
  readonly schema: Schema;
  readonly explanation: Explanation;
}

/** A schema to start from, and what it is called. */
export interface DesignBase {
  readonly name: string;
  readonly schema: Schema;
  /** What the request adds to a table, where its grammar was read already. */
  readonly growth?: Growth;
}

/** A part of a schema that has an origin. */
export type Part =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'enum'; readonly type: EnumType }
  | {
      readonly kind: 'column' | 'relation' | 'unique' | 'check';
      readonly table: Table;
      readonly columns: readonly string[];
    };

/** Asks for the origin of every part of a schema, so that none is without one. */
export function reasonsOf(schema: Schema, originOf: (part: Part) => Origin): Pick<Explanation, 'tables' | 'enums'> {
  return {
    tables: schema.tables.map((table) => tableReason(table, originOf)),
    enums: schema.enums.map((type) => ({ name: type.name, origin: originOf({ kind: 'enum', type }) })),
  };
}

function tableReason(table: Table, originOf: (part: Part) => Origin): TableReason {
  const group = (kind: 'unique' | 'check') => (columns: readonly string[]) => ({
    columns,
    origin: originOf({ kind, table, columns }),
  });
  const uniques = [...table.columns.filter(({ unique }) => unique).map(({ name }) => [name]), ...table.uniques];
  const limited = table.columns.filter(({ check }) => check !== null).map(({ name }) => [name]);
  return {
    name: table.name,
    origin: originOf({ kind: 'table', table }),
    columns: table.columns.map(({ name }) => ({ name, origin: originOf({ kind: 'column', table, columns: [name] }) })),
    relations: relationsOf(table).map(({ columns, target }) => ({
      columns,
      table: target.table,
      origin: originOf({ kind: 'relation', table, columns }),
    })),
    uniques: uniques.map(group('unique')),
    checks: [...limited, ...table.checks.map(({ left, right }) => [left, right])].map(group('check')),
  };
}

/** The same reasons with other origins. */
export function mapOrigins(explanation: Explanation, change: (origin: Origin) => Origin): Explanation {
  const mapped = <T extends { readonly origin: Origin }>(items: readonly T[]) =>
    items.map((item) => ({ ...item, origin: change(item.origin) }));
  const tables = explanation.tables.map((table) => ({
    ...table,
    origin: change(table.origin),
    columns: mapped(table.columns),
    relations: mapped(table.relations),
    uniques: mapped(table.uniques),
    checks: mapped(table.checks),
  }));
  return { ...explanation, tables, enums: mapped(explanation.enums) };
}

/** A schema that was there already, with no more to say about it than where it is from. */
export function explainedBy(schema: Schema, origin: Origin): Design {
  return { schema, explanation: { ...reasonsOf(schema, () => origin), assumptions: [], leftOut: [] } };
}
