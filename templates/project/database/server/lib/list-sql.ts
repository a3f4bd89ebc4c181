import type { Operator } from './columns.ts';
import type { Condition } from './filters.ts';
import type { ListQuery, Rows, SortKey } from './list-query.ts';

/** A statement made for one request: of names this server knows, operators of a closed list, and parameters. */
export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The values of a query; each is given its place. */
class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** The rows that are asked for, and one more that tells whether others follow. */
export function listQuery(collection: Rows, query: ListQuery, columns: string[]): Query {
  const { conditions, order, after, limit, offset } = query;
  const parameters = new Parameters();
  const wheres = conditions.map((condition) => conditionSql(condition, parameters));
  if (after) wheres.push(afterSql(order, after, parameters));
  const lines = [
    `select ${columns.map((name) => collection.columns[name]?.sql).join(', ')}`,
    `from ${collection.from}`,
    ...whereLines(wheres),
    `order by ${order.map(({ column, descending }) => column.sql + (descending ? ' desc' : '')).join(', ')}`,
    `limit ${parameters.add(limit + 1)}`,
    ...(offset > 0 ? [`offset ${parameters.add(offset)}`] : []),
  ];
  return { text: lines.join('\n'), values: parameters.values };
}

/** How many rows meet the conditions, as `total`. */
export function countQuery(collection: Rows, conditions: readonly Condition[]): Query {
  const parameters = new Parameters();
  const wheres = conditions.map((condition) => conditionSql(condition, parameters));
  const lines = ['select count(*) as total', `from ${collection.from}`, ...whereLines(wheres)];
  return { text: lines.join('\n'), values: parameters.values };
}

function whereLines(wheres: readonly string[]): string[] {
  return wheres.length > 0 ? [`where ${wheres.join('\n  and ')}`] : [];
}

const COMPARISONS: Readonly<Record<Exclude<Operator, 'in' | 'null'>, string>> = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
};

function conditionSql({ column, operator, value }: Condition, parameters: Parameters): string {
  const { sql, nullable, parameter } = column;
  if (operator === 'null') return `${sql} is ${value === true ? '' : 'not '}null`;
  const place = parameters.add(parameter(value));
  if (operator === 'in') return `${sql} = any(${place})`;
  // What is empty is not that value either.
  if (operator === 'ne' && nullable) return `${sql} is distinct from ${place}`;
  return `${sql} ${COMPARISONS[operator]} ${place}`;
}

/** The rows behind a position. Empty values come last, and first when the order is descending. */
function afterSql(
  order: readonly SortKey[],
  after: readonly unknown[],
  parameters: Parameters,
): string {
  const places = order.map(({ column }, index) => {
    const value = after[index] ?? null;
    return value === null ? null : parameters.add(column.parameter(value));
  });
  const [first] = order;
  const isUniform = order.every(
    ({ column, descending }) => !column.nullable && descending === first?.descending,
  );
  if (isUniform) {
    // One comparison of whole rows is what an index can begin with.
    const names = order.map(({ column }) => column.sql).join(', ');
    return `(${names}) ${first?.descending ? '<' : '>'} (${places.join(', ')})`;
  }
  const alternatives = order.flatMap((key, index) => {
    const beyond = beyondSql(key, places[index] ?? null);
    if (beyond === null) return [];
    const same = order.slice(0, index).map(({ column }, at) => sameSql(column.sql, places[at]));
    return [[...same, beyond].join(' and ')];
  });
  return `(${alternatives.join(' or ')})`;
}

function sameSql(sql: string, place: string | null | undefined): string {
  return place ? `${sql} = ${place}` : `${sql} is null`;
}

function beyondSql({ column, descending }: SortKey, place: string | null): string | null {
  const { sql, nullable } = column;
  if (place === null) return descending ? `${sql} is not null` : null;
  if (descending) return `${sql} < ${place}`;
  return nullable ? `(${sql} > ${place} or ${sql} is null)` : `${sql} > ${place}`;
}
