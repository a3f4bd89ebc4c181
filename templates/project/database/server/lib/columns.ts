import { z } from 'zod';
import { toJson } from './types.ts';

/** What lists can be asked about a column: `?views[gte]=10`. */
export type Operator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'like' | 'null';

/** A visible column, as requests may speak of it. */
export interface Column {
  /** Its name in SQL. */
  readonly sql: string;
  /** Reads a value that came as text. */
  readonly value: z.ZodType;
  readonly operators: readonly Operator[];
  readonly nullable: boolean;
  /** How a value is handed to the driver. */
  readonly parameter: (value: unknown) => unknown;
  /** SQL for the bytes of its values, where these can be many; they are not read for it. */
  readonly size?: string;
}

/** The visible columns of a table by name, in its order. */
export type Columns = Readonly<Record<string, Column>>;

const EQUALITY = ['eq', 'ne', 'in'] as const;
const ORDER = [...EQUALITY, 'gt', 'gte', 'lt', 'lte'] as const;

function asIs(value: unknown): unknown {
  return value;
}

function column(sql: string, value: z.ZodType, operators: readonly Operator[]): Column {
  return { sql, value, operators, nullable: false, parameter: asIs };
}

/** Values that are the same or not. */
export function equal(sql: string, value: z.ZodType): Column {
  return column(sql, value, EQUALITY);
}

/** Values with an order: numbers and times. */
export function ordered(sql: string, value: z.ZodType): Column {
  return column(sql, value, ORDER);
}

export function text(sql: string, value: z.ZodType): Column {
  return { ...column(sql, value, [...ORDER, 'like']), size: `octet_length(${sql})` };
}

/** Bytes, in base64 outside the database. */
export function bytes(sql: string, value: z.ZodType): Column {
  return { ...equal(sql, value), parameter: fromBase64, size: `pg_column_size(${sql})` };
}

function fromBase64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromBase64);
  return typeof value === 'string' ? Buffer.from(value, 'base64') : null;
}

/** JSON: shown, but not compared. */
export function json(sql: string): Column {
  return { ...list(sql), parameter: toJson };
}

/** Lists: shown, but not compared. */
export function list(sql: string): Column {
  return { ...column(sql, jsonText, []), size: `pg_column_size(${sql})` };
}

/** How a cursor holds a value that is more than a word or a number. */
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/** The column may be empty. */
export function nullable(filled: Column): Column {
  return { ...filled, nullable: true, operators: [...filled.operators, 'null'] };
}
