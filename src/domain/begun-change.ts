import { z } from 'zod';
import { ENVIRONMENTS } from './database.ts';
import { type Schema, schemaShape } from './schema.ts';

const migrationShape = z.strictObject({
  version: z.string().regex(/^[0-9]{14}$/),
  name: z.string().regex(/^[a-z0-9_]+$/),
  up: z.string(),
  /** Null when it has no way back. */
  down: z.string().nullable(),
});

/**
 * A change of a project that was rehearsed and is being carried out: written down before anything of it is done, so
 * that what was cut is finished or taken back by whoever comes next.
 */
export const begunChangeShape = z.strictObject({
  version: z.literal(1),
  env: z.enum(ENVIRONMENTS),
  /** `treeHash` of the migrations folder before, without its sum. */
  base: z.string(),
  migrations: z.array(migrationShape),
  /** What the project is to become. */
  schema: schemaShape,
});

/** A migration whose files are not written yet. */
export type NewMigration = Readonly<z.output<typeof migrationShape>>;

export type BegunChange = Readonly<Omit<z.output<typeof begunChangeShape>, 'schema' | 'migrations'>> & {
  readonly migrations: readonly NewMigration[];
  readonly schema: Schema;
};
