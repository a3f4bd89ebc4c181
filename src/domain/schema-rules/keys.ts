import type { ColumnType } from '../column-type.ts';
import { type Column, type EnumType, primaryKey, type ReferentialAction, type Table } from '../schema.ts';
import {
  columnPath,
  isComparable,
  isEnum,
  type RuleContext,
  resolveType,
  sameMembers,
  show,
  tablePath,
} from './context.ts';

/** PostgreSQL's INDEX_MAX_KEYS. */
const MAX_KEY_COLUMNS = 32;
const MAX_INDEXES = 64;

const names = (columns: readonly Column[]): string[] => columns.map((column) => column.name);
const list = (columns: readonly string[]): string => columns.map(show).join(', ');

/** Every set of columns that is unique in a table. */
function uniqueKeys(table: Table): (readonly string[])[] {
  const single = table.columns.filter((column) => column.unique).map((column) => [column.name]);
  return [names(primaryKey(table)), ...single, ...table.uniques].filter((key) => key.length > 0);
}

function sameType(left: ColumnType | EnumType, right: ColumnType | EnumType): boolean {
  if (isEnum(left) || isEnum(right)) return left === right;
  return left.base === right.base && left.array === right.array;
}

/** Reports names that are no columns of the table, or that come twice; true when all is well. */
function columnsExist(columns: readonly string[], path: string, table: Table, context: RuleContext): boolean {
  const missing = columns.filter((name) => !table.columns.some((column) => column.name === name));
  const twice = columns.filter((name, index) => columns.indexOf(name) < index);
  for (const name of missing) context.report(path, `${show(name)} is not a column of ${show(table.name)}`);
  for (const name of twice) context.report(path, `${show(name)} is listed twice`);
  if (columns.length > MAX_KEY_COLUMNS) {
    context.report(path, `has ${columns.length} columns; ${MAX_KEY_COLUMNS} are the limit of PostgreSQL`);
  }
  return missing.length + twice.length === 0;
}

/** A key needs values that can be compared. */
function checkComparable(columns: readonly string[], path: string, table: Table, context: RuleContext): void {
  for (const column of table.columns.filter((candidate) => columns.includes(candidate.name))) {
    const type = resolveType(column, context);
    if (type && !isComparable(type)) {
      context.report(path, `${show(column.name)} is json, which PostgreSQL cannot compare: use jsonb`);
    }
  }
}

interface Link {
  readonly path: string;
  readonly columns: readonly string[];
  readonly target: { readonly table: string; readonly columns: readonly string[] };
  readonly actions: readonly ReferentialAction[];
}

function checkLink(link: Link, table: Table, context: RuleContext): void {
  const { path, columns, target } = link;
  const parent = context.tables.get(target.table);
  if (!parent) {
    if (!context.unreadable.has(target.table)) context.report(path, `there is no table ${show(target.table)}`);
    return;
  }
  if (columns.length !== target.columns.length) {
    context.report(path, `${columns.length} columns cannot refer to ${target.columns.length}`);
    return;
  }
  if (!columnsExist(target.columns, path, parent, context)) return;
  if (!uniqueKeys(parent).some((key) => sameMembers(key, target.columns))) {
    context.report(path, `${list(target.columns)} of ${show(parent.name)} is neither its primary key nor unique`);
  }
  const own = table.columns.filter((column) => columns.includes(column.name));
  for (const [index, name] of columns.entries()) {
    const child = own.find((column) => column.name === name);
    const wanted = parent.columns.find((column) => column.name === target.columns[index]);
    const [childType, wantedType] = [child, wanted].map((column) => (column ? resolveType(column, context) : null));
    if (child && wanted && childType && wantedType && !sameType(childType, wantedType)) {
      context.report(
        path,
        `${show(name)} is ${show(child.type)}, but ${show(wanted.name)} of ${show(parent.name)} is ${show(wanted.type)}`,
      );
    }
  }
  if (link.actions.includes('set-null')) {
    const never = own.filter((column) => !column.nullable || column.primaryKey);
    if (never.length > 0) context.report(path, `set-null needs a nullable column: ${list(names(never))} is not`);
  }
}

