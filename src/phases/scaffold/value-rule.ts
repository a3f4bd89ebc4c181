import type { ColumnType } from '../../domain/column-type.ts';
import type { InputField } from '../../domain/rest.ts';
import { sampleValue } from '../../domain/sample-values.ts';
import { type Column, EMPTY_SCHEMA } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';

/**
 * What values are accepted, worked out once: the zod modules, the description of the API and the client are all written
 * from these rules, so that they cannot disagree.
 */

/** Lowest and highest number, or length of a text. */
export type Bounds = { readonly min?: number | undefined; readonly max?: number | undefined };

/** Most digits before and after the point. */
export type Digits = { readonly whole?: number; readonly fraction?: number };

export type ValueRule =
  | { readonly kind: 'text' | 'email' | 'integer' | 'float'; readonly bounds: Bounds }
  | { readonly kind: 'decimal'; readonly bounds: Digits & Bounds }
  | { readonly kind: 'boolean' | 'date' | 'time' | 'instant' | 'localDateTime' | 'interval' }
  | { readonly kind: 'uuid' | 'json' | 'bytes' | 'network' }
  /** One of the texts of an enum. */
  | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly item: ValueRule };

/** Range of the integer types that are narrower than a JSON number. */
const INTEGER_BITS: Readonly<Record<string, number>> = { smallint: 15, integer: 31 };
const LARGEST_REAL = 3.4e38;
/** Shorter is guessed at once; longer only keeps the server busy. */
const PASSWORD_RULE: ValueRule = { kind: 'text', bounds: { min: 8, max: 256 } };

function smallest(...bounds: (number | undefined)[]): number | undefined {
  const given = bounds.filter((bound) => bound !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}

function largest(...bounds: (number | undefined)[]): number | undefined {
  const given = bounds.filter((bound) => bound !== undefined);
  return given.length > 0 ? Math.max(...given) : undefined;
}

function integerBounds(type: ColumnType, check: Column['check']): Bounds {
  const bits = INTEGER_BITS[type.base];
  const limit = bits === undefined ? undefined : 2 ** bits;
  const min = limit === undefined ? undefined : -limit;
  const max = limit === undefined ? undefined : limit - 1;
  return { min: largest(min, check?.min), max: smallest(max, check?.max) };
}

function floatBounds(type: ColumnType, check: Column['check']): Bounds {
  const limit = type.base === 'real' ? LARGEST_REAL : undefined;
  const min = largest(limit === undefined ? undefined : -limit, check?.min);
  return { min, max: smallest(limit, check?.max) };
}

function decimalBounds({ args }: ColumnType, check: Column['check']): Digits & Bounds {
  const [precision, scale = 0] = args;
  const digits = precision === undefined ? {} : { whole: precision - scale, fraction: scale };
  return { ...digits, min: check?.min, max: check?.max };
}

function textBounds(type: ColumnType, check: Column['check']): Bounds {
  const own = type.args[0] ?? (type.base === 'char' ? 1 : undefined);
  return { min: check?.minLength || undefined, max: smallest(own, check?.maxLength) };
}

/** The longest address that mail can be sent to (RFC 5321). */
const MAX_EMAIL_LENGTH = 254;
const EMAIL_NAME = /(?:^|_)email$/;
const EMAIL = /^[^\s@.][^\s@]*@example\.com$/;
/** With as many digits as a seed may have. */
const LONG_SEED = 999_999_999;

/**
 * A text whose name says that it is an e-mail address. Where length or limits leave no room for one, sample values are
 * none either, and any text is taken.
 */
function isEmail(column: Column, type: ColumnType): boolean {
  if (!EMAIL_NAME.test(column.name) || type.kind !== 'text' || type.array) return false;
  const sample = sampleValue(column, EMPTY_SCHEMA, LONG_SEED);
  return typeof sample === 'string' && sample.length <= MAX_EMAIL_LENGTH && EMAIL.test(sample);
}

function emailRule(type: ColumnType, check: Column['check']): ValueRule {
  const { min, max = MAX_EMAIL_LENGTH } = textBounds(type, check);
  return { kind: 'email', bounds: { min, max: max < MAX_EMAIL_LENGTH ? max : undefined } };
}

/** The rule of one item of a built-in type. */
function itemRule(type: ColumnType, check: Column['check']): ValueRule {
  switch (type.kind) {
    case 'text':
      return { kind: 'text', bounds: textBounds(type, check) };
    case 'integer':
    case 'bigint':
      return { kind: 'integer', bounds: integerBounds(type, check) };
    case 'decimal':
      return { kind: 'decimal', bounds: decimalBounds(type, check) };
    case 'float':
      return { kind: 'float', bounds: floatBounds(type, check) };
    case 'timestamp':
      return { kind: type.base === 'timestamptz' ? 'instant' : 'localDateTime' };
    default:
      return { kind: type.kind };
  }
}

/** What the values of a column are, without regard to null and default. */
export function columnRule(resource: Resource, column: Column): ValueRule {
  const { type, choices, enumName } = resource.typeOf(column);
  if (!type) return { kind: 'enum', name: enumName, values: choices?.values ?? [] };
  return type.array ? { kind: 'list', item: itemRule(type, null) } : itemRule(type, column.check);
}

/** What a field of a body accepts; stricter than what a column may hold, for rows from elsewhere are answered too. */
export function fieldRule(resource: Resource, { column, hashed }: InputField): ValueRule {
  if (hashed) return PASSWORD_RULE;
  const { type } = resource.typeOf(column);
  return type && isEmail(column, type) ? emailRule(type, column.check) : columnRule(resource, column);
}

/** What a value in a path or a query must be. Limits of the column do not count there. */
export function textRule(resource: Resource, column: Column): ValueRule {
  const { type } = resource.typeOf(column);
  if (!type) return columnRule(resource, column);
  if (type.array || type.kind === 'json') return { kind: 'text', bounds: {} };
  return itemRule(type, null);
}

/** The constant of a column as it travels in JSON. In the schema it is spelled as SQL wants it. */
export function defaultValue(resource: Resource, column: Column, constant: string | number | boolean): unknown {
  const { type, array } = resource.typeOf(column);
  if (array) return [];
  switch (type?.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
      return Number(constant);
    case 'boolean':
      return constant === true || constant === 'true';
    case 'json':
      return JSON.parse(String(constant));
    case 'bytes':
      return Buffer.from(String(constant).slice(2), 'hex').toString('base64');
    default:
      return String(constant);
  }
}
