import { parseColumnType } from '../column-type.ts';
import { isPlainIdentifier, MAX_IDENTIFIER_LENGTH } from '../identifier.ts';
import { inputFields } from '../rest.ts';
import type { Table } from '../schema.ts';
import { columnPath, enumPath, isVisibleText, type RuleContext, show, tablePath } from './context.ts';

/** Columns every PostgreSQL table has already. */
const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);
const MAX_DESCRIPTION_LENGTH = 2000;

/** What is wrong with a name for a table, column or enum; null when nothing is. */
function nameProblem(name: string): string | null {
  if (!isPlainIdentifier(name)) {
    return `${show(name)} is not a usable name: lower-case letters, digits and underscores, a letter first, at most ${MAX_IDENTIFIER_LENGTH} characters`;
  }
  if (name.startsWith('pg_')) return `${show(name)} is not a usable name: PostgreSQL keeps names with pg_ for itself`;
  return null;
}

/** What PostgreSQL makes of a name without quotes: lower case, cut at 63 bytes. */
function folded(name: string): string {
  return Buffer.from(name.toLowerCase()).subarray(0, 63).toString('latin1');
}

/** Finds names that are the same for PostgreSQL as an earlier one. */
function repeated<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = folded(item.name);
    return seen.has(key) || !seen.add(key);
  });
}

function checkDescription(path: string, text: string, context: RuleContext): void {
  if (text.length > MAX_DESCRIPTION_LENGTH) {
    context.report(path, `has ${text.length} characters; ${MAX_DESCRIPTION_LENGTH} are the limit`);
  }
  if (!isVisibleText(text)) context.report(path, 'contains invisible, control or bidirectional characters');
}

function checkColumnNames(table: Table, context: RuleContext): void {
  const { schema, report } = context;
  for (const column of table.columns) {
    const path = columnPath(column, table, schema);
    const problem = nameProblem(column.name);
    if (problem) report(`${path}.name`, problem);
    else if (SYSTEM_COLUMNS.has(column.name)) {
      report(`${path}.name`, `${show(column.name)} is a system column that every PostgreSQL table has`);
    }
    checkDescription(`${path}.description`, column.description, context);
  }
  for (const column of repeated(table.columns)) {
    report(`${columnPath(column, table, schema)}.name`, `the column ${show(column.name)} exists already in this table`);
  }
  const sent = new Set(table.columns.map((column) => column.name));
  for (const { name, column, hashed } of inputFields(table)) {
    if (hashed && sent.has(name)) {
      report(
        `${columnPath(column, table, schema)}.name`,
        `${show(column.name)} is sent as ${show(name)}, but there is a column of that name too`,
      );
    }
  }
}

/** Names of tables, columns and enums, and the descriptions beside them. */
export function checkNames(context: RuleContext): void {
  const { schema, report } = context;
  for (const type of schema.enums) {
    const path = `${enumPath(type, schema)}.name`;
    const problem = nameProblem(type.name);
    if (problem) report(path, problem);
    else if (parseColumnType(type.name)) report(path, `${show(type.name)} is the name of a type of PostgreSQL`);
    else if (schema.tables.some((table) => folded(table.name) === folded(type.name))) {
      report(path, `${show(type.name)} is also a table; a table brings a type of its own name`);
    }
  }
  for (const type of repeated(schema.enums)) {
    report(`${enumPath(type, schema)}.name`, `the enum ${show(type.name)} exists already`);
  }
  for (const table of schema.tables) {
    const path = tablePath(table, schema);
    const problem = nameProblem(table.name);
    if (problem) report(`${path}.name`, problem);
    else if (parseColumnType(table.name)) {
      // The table's row type would stand before the built-in type in the search path.
      report(`${path}.name`, `${show(table.name)} is the name of a type of PostgreSQL`);
    }
    checkDescription(`${path}.description`, table.description, context);
    checkColumnNames(table, context);
  }
  for (const table of repeated(schema.tables)) {
    report(`${tablePath(table, schema)}.name`, `the table ${show(table.name)} exists already`);
  }
}