function checkForeignKeys(table: Table, context: RuleContext): void {
  for (const column of table.columns) {
    if (!column.references) continue;
    const { table: parent, column: wanted, onDelete, onUpdate } = column.references;
    const path = `${columnPath(column, table, context.schema)}.references`;
    const target = { table: parent, columns: [wanted] };
    checkLink({ path, columns: [column.name], target, actions: [onDelete, onUpdate] }, table, context);
  }
  const seen = new Set<string>();
  for (const [index, key] of table.foreignKeys.entries()) {
    const path = `${tablePath(table, context.schema)}.foreignKeys[${index}]`;
    if (!columnsExist(key.columns, path, table, context)) continue;
    if (key.columns.length === 1) {
      context.report(path, `a foreign key of one column stands at the column: references of ${list(key.columns)}`);
    }
    const identity = JSON.stringify([key.columns, key.references.table]);
    if (seen.has(identity)) context.report(path, 'the same foreign key is there already');
    seen.add(identity);
    const actions = [key.onDelete, key.onUpdate];
    checkLink({ path, columns: key.columns, target: key.references, actions }, table, context);
  }
}

function checkUniques(table: Table, context: RuleContext): void {
  const base = tablePath(table, context.schema);
  const primary = names(primaryKey(table));
  checkComparable(primary, `${base}.columns`, table, context);
  const known: (readonly string[])[] = primary.length > 0 ? [primary] : [];
  const claims = [
    ...table.columns
      .filter((column) => column.unique)
      .map((column) => ({ path: `${columnPath(column, table, context.schema)}.unique`, columns: [column.name] })),
    ...table.uniques.map((columns, index) => ({ path: `${base}.uniques[${index}]`, columns })),
  ];
  for (const { path, columns } of claims) {
    if (!columnsExist(columns, path, table, context)) continue;
    checkComparable(columns, path, table, context);
    if (known.some((key) => sameMembers(key, columns))) context.report(path, `${list(columns)} is a key already`);
    known.push(columns);
  }
}

function checkIndexes(table: Table, context: RuleContext): void {
  const base = tablePath(table, context.schema);
  const known = uniqueKeys(table).map((key) => JSON.stringify(key));
  if (table.indexes.length > MAX_INDEXES) {
    context.report(`${base}.indexes`, `has ${table.indexes.length} entries; ${MAX_INDEXES} are the limit`);
  }
  for (const [index, { columns }] of table.indexes.entries()) {
    const path = `${base}.indexes[${index}]`;
    if (!columnsExist(columns, path, table, context)) continue;
    checkComparable(columns, path, table, context);
    const identity = JSON.stringify(columns);
    if (known.includes(identity)) context.report(path, `${list(columns)} has an index already`);
    known.push(identity);
  }
}

/** Groups of types that PostgreSQL compares with each other, whatever the session's settings are. */
function comparisonGroup(type: ColumnType | EnumType): string {
  if (isEnum(type)) return `enum ${type.name}`;
  if (type.array) return `${type.base}[]`;
  return ['integer', 'bigint', 'decimal', 'float'].includes(type.kind)
    ? 'number'
    : type.kind === 'text'
      ? 'text'
      : type.base;
}

function checkComparisons(table: Table, context: RuleContext): void {
  const seen = new Set<string>();
  for (const [index, check] of table.checks.entries()) {
    const path = `${tablePath(table, context.schema)}.checks[${index}]`;
    if (!columnsExist([check.left, check.right], path, table, context)) continue;
    checkComparable([check.left, check.right], path, table, context);
    const [left, right] = [check.left, check.right].map((name) => {
      const column = table.columns.find((candidate) => candidate.name === name);
      return column ? resolveType(column, context) : null;
    });
    if (left && right && comparisonGroup(left) !== comparisonGroup(right)) {
      context.report(path, `${show(check.left)} and ${show(check.right)} are of types that cannot be compared`);
    }
    const identity = JSON.stringify([check.left, check.operator, check.right]);
    if (seen.has(identity)) context.report(path, 'the same check is there already');
    seen.add(identity);
  }
}

/** Primary and foreign keys, uniques, indexes and comparisons between columns. */
export function checkKeys(context: RuleContext): void {
  for (const table of context.schema.tables) {
    const path = tablePath(table, context.schema);
    if (table.columns.length === 0) context.report(`${path}.columns`, 'a table needs at least one column');
    else if (primaryKey(table).length === 0) {
      context.report(`${path}.columns`, 'a table needs a primary key: set primaryKey on a column');
    } else if (primaryKey(table).length > MAX_KEY_COLUMNS) {
      context.report(`${path}.columns`, `a primary key has at most ${MAX_KEY_COLUMNS} columns`);
    }
    checkUniques(table, context);
    checkIndexes(table, context);
    checkForeignKeys(table, context);
    checkComparisons(table, context);
  }
}
