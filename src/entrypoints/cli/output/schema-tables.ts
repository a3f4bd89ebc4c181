import Table from 'cli-table3';
import type { Column, Schema } from '../../../domain/schema.ts';
import { accessTexts, accountsText } from './access-text.ts';
import type { Style } from './output.ts';

/** A schema as tables for a terminal. */
export function schemaTables(schema: Schema, style: Style): string {
  const parts = schema.tables.map((table) => {
    const grid = new Table({
      head: ['column', 'type', 'null', 'default', 'notes'],
      style: { head: [], border: [] },
    });
    for (const column of table.columns) {
      grid.push([column.name, column.type, column.nullable ? 'yes' : '', defaultText(column), notes(column)]);
    }
    const description = table.description ? ` ${style.dim(table.description)}` : '';
    const uniques = table.uniques.map((columns) => `\n  unique together: ${columns.join(', ')}`).join('');
    return `${style.bold(table.name)}${description}\n${grid.toString()}${uniques}`;
  });
  const enums = schema.enums.map((type) => `${style.bold(type.name)}: ${type.values.join(' | ')}`);
  return [...parts, ...enums, accessTable(schema, style)].join('\n\n');
}

/** Who may do what, for all tables at a glance. */
function accessTable(schema: Schema, style: Style): string {
  const accounts = accountsText(schema.accounts);
  if (!schema.accounts) return `${style.bold('accounts')} ${style.yellow(accounts)}`;
  const grid = new Table({ head: ['table', 'read by', 'written by', 'owner'], style: { head: [], border: [] } });
  for (const table of schema.tables) grid.push([table.name, ...accessTexts(table, schema)]);
  const { role, admins } = schema.accounts;
  const administrators = role === null ? '' : `; administrators have the ${role} ${admins.join(' or ')}`;
  return `${style.bold('accounts')} ${accounts}${administrators}\n${grid.toString()}`;
}

function defaultText({ default: value }: Column): string {
  if (value === null) return '';
  return 'generate' in value ? `(${value.generate})` : String(value.value);
}

function notes(column: Column): string {
  const { references, check } = column;
  const range = check && Object.entries(check).map(([name, limit]) => `${name} ${limit}`);
  return [
    column.primaryKey ? 'primary key' : '',
    column.unique ? 'unique' : '',
    references ? `→ ${references.table}.${references.column}, on delete ${references.onDelete}` : '',
    ...(range ?? []),
    column.sensitive ? 'never shown' : '',
    column.protected ? 'not set by clients' : '',
  ]
    .filter((note) => note !== '')
    .join('; ');
}
