import { readCondition } from '../../domain/access.ts';
import { parseColumnType, type ValueKind } from '../../domain/column-type.ts';
import { APP_SCHEMA } from '../../domain/database.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import { listOrder } from '../../domain/list-order.ts';
import { isComparable, outputColumns } from '../../domain/rest.ts';
import { type Column, primaryKey, type Schema, type Table } from '../../domain/schema.ts';
import type { Statement } from './read-statements.ts';

/** Kinds that are only the same or not. */
const UNORDERED: ReadonlySet<ValueKind> = new Set(['boolean', 'uuid', 'network', 'bytes', 'json']);
const COMPARISONS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** Texts of every filter and order that the lists of a backend offer, one at a time. */
export function listStatements(schema: Schema): readonly Statement[] {
  return schema.tables.flatMap((table) => {
    const columns = table.columns.filter((column) => isComparable(column));
    const texts = columns.flatMap((column) => [
      ...conditionsOn(column).map(([operator, condition]) => ({
        name: `?${column.name}[${operator}]`,
        text: listText(table, schema, [condition]),
      })),
      { name: `?sort=${column.name}`, text: listText(table, schema, [], sortBy(column, table, '')) },
      { name: `?sort=-${column.name}`, text: listText(table, schema, [], sortBy(column, table, ' desc')) },
    ]);
    return texts.map((one) => ({ ...one, group: table.name, place: 'its list' }));
  });
}

/** The text of a filter for one value, and of the ascending order, by a column. */
export function mainStatements(column: Column, table: Table, schema: Schema) {
  return {
    filter: listText(table, schema, [`${readableIdentifier(column.name)} = $1`]),
    sort: isOrdered(column) ? listText(table, schema, [], sortBy(column, table, '')) : null,
  };
}

function isOrdered({ type }: Column): boolean {
  const kind = parseColumnType(type)?.kind;
  return kind !== undefined && kind !== 'text' && !UNORDERED.has(kind);
}

function conditionsOn(column: Column): readonly (readonly [operator: string, condition: string])[] {
  const name = readableIdentifier(column.name);
  const kind = parseColumnType(column.type)?.kind;
  const isOnlyEqual = kind === undefined || UNORDERED.has(kind);
  return [
    ['eq', `${name} = $1`],
    ['ne', column.nullable ? `${name} is distinct from $1` : `${name} <> $1`],
    ['in', `${name} = any($1)`],
    ...(isOnlyEqual ? [] : Object.entries(COMPARISONS).map(([key, sign]) => [key, `${name} ${sign} $1`] as const)),
    ...(kind === 'text' ? [['like', `${name} like $1`] as const] : []),
    ...(column.nullable ? [['null', `${name} is null`] as const] : []),
  ];
}

/** By a column, then by the key in the same direction. */
function sortBy(column: Column, table: Table, direction: '' | ' desc'): readonly string[] {
  const all = [column, ...primaryKey(table).filter((key) => key !== column)];
  return all.map(({ name }) => `${readableIdentifier(name)}${direction}`);
}

function listText(
  table: Table,
  schema: Schema,
  conditions: readonly string[],
  order: readonly string[] = listOrder(table).map(({ name }) => readableIdentifier(name)),
): string {
  // Not every condition has a value.
  const account = `$${conditions.filter((condition) => condition.includes('$')).length + 1}`;
  const nameOf = (name: string) => `${APP_SCHEMA}.${readableIdentifier(name)}`;
  const own = readCondition(table, schema, { account, table: nameOf });
  const all = [...conditions, ...(own === null ? [] : [own])];
  const where = all.length === 0 ? '' : `where ${all.join(' and ')} `;
  const names = outputColumns(table).map(({ name }) => readableIdentifier(name));
  return `select ${names.join(', ')} from ${nameOf(table.name)} ${where}order by ${order.join(', ')} limit 21`;
}
