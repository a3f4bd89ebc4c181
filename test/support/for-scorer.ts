import type { Schema } from '../../src/domain/schema.ts';

/** A schema in the spelling that scorers of labelled requests read. */
export function forScorer(schema: Schema) {
  return {
    tables: schema.tables.map((table) => ({
      name: table.name,
      uniques: table.uniques,
      columns: table.columns.map(({ name, type, nullable, unique, primaryKey, references }) => ({
        name,
        type,
        nullable,
        unique,
        primaryKey,
        references: references && { table: references.table, column: references.column },
      })),
    })),
  };
}
