import { z } from 'zod';
import type { Catalog } from './catalog.ts';
import type { Gone, TablePlace } from './column-places.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What lies beside rows that were put aside: what they are, and what the database looked like. */
export const rowIndexShape = z.strictObject({
  version: z.literal(1),
  catalog: z.custom<Catalog>(isObject),
  places: z.array(z.custom<TablePlace>(isObject)),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      /** In the order of the cells of a line. */
      columns: z.array(z.string()),
      /** The primary key, all of it among `columns`; empty when there is none. */
      key: z.array(z.string()),
      rows: z.number(),
      file: z.string(),
      sha256: z.string(),
    }),
  ),
  sequences: z.array(
    z.strictObject({ table: z.string(), column: z.string(), last: z.string(), isCalled: z.boolean() }),
  ),
  /** What of the database these rows are; null: all of it. */
  only: z.custom<Gone>(isObject).nullable(),
  /** Files of migrations, by their names in the folder. */
  migrations: z.record(z.string(), z.string()),
});

export type RowIndex = Readonly<z.output<typeof rowIndexShape>>;
export type IndexedTable = RowIndex['tables'][number];
