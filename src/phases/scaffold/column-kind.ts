import type { ValueKind } from '../../domain/column-type.ts';
import type { Column } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';

/** What may be asked of a column: the functions of `server/lib/columns.ts`. */
export type ColumnKind = 'text' | 'ordered' | 'equal' | 'bytes' | 'json' | 'list';

const COLUMN_KINDS: Readonly<Record<ValueKind, ColumnKind>> = {
  text: 'text',
  integer: 'ordered',
  bigint: 'ordered',
  decimal: 'ordered',
  float: 'ordered',
  date: 'ordered',
  time: 'ordered',
  timestamp: 'ordered',
  interval: 'ordered',
  boolean: 'equal',
  uuid: 'equal',
  network: 'equal',
  bytes: 'bytes',
  json: 'json',
};

export function columnKind(resource: Resource, column: Column): ColumnKind {
  const { type } = resource.typeOf(column);
  if (type?.array) return 'list';
  return type ? COLUMN_KINDS[type.kind] : 'equal';
}

const EQUALITY = ['eq', 'ne', 'in'] as const;
const ORDER = [...EQUALITY, 'gt', 'gte', 'lt', 'lte'] as const;
const OPERATORS = {
  text: [...ORDER, 'like'],
  ordered: ORDER,
  equal: EQUALITY,
  bytes: EQUALITY,
  json: [],
  list: [],
} as const satisfies Readonly<Record<ColumnKind, readonly string[]>>;

export type Operator = (typeof OPERATORS)[ColumnKind][number] | 'null';

/** The operators of the filters of a column; none when it is not compared. */
export function operatorsOf(resource: Resource, column: Column): readonly Operator[] {
  const own = OPERATORS[columnKind(resource, column)];
  return own.length > 0 && column.nullable ? [...own, 'null'] : own;
}
