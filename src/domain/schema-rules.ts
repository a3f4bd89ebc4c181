import type { z } from 'zod';
import { formatColumnType, parseColumnType } from './column-type.ts';
import { TurboError } from './errors.ts';
import { stripInvisible } from './request.ts';
import { enumSchema, type Schema, schemaShape, tableSchema } from './schema.ts';
import { checkAccess } from './schema-rules/access.ts';
import { checkColumns } from './schema-rules/columns.ts';
import type { RuleContext, SchemaProblem } from './schema-rules/context.ts';
import { checkCycles } from './schema-rules/cycles.ts';
import { checkKeys } from './schema-rules/keys.ts';
import { checkNames } from './schema-rules/names.ts';

export type { SchemaProblem } from './schema-rules/context.ts';

/** Largest schema we accept: far above what one backend needs, far below what PostgreSQL or a reader could bear. */
export const SCHEMA_LIMITS = { tables: 200, columns: 100, enums: 100, values: 200, uniques: 32, checks: 64 } as const;

/** Problems named in the message of `schema.invalid`; all of them are in its details. */
const PROBLEMS_IN_MESSAGE = 5;

/** The member of an unknown value, when it is an object that has it itself. */
function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

function items(value: unknown, key: string): readonly unknown[] {
  const list = member(value, key);
  return Array.isArray(list) ? list : [];
}

/** Lists that are longer than allowed; looked at first, so that nothing else has to walk through them. */
function findOversized(input: unknown): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const measure = (owner: unknown, key: string, limit: number, path: string): void => {
    const { length } = items(owner, key);
    if (length > limit) problems.push({ path, message: `has ${length} entries; ${limit} are the limit` });
  };
  measure(input, 'tables', SCHEMA_LIMITS.tables, 'tables');
  measure(input, 'enums', SCHEMA_LIMITS.enums, 'enums');
  if (problems.length > 0) return problems;
  for (const [index, table] of items(input, 'tables').entries()) {
    measure(table, 'columns', SCHEMA_LIMITS.columns, `tables[${index}].columns`);
    measure(table, 'indexes', SCHEMA_LIMITS.checks, `tables[${index}].indexes`);
    measure(table, 'checks', SCHEMA_LIMITS.checks, `tables[${index}].checks`);
    measure(table, 'uniques', SCHEMA_LIMITS.uniques, `tables[${index}].uniques`);
    measure(table, 'foreignKeys', SCHEMA_LIMITS.columns, `tables[${index}].foreignKeys`);
  }
  for (const [index, type] of items(input, 'enums').entries()) {
    measure(type, 'values', SCHEMA_LIMITS.values, `enums[${index}].values`);
  }
  return problems;
}

/** `tables[2].columns[0].name`, as one would write it in a program. */
function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'schema';
}

function flatten(issues: readonly z.core.$ZodIssue[]): SchemaProblem[] {
  // The shape's messages may quote unknown keys of the input.
  return issues.map((issue) => ({
    path: stripInvisible(formatPath(issue.path)),
    message: stripInvisible(issue.message).slice(0, 200),
  }));
}

/** A value that was read, or everything that is wrong with it, each with its path. */
export type Read<T> = { readonly value: T } | { readonly problems: readonly SchemaProblem[] };

/** Holds a value from outside against a shape. */
export function readShape<T>(shape: z.ZodType<T>, input: unknown): Read<T> {
  const parsed = shape.safeParse(input);
  return parsed.success ? { value: parsed.data } : { problems: flatten(parsed.error.issues) };
}

/** The tables and enums that have the right shape, and the names of those that have not. */
function salvage(input: unknown): { schema: Schema; unreadable: Set<string> } {
  const unreadable = new Set<string>();
  const read = <T>(shape: z.ZodType<T>, key: string): T[] =>
    items(input, key).flatMap((item) => {
      const parsed = shape.safeParse(item);
      if (parsed.success) return [parsed.data];
      const name = member(item, 'name');
      if (typeof name === 'string') unreadable.add(name);
      return [];
    });
  const accounts = schemaShape.shape.accounts.safeParse(member(input, 'accounts'));
  const schema: Schema = {
    version: 1,
    tables: read(tableSchema, 'tables'),
    enums: read(enumSchema, 'enums'),
    accounts: accounts.data ?? null,
  };
  return { schema, unreadable };
}

/**
 * Everything that is wrong with a schema, at once, each with its path. Empty when the schema can be rendered, loaded
 * and used. The order is stable: shape, names, columns, keys, circles.
 */
export function findProblems(input: unknown): SchemaProblem[] {
  return [...judge(input).problems];
}

interface Judgement {
  readonly problems: readonly SchemaProblem[];
  /** Null for what has not the shape of a schema. */
  readonly schema: Schema | null;
}

function judge(input: unknown): Judgement {
  const oversized = findOversized(input);
  if (oversized.length > 0) return { problems: oversized, schema: null };
  const parsed = schemaShape.safeParse(input);
  const problems = parsed.success ? [] : flatten(parsed.error.issues);
  const { schema, unreadable } = parsed.success
    ? { schema: parsed.data, unreadable: new Set<string>() }
    : salvage(input);
  if (parsed.success && schema.tables.length === 0) {
    problems.push({ path: 'tables', message: 'a schema needs at least one table' });
  }
  const context: RuleContext = {
    schema,
    unreadable,
    tables: new Map(schema.tables.map((table) => [table.name, table])),
    enums: new Map(schema.enums.map((type) => [type.name, type])),
    report: (path, message) => problems.push({ path, message }),
  };
  for (const check of [checkNames, checkColumns, checkKeys, checkCycles, checkAccess]) check(context);
  return { problems, schema: parsed.success ? parsed.data : null };
}

/**
 * Reads a schema that came from outside. Types get their canonical spelling (`int8` becomes `bigint`), everything left
 * out its default. Throws `schema.invalid` with the first problems in the message and all in `details.problems`.
 */
export function parseSchema(input: unknown): Schema {
  const { problems, schema } = judge(input);
  if (problems.length > 0 || schema === null) throw invalidSchema(problems);
  const tables = schema.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const type = parseColumnType(column.type);
      return type ? { ...column, type: formatColumnType(type) } : column;
    }),
  }));
  return { ...schema, tables };
}

function invalidSchema(problems: readonly SchemaProblem[]): TurboError {
  const lines = problems.slice(0, PROBLEMS_IN_MESSAGE).map(({ path, message }) => `  ${path}: ${message}`);
  const rest = problems.length - lines.length;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  if (rest > 0) lines.push(`  … and ${rest} more`);
  return new TurboError('schema.invalid', `The schema has ${count}:\n${lines.join('\n')}`, {
    hint: 'Correct the places named above; --json lists all of them.',
    details: { problems },
  });
}
