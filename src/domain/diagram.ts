import { parseColumnType } from './column-type.ts';
import { isRequired, type Relation, relationsOf } from './relations.ts';
import { type Column, primaryKey, type Schema, type Table } from './schema.ts';

/** `numeric(10, 2)` is no word for Mermaid; the base of the type is. */
function typeWord(column: Column): string {
  const type = parseColumnType(column.type);
  if (!type) return column.type;
  const length = type.args.length === 1 ? `(${type.args[0]})` : '';
  return `${type.base.replaceAll(' ', '_')}${length}${type.array ? '[]' : ''}`;
}

/** What a column is for its table: primary key, foreign key, unique. */
export function columnKeys(column: Column, table: Table): readonly ('PK' | 'FK' | 'UK')[] {
  const isForeign = relationsOf(table).some((relation) => relation.columns.includes(column.name));
  return [
    ...(column.primaryKey ? (['PK'] as const) : []),
    ...(isForeign ? (['FK'] as const) : []),
    ...(column.unique ? (['UK'] as const) : []),
  ];
}

/** At most one child for each parent: the columns of the relation hold a whole key of the table. */
export function isOneToOne(relation: Relation, table: Table): boolean {
  const keys = [
    primaryKey(table).map((column) => column.name),
    ...table.columns.filter((column) => column.unique).map((column) => [column.name]),
    ...table.uniques,
  ];
  return keys.some((key) => key.length > 0 && key.every((column) => relation.columns.includes(column)));
}

/** Entity-relationship diagram in Mermaid's language, as README files show it. Pure and deterministic. */
export function renderMermaid(schema: Schema): string {
  const lines = ['erDiagram'];
  for (const table of schema.tables) {
    lines.push(`  "${table.name}" {`);
    for (const column of table.columns) {
      const keys = columnKeys(column, table).join(', ');
      lines.push(`    ${typeWord(column)} ${column.name}${keys && ` ${keys}`}`);
    }
    lines.push('  }');
  }
  for (const table of schema.tables) {
    for (const relation of relationsOf(table)) {
      const parent = isRequired(relation, table) ? '||' : '|o';
      const child = isOneToOne(relation, table) ? 'o|' : 'o{';
      lines.push(`  "${relation.target.table}" ${parent}--${child} "${table.name}" : "${relation.columns.join(', ')}"`);
    }
  }
  return `${lines.join('\n')}\n`;
}
