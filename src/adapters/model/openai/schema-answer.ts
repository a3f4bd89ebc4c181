import { z } from 'zod';
import { GENERATORS, READERS, REFERENTIAL_ACTIONS, type Schema, WRITERS } from '../../../domain/schema.ts';

/**
 * The schema as models write it: the same as ours, with nothing left out and no bounds, since services that hold a
 * model to a JSON schema want every property named and know few keywords. All rules are checked afterwards.
 */
const columnAnswer = z.strictObject({
  name: z.string(),
  type: z.string(),
  description: z.string(),
  nullable: z.boolean(),
  default: z
    .union([
      z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
      z.strictObject({ generate: z.enum(GENERATORS) }),
    ])
    .nullable(),
  unique: z.boolean(),
  primaryKey: z.boolean(),
  references: z
    .strictObject({ table: z.string(), column: z.string(), onDelete: z.enum(REFERENTIAL_ACTIONS) })
    .nullable(),
  check: z
    .strictObject({
      min: z.number().nullable(),
      max: z.number().nullable(),
      minLength: z.number().nullable(),
      maxLength: z.number().nullable(),
    })
    .nullable(),
  sensitive: z.boolean(),
  protected: z.boolean(),
});

const tableAnswer = z.strictObject({
  name: z.string(),
  description: z.string(),
  columns: z.array(columnAnswer),
  uniques: z.array(z.array(z.string())),
  indexes: z.array(z.strictObject({ columns: z.array(z.string()) })),
  foreignKeys: z.array(
    z.strictObject({
      columns: z.array(z.string()),
      references: z.strictObject({ table: z.string(), columns: z.array(z.string()) }),
      onDelete: z.enum(REFERENTIAL_ACTIONS),
    }),
  ),
  checks: z.array(
    z.strictObject({ left: z.string(), operator: z.enum(['<', '<=', '>', '>=', '=', '<>']), right: z.string() }),
  ),
  access: z
    .strictObject({
      read: z.enum(READERS),
      write: z.enum(WRITERS),
      through: z.string().nullable(),
      sharedWith: z.array(z.string()),
    })
    .nullable(),
});

export const schemaAnswer = z.strictObject({
  tables: z.array(tableAnswer),
  enums: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()) })),
  accounts: z
    .strictObject({
      table: z.string(),
      login: z.string(),
      password: z.string(),
      role: z.string().nullable(),
      admins: z.array(z.string()),
    })
    .nullable(),
});

/**
 * What `parseSchema` reads, from an answer of any shape: services that do not hold a model to the schema leave out what
 * is empty, which means the same. What does not belong there stays, so that it is found.
 */
export function fromAnswer(answer: unknown): unknown {
  if (!isObject(answer)) return answer;
  return { version: 1, ...answer, tables: mapped(answer.tables, tableOf) };
}

function tableOf(table: unknown): unknown {
  return isObject(table) ? { ...table, columns: mapped(table.columns, columnOf) } : table;
}

/** A bound that is null is none. */
function columnOf(column: unknown): unknown {
  if (!isObject(column) || !isObject(column.check)) return column;
  const bounds = Object.entries(column.check).filter(([, bound]) => bound !== null);
  return { ...column, check: bounds.length === 0 ? null : Object.fromEntries(bounds) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const mapped = (value: unknown, map: (item: unknown) => unknown) => (Array.isArray(value) ? value.map(map) : value);

/** A schema as a model would have written it: the draft it starts from. */
export function toAnswer({ tables, enums, accounts }: Schema): unknown {
  return {
    tables: tables.map((table) => ({
      ...table,
      foreignKeys: table.foreignKeys.map(({ columns, references, onDelete }) => ({ columns, references, onDelete })),
      columns: table.columns.map(({ references, check, ...column }) => ({
        ...column,
        references: references && { table: references.table, column: references.column, onDelete: references.onDelete },
        check: check && { min: null, max: null, minLength: null, maxLength: null, ...check },
      })),
    })),
    enums,
    accounts,
  };
}
