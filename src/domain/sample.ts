import { inParentOrder, isRequired, relationsOf } from './relations.ts';
import { type InputField, inputFields, isServerMade } from './rest.ts';
import { FUTURE_TIME, pointAt, SAMPLE_TIME, type Scale, sampleValue, scaleOf } from './sample-values.ts';
import type { Column, Schema, Table } from './schema.ts';

/**
 * Bodies that a generated backend must accept. The tests written into a project, its documentation and the
 * verification all take them from here.
 */

/** One foreign key of a table, written at a column or over several. */
export interface ParentLink {
  readonly columns: readonly string[];
  readonly table: string;
  readonly parentColumns: readonly string[];
  /** A row can exist without this parent: at least one of the columns may be null. */
  readonly optional: boolean;
}

/** The foreign keys of a table: those at its columns in column order, then the composite ones. */
export function parentLinks(table: Table): readonly ParentLink[] {
  return relationsOf(table).map((relation) => ({
    columns: relation.columns,
    table: relation.target.table,
    parentColumns: relation.target.columns,
    optional: !isRequired(relation, table),
  }));
}

/** The tables in an order rows can be made in: parents first, optional parents of a circle left out. */
export function insertionOrder(schema: Schema): readonly Table[] {
  return inParentOrder(schema);
}

/**
 * A valid create body: every field a client may send, with believable values within type, length, limits, enum and the
 * comparisons of the table. The same arguments give the same body; another `seed` (a whole number ≥ 0) gives other
 * values, so uniques hold. `parents` holds, by column name, the value of the referenced row; foreign key columns that
 * are not in it are left out (the body of a table with required parents is only complete with them).
 */
export function sampleInput(
  table: Table,
  schema: Schema,
  seed: number,
  parents: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const linked = linkedColumns(table);
  const points = comparedPoints(table, seed);
  const entries = inputFields(table).flatMap((field): [string, unknown][] => {
    const { name } = field.column;
    if (Object.hasOwn(parents, name)) return [[field.name, parents[name]]];
    if (linked.has(name)) return [];
    return [[field.name, points.get(name) ?? fieldValue(field, schema, seed)]];
  });
  const body = Object.fromEntries(entries);
  settleTexts(table, schema, seed, body);
  return body;
}

/** Preferred for a change, best first: what is seen in the answer and takes part in no rule. */
const CHANGE_RANKS: readonly ((field: InputField, table: Table) => boolean)[] = [
  (field, table) => !field.column.sensitive && !isUnique(field.column, table) && field.column.type !== 'boolean',
  (field) => !field.column.sensitive,
  () => true,
];

/**
 * A body for PATCH that changes one plain field (no key, no foreign key, in no comparison), or null when the table has
 * none. Use another seed than the row was made with.
 */
export function sampleChange(table: Table, schema: Schema, seed: number): Record<string, unknown> | null {
  const linked = linkedColumns(table);
  const compared = new Set(table.checks.flatMap((check) => [check.left, check.right]));
  const plain = inputFields(table).filter(
    ({ column }) => !column.primaryKey && !linked.has(column.name) && !compared.has(column.name),
  );
  for (const suits of CHANGE_RANKS) {
    const field = plain.find((candidate) => suits(candidate, table));
    if (field) return { [field.name]: fieldValue(field, schema, seed) };
  }
  return null;
}

/** A password has the limits of passwords, not those of the column its hash is kept in. */
function fieldValue(field: InputField, schema: Schema, seed: number): unknown {
  return field.hashed ? `correct-horse-battery-${seed}` : sampleValue(field.column, schema, seed, field.name);
}

function isUnique(column: Column, table: Table): boolean {
  return column.unique || table.uniques.some((columns) => columns.includes(column.name));
}

/** Asked for each row that is made. */
const LINKED = new WeakMap<Table, ReadonlySet<string>>();

function linkedColumns(table: Table): ReadonlySet<string> {
  const known = LINKED.get(table);
  if (known) return known;
  const linked = new Set(parentLinks(table).flatMap((link) => link.columns));
  LINKED.set(table, linked);
  return linked;
}

interface Position {
  readonly scale: Scale;
  point: number;
  /** Made by the server: others have to give way. */
  readonly fixed: boolean;
}

