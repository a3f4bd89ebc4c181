import { columnTypeSql } from '../column-sql.ts';
import { readableIdentifier as name } from '../identifier.ts';
import type { Column, Table } from '../schema.ts';
import { type DiffContext, type Fill, ORDER, type Step, step, type TablePair } from './context.ts';
import { conversion } from './conversion.ts';
import { fillSql } from './fill.ts';

/** Rows without a value get that of the column it stands for, while that one is still there. */
export function copyColumn(
  former: Column | null,
  column: Column,
  { old, next }: TablePair,
  context: DiffContext,
): Step[] {
  const from = context.copies.get(`${next.name}.${column.name}`);
  const source = old.columns.find(({ name: title }) => title === from);
  if (from === undefined || !source) return [];
  const value = copiedValue(source, column, context);
  if (value === null) return [];
  const fill: Fill = { value, constant: false, mayBeEmpty: true };
  const isNew = former === null;
  const what = `Give ${next.name}.${column.name} the values of ${from}.`;
  return [
    step(isNew ? ORDER.column + 0.5 : ORDER.dropColumn - 0.5, what, [fillSql(next, column, fill)], {
      act: { kind: 'copy', table: next, column, fill, isNew },
    }),
  ];
}

/** The column that was there before and stands for one that goes, and what it should hold. */
export function heirOf(gone: Column, table: Table, context: DiffContext): { column: string; value: string } | null {
  const heir = table.columns.find(({ name: title }) => context.copies.get(`${table.name}.${title}`) === gone.name);
  const column = heir && context.oldColumn(table.name, heir.name);
  const value = heir && copiedValue(gone, heir, context);
  return column && value ? { column, value } : null;
}

/** What a column becomes in another one; null when there is no way. */
function copiedValue(source: Column, column: Column, { base, after }: DiffContext): string | null {
  const found = conversion(source.name, { type: source.type, schema: base }, { type: column.type, schema: after });
  return found && (found.using ?? `${name(source.name)}::${columnTypeSql(column)}`);
}
