import type { Schema, SchemaInput } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';

type ColumnInput = SchemaInput['tables'][number]['columns'][number];

const link = (name: string, table: string, type: string, more: Partial<ColumnInput> = {}): ColumnInput => ({
  name,
  type,
  references: { table, column: 'id', onDelete: 'cascade' },
  ...more,
});

/** With accounts: two levels below the owner, a circle of references, a row below its like, and a key of two columns. */
export function deepSchema(key: string): Schema {
  const id: ColumnInput = { name: 'id', type: key, primaryKey: true };
  const owned = { read: 'owner', write: 'owner' } as const;
  return parseSchema({
    version: 1,
    tables: [
      {
        name: 'people',
        columns: [
          id,
          { name: 'login', type: 'text', unique: true },
          { name: 'key_hash', type: 'text', sensitive: true },
        ],
      },
      {
        name: 'orders',
        columns: [
          id,
          link('double', 'people', key, { default: { generate: 'owner' } }),
          link('last_line', 'lines', key, { nullable: true }),
          link('exists', 'people', key, { nullable: true }),
        ],
        access: { ...owned, sharedWith: ['exists'] },
        uniques: [['id', 'double']],
      },
      {
        name: 'lines',
        columns: [id, link('boolean', 'orders', key), link('like', 'lines', key, { nullable: true })],
        access: { ...owned, through: 'boolean' },
      },
      {
        name: 'notes',
        columns: [id, link('line', 'lines', key)],
        access: { ...owned, through: 'line' },
      },
      {
        name: 'pairs',
        columns: [
          id,
          link('owner', 'people', key, { default: { generate: 'owner' } }),
          { name: 'a', type: key, nullable: true },
          { name: 'b', type: key, nullable: true },
        ],
        foreignKeys: [
          { columns: ['a', 'b'], references: { table: 'orders', columns: ['id', 'double'] }, onDelete: 'cascade' },
        ],
      },
    ],
    accounts: { table: 'people', login: 'login', password: 'key_hash' },
  });
}