/** Values of the columns that are compared with each other, moved until every comparison holds. */
function comparedPoints(table: Table, seed: number): ReadonlyMap<string, unknown> {
  const linked = linkedColumns(table);
  const positions = new Map<string, Position>();
  for (const name of new Set(table.checks.flatMap((check) => [check.left, check.right]))) {
    const column = table.columns.find((candidate) => candidate.name === name);
    const scale = column && !linked.has(name) ? scaleOf(column) : null;
    if (column && scale) positions.set(name, { scale, point: pointAt(scale, seed), fixed: isServerMade(column) });
  }
  for (let round = 0; round <= table.checks.length; round += 1) {
    for (const { left, operator, right } of table.checks) {
      const [one, other] = [positions.get(left), positions.get(right)];
      if (!one || !other) continue;
      if (operator === '=') align(one, other);
      else if (operator === '<>') separate(one, other);
      else if (operator.startsWith('<')) order(one, other, operator === '<');
      else order(other, one, operator === '>');
    }
  }
  const free = [...positions].filter(([, position]) => !position.fixed);
  return new Map(free.map(([name, { scale, point }]) => [name, scale.encode(point)]));
}

/** Moves the greater up, or, where its limit forbids that, the lesser down. */
function order(lesser: Position, greater: Position, strict: boolean): void {
  const gap = strict ? Math.max(lesser.scale.step, greater.scale.step) : 0;
  const [low, high] = [lesser.fixed ? FUTURE_TIME : lesser.point, greater.fixed ? SAMPLE_TIME : greater.point];
  if (high - low >= gap - 1e-9) return;
  if (!greater.fixed && low + gap <= greater.scale.high) greater.point = low + gap;
  else {
    if (!greater.fixed) greater.point = greater.scale.high;
    if (!lesser.fixed) lesser.point = (greater.fixed ? SAMPLE_TIME : greater.point) - gap;
  }
}

function align(one: Position, other: Position): void {
  if (one.point === other.point) return;
  const lowest = Math.max(one.scale.low, other.scale.low);
  const highest = Math.min(one.scale.high, other.scale.high);
  const point = Math.min(Math.max(one.point, lowest), highest);
  if (!one.fixed) one.point = point;
  if (!other.fixed) other.point = point;
}

function separate(one: Position, other: Position): void {
  if (one.point !== other.point || other.fixed) return;
  const step = Math.max(one.scale.step, other.scale.step);
  other.point += other.point + step <= other.scale.high ? step : -step;
}

/** Comparisons between columns that have no scale: texts, enums, uuids … Each pair once, in the order of the table. */
function settleTexts(table: Table, schema: Schema, seed: number, body: Record<string, unknown>): void {
  const linked = linkedColumns(table);
  for (const { left, operator, right } of table.checks) {
    const columns = [left, right].map((name) => table.columns.find((column) => column.name === name));
    const [one, other] = columns;
    if (!one || !other || columns.some((column) => !column || scaleOf(column) || linked.has(column.name))) continue;
    if (!Object.hasOwn(body, left) || !Object.hasOwn(body, right)) continue;
    if (operator === '=') body[right] = body[left];
    else if (operator === '<>') {
      if (body[left] === body[right]) body[right] = sampleValue(other, schema, seed + 1, right);
    } else {
      const [lesser, greater] = operator.startsWith('<') ? [one, other] : [other, one];
      body[lesser.name] = extremeValue(lesser, schema, seed, 'low');
      body[greater.name] = extremeValue(greater, schema, seed, 'high');
    }
  }
}

function extremeValue(column: Column, schema: Schema, seed: number, end: 'low' | 'high'): unknown {
  const values = schema.enums.find((choice) => choice.name === column.type)?.values;
  if (values) return end === 'low' ? values[0] : values.at(-1);
  if (column.type === 'boolean') return end === 'high';
  const value = sampleValue(column, schema, seed + (end === 'low' ? 0 : 1));
  // Digits come before letters in every collation.
  const isText = /^(text|varchar|char)\b/.test(column.type) && !column.type.endsWith(']');
  return isText ? `${end === 'low' ? '0' : 'z'}${String(value).slice(1)}` : value;
}
