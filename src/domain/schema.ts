import { z } from 'zod';

/**
 * The one source of truth about a project's data: DDL, code, documentation and diagrams are all derived from it.
 * Plain JSON, versioned. This module is the shape; `schema-rules.ts` holds what the shape alone cannot say.
 */

/** `cascade` deletes the children, `restrict` refuses while there are any, `set-null` forgets the parent. */
export const REFERENTIAL_ACTIONS = ['no-action', 'restrict', 'cascade', 'set-null'] as const;
export type ReferentialAction = (typeof REFERENTIAL_ACTIONS)[number];

const action = z.enum(REFERENTIAL_ACTIONS).default('no-action');

/** A value the database or the backend fills in: nano id, unix seconds at insert, the account that makes the row, … */
export const GENERATORS = ['id', 'created', 'updated', 'uuid', 'identity', 'owner'] as const;
export type Generator = (typeof GENERATORS)[number];

const columnDefault = z.union([
  z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
  z.strictObject({ generate: z.enum(GENERATORS) }),
]);

/** Limits of one column, kept structured so that DDL, validation and tests can all be derived from them. */
const columnCheck = z.strictObject({
  min: z.number().optional(),
  max: z.number().optional(),
  minLength: z.int().nonnegative().optional(),
  maxLength: z.int().positive().optional(),
});

const columnSchema = z.strictObject({
  name: z.string(),
  /** A PostgreSQL type of `column-type.ts`, or the name of one of the schema's enums. */
  type: z.string(),
  description: z.string().default(''),
  nullable: z.boolean().default(false),
  default: columnDefault.nullable().default(null),
  unique: z.boolean().default(false),
  /** Several columns of a table with `primaryKey` form one composite key, in column order. */
  primaryKey: z.boolean().default(false),
  references: z
    .strictObject({ table: z.string(), column: z.string(), onDelete: action, onUpdate: action })
    .nullable()
    .default(null),
  check: columnCheck.nullable().default(null),
  /** Sensitive values (password hashes, tokens) are never selected by generated endpoints. */
  sensitive: z.boolean().default(false),
  /** Not taken from whoever owns the row, only from administrators, if there are any: balances, what makes trusted. */
  protected: z.boolean().default(false),
});

/** A foreign key over several columns; single-column ones stand at the column. */
const foreignKey = z.strictObject({
  columns: z.array(z.string()).min(1),
  references: z.strictObject({ table: z.string(), columns: z.array(z.string()).min(1) }),
  onDelete: action,
  onUpdate: action,
});

/** A comparison of two columns of one row, for example `ends_at > starts_at`. NULL on either side passes. */
const tableCheck = z.strictObject({
  left: z.string(),
  operator: z.enum(['<', '<=', '>', '>=', '=', '<>']),
  right: z.string(),
});

/** Who may see rows: `accounts` is everybody who is signed in, `owner` the account a row belongs to. */
export const READERS = ['everyone', 'accounts', 'owner'] as const;
/** Who may make, change and delete rows. */
export const WRITERS = ['everyone', 'accounts', 'owner', 'admins'] as const;

/** Who may do what with the rows of a table; `access.ts` tells what holds where nothing is said. */
const accessSchema = z.strictObject({
  read: z.enum(READERS),
  write: z.enum(WRITERS),
  /** Rows belong to whom the row belongs that this column refers to: a line of an order to whom placed the order. */
  through: z.string().nullable().default(null),
  /** Columns with the key of an account that may read the row too: the recipient of a message. */
  sharedWith: z.array(z.string()).default([]),
});

/** People who sign in. */
const accountsSchema = z.strictObject({
  table: z.string(),
  /** The unique text they sign in with. */
  login: z.string(),
  /** The sensitive column that holds the hash of the password. */
  password: z.string(),
  /** The protected column that tells what an account may do, and its values that may do everything. */
  role: z.string().nullable().default(null),
  admins: z.array(z.string()).default([]),
});

export const tableSchema = z.strictObject({
  name: z.string(),
  description: z.string().default(''),
  columns: z.array(columnSchema),
  uniques: z.array(z.array(z.string()).min(1)).default([]),
  indexes: z.array(z.strictObject({ columns: z.array(z.string()).min(1) })).default([]),
  foreignKeys: z.array(foreignKey).default([]),
  checks: z.array(tableCheck).default([]),
  access: accessSchema.nullable().default(null),
});

export const enumSchema = z.strictObject({
  name: z.string(),
  values: z.array(z.string()).min(1),
});

export const schemaShape = z.strictObject({
  version: z.literal(1),
  tables: z.array(tableSchema),
  enums: z.array(enumSchema).default([]),
  /** Null: nobody signs in, and everybody may do everything. */
  accounts: accountsSchema.nullable().default(null),
});

type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type Schema = DeepReadonly<z.output<typeof schemaShape>>;
/** What a person, a model or the planner may write: everything with a default can be left out. */
export type SchemaInput = z.input<typeof schemaShape>;
export type Table = Schema['tables'][number];
export type Column = Table['columns'][number];
export type EnumType = Schema['enums'][number];
export type Accounts = NonNullable<Schema['accounts']>;
export type Reader = (typeof READERS)[number];
export type Writer = (typeof WRITERS)[number];

export const EMPTY_SCHEMA: Schema = { version: 1, tables: [], enums: [], accounts: null };

/** The primary-key columns of a table, in column order. */
export function primaryKey(table: Table): readonly Column[] {
  return table.columns.filter((column) => column.primaryKey);
}
