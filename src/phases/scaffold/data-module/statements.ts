import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier } from '../../../domain/identifier.ts';
import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { member, quoted, sqlList, templateText } from '../source.ts';

/** SQL stands this far from the left edge. */
export const SQL_INDENT = 4;

export function tableName({ table }: Resource): string {
  return `${APP_SCHEMA}.${readableIdentifier(table.name)}`;
}

export function sqlNames(columns: readonly Column[]): string[] {
  return columns.map((column) => readableIdentifier(column.name));
}

/** The visible columns; of a single row its version too. */
export function outputList(resource: Resource, lead: 'select' | 'returning', version: 'xmin' | null = 'xmin'): string {
  return sqlList(lead, [...sqlNames(resource.output), ...(version ? [version] : [])], SQL_INDENT);
}

export function statement(constant: string, resource: Resource, name: string, lines: readonly string[]): string {
  const pad = ' '.repeat(SQL_INDENT);
  const sql = lines.map((line) => `\n${pad}${templateText(line)}`).join('');
  return [
    `const ${constant}: Statement = {`,
    `  name: ${quoted(`${resource.table.name}.${name}`)},`,
    `  text: \`${sql}\`,`,
    '};',
  ].join('\n');
}

/** `id = $1 and part = $2`. */
export function whereKey({ key }: Resource): string {
  return `where ${sqlNames(key)
    .map((name, index) => `${name} = $${index + 1}`)
    .join(' and ')}`;
}

export function keyValues(resource: Resource): string[] {
  return resource.key.map((column) => parameter(resource, column, member('key', column.name)));
}

/** The type of a column without its length, which would cut values. */
export function typeName(resource: Resource, column: Column): string {
  const { type } = resource.typeOf(column);
  if (!type) return `${APP_SCHEMA}.${readableIdentifier(column.type)}`;
  return type.base === 'char' ? 'bpchar' : type.base;
}

/** How a checked value is handed to the driver. */
export function parameter(resource: Resource, column: Column, value: string): string {
  const { type } = resource.typeOf(column);
  if (type?.kind === 'json') return `${type.array ? 'toJsonArray' : 'toJson'}(${value})`;
  if (type?.kind === 'bytes') return `toBytea(${value})`;
  return value;
}
