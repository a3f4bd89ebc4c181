import type { Schema, SchemaInput } from '../../src/domain/schema.ts';
import { SAMPLE_SCHEMAS } from './sample-schemas.ts';
import { schemaFile } from './schema-file.ts';

type TableInput = SchemaInput['tables'][number];
type ColumnInput = TableInput['columns'][number];

const id: ColumnInput = { name: 'id', type: 'varchar(32)', primaryKey: true, default: { generate: 'id' } };

function link(name: string, table: string, more: Partial<ColumnInput> = {}): ColumnInput {
  return { name, type: 'varchar(32)', references: { table, column: 'id', onDelete: 'cascade' }, ...more };
}

/**
 * So many tables: each belongs to one half as far along, every fifth also to its like, every seventh to itself, and the
 * first refers to the last, which closes a circle through all that lie between.
 */
function manyTables(count: number): SchemaInput {
  const nameOf = (at: number) => `table_${String(at).padStart(3, '0')}`;
  const tables = Array.from({ length: count }, (_, at): TableInput => {
    const columns: ColumnInput[] = [id, { name: 'title', type: 'varchar(120)' }];
    if (at > 0) columns.push(link('parent_id', nameOf(Math.floor(at / 2))));
    if (at > 0 && at % 5 === 0) columns.push(link('other_id', nameOf(at - 1), { nullable: true }));
    if (at % 7 === 0) columns.push(link('self_id', nameOf(at), { nullable: true }));
    if (at === 0 && count > 1) columns.push(link('last_id', nameOf(count - 1), { nullable: true }));
    columns.push({ name: 'created_at', type: 'bigint', default: { generate: 'created' } });
    return { name: nameOf(at), columns };
  });
  return { version: 1, tables };
}

/** The words of SQL and of TypeScript that are most in the way, as tables and columns. */
const reservedWords: SchemaInput = {
  version: 1,
  tables: ['select', 'user', 'order', 'delete', 'new', 'default'].map((name, at, all) => ({
    name,
    columns: [
      id,
      { name: 'table', type: 'varchar(40)' },
      { name: 'where', type: 'integer', nullable: true },
      { name: 'null', type: 'boolean', default: { value: false } },
      { name: 'class', type: 'varchar(20)', unique: true },
      { name: 'limit', type: 'numeric(8, 2)', check: { min: 0 } },
      ...(at > 0 ? [link('group', all[at - 1] ?? '')] : []),
    ],
  })),
};

/** Schemas of every unusual shape; each must be generated, built and verified. */
export const SHAPES: Readonly<Record<string, SchemaInput | Schema>> = {
  ...SAMPLE_SCHEMAS,
  'reserved words': reservedWords,
  'reserved words with accounts': schemaFile('words'),
  'a hundred tables': manyTables(100),
};
