import { columnTypeSql } from '../column-sql.ts';
import { type ColumnType, formatColumnType, parseColumnType } from '../column-type.ts';
import { literal, readableIdentifier as name } from '../identifier.ts';
import { relationsOf } from '../relations.ts';
import { type Column, primaryKey, type Table } from '../schema.ts';
import type { DiffContext, Fill } from './context.ts';

/**
 * The value for rows that have none: the one that was said, the column's own default, or a key; on the way back also one
 * that merely fits. Null when somebody has to say it.
 */
export function fillOf(column: Column, table: Table, context: DiffContext): Fill | null {
  const said = context.fills.get(`${table.name}.${column.name}`);
  if (said !== undefined) return { value: literal(said).trimStart(), constant: true };
  const clause = context.will.get(table.name)?.defaults.get(column.name) ?? '';
  if (clause.startsWith(' DEFAULT ')) {
    const value = clause.slice(' DEFAULT '.length);
    return { value, constant: !value.includes('gen_random_uuid') };
  }
  const isId = column.default && 'generate' in column.default && column.default.generate === 'id';
  if (isId) return { value: `left(replace(gen_random_uuid()::text, '-', ''), 21)`, constant: false };
  return context.invents ? invented(column, table, context) : null;
}

/** The place of a row among the others, from 1: `place.n` of `inventedSql`. */
const PLACE = 'place.n';

/** Something that passes the column's own rules. What it was before is not known any more. */
function invented(column: Column, table: Table, context: DiffContext): Fill | null {
  const relation = relationsOf(table).find(({ columns }) => columns.includes(column.name));
  const distinct = isDistinct(column, table);
  if (relation) {
    const key = name(relation.target.columns[relation.columns.indexOf(column.name)] ?? '');
    const parent = name(relation.target.table);
    const order = relation.target.columns.map(name).join(', ');
    const at = distinct ? ` OFFSET ${PLACE} - 1` : '';
    return { value: `(SELECT ${key} FROM ${parent} ORDER BY ${order}${at} LIMIT 1)`, constant: false };
  }
  const beside = besideOthers(column, table);
  if (beside !== null) return { value: beside, constant: false };
  const values = context.after.enums.find((type) => type.name === column.type)?.values;
  const type = parseColumnType(column.type);
  if (values) return { value: literal(values[0] ?? '').trimStart(), constant: true };
  if (!type) return null;
  const value = type.array ? `'{}'` : plainValue(column, type, distinct ? PLACE : null);
  return { value: type.array ? value : `${value}::${columnTypeSql(column)}`, constant: !value.includes(PLACE) };
}

function isDistinct({ name: title }: Column, table: Table): boolean {
  const isUnique = table.columns.some((column) => column.name === title && column.unique);
  const key = primaryKey(table).some((column) => column.name === title);
  return isUnique || key || table.uniques.some((columns) => columns.includes(title));
}

/** A comparison of two columns of the row wants one beside the other. */
function besideOthers(column: Column, table: Table): string | null {
  for (const { left, operator, right } of table.checks) {
    if (left !== column.name && right !== column.name) continue;
    const isLeft = left === column.name;
    const other = table.columns.find(({ name: title }) => title === (isLeft ? right : left));
    const type = parseColumnType(column.type);
    if (!other || !type || type.array) continue;
    if (operator.includes('=')) return name(other.name);
    const up = operator === '<>' || (operator === '>') === isLeft;
    if (type.kind === 'text')
      return operator === '<>' ? `left('x' || ${name(other.name)}, ${type.args[0] ?? 100})` : null;
    const by = type.kind === 'timestamp' || type.kind === 'time' ? `interval '1 second'` : '1';
    return `${name(other.name)} ${up ? '+' : '-'} ${by}`;
  }
  return null;
}

function plainValue({ check }: Column, type: ColumnType, place: string | null): string {
  const number = place ?? '0';
  switch (type.kind) {
    case 'text':
      return textValue(check?.minLength ?? 0, Math.min(check?.maxLength ?? 200, type.args[0] ?? 200), place);
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'float': {
      const least = check?.min ?? (check?.max !== undefined && check.max < 0 ? check.max : 0);
      return place === null ? `(${least})` : `(${least} + ${place})`;
    }
    case 'boolean':
      return 'false';
    case 'date':
      return `(date '1970-01-01' + (${number})::integer)`;
    case 'time':
      return `(time '00:00' + (${number}) * interval '1 second')`;
    case 'timestamp':
      return `(timestamp '1970-01-01' + (${number}) * interval '1 second')`;
    case 'interval':
      return `((${number}) * interval '1 second')`;
    case 'uuid':
      return place === null ? `'00000000-0000-0000-0000-000000000000'` : `lpad((${place})::text, 32, '0')`;
    case 'json':
      return place === null ? `'null'` : `(${place})::text`;
    case 'bytes':
      return place === null ? `''` : `convert_to((${place})::text, 'UTF8')`;
    case 'network':
      return place === null ? `'0.0.0.0'` : `(inet '0.0.0.0' + (${place}))`;
  }
}

function textValue(shortest: number, longest: number, place: string | null): string {
  const length = Math.max(shortest, 1);
  if (place === null) return shortest === 0 ? `''` : literal('x'.repeat(Math.min(length, longest)));
  return `lpad((${place})::text, greatest(${Math.min(length, longest)}, length((${place})::text)), '0')`;
}

/** Statements that give a value to rows without one. */
export function fillSql(table: Table, column: Column, { value, constant, mayBeEmpty }: Fill): string {
  const [rows, target] = [name(table.name), name(column.name)];
  if (mayBeEmpty) return `UPDATE ${rows} SET ${target} = ${value} WHERE ${target} IS NULL AND (${value}) IS NOT NULL;`;
  if (constant || !value.includes(PLACE)) return `UPDATE ${rows} SET ${target} = ${value} WHERE ${target} IS NULL;`;
  return [
    `UPDATE ${rows} SET ${target} = ${value}`,
    `  FROM (SELECT ctid AS row, row_number() OVER () AS n FROM ${rows}) AS place`,
    `  WHERE ${rows}.ctid = place.row AND ${target} IS NULL;`,
  ].join('\n');
}

/** The column's type without its length, for messages. */
export function typeWord(type: string): string {
  const parsed = parseColumnType(type);
  return parsed ? formatColumnType(parsed) : type;
}
