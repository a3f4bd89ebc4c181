import type { ColumnType } from '../../domain/column-type.ts';
import type { InputField } from '../../domain/rest.ts';
import { sampleValue } from '../../domain/sample-values.ts';
import { type Column, EMPTY_SCHEMA } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { jsonCode, listed, numberCode, quoted } from './source.ts';

/** Range of the integer types that are narrower than a JSON number. */
const INTEGER_BITS: Readonly<Record<string, number>> = { smallint: 15, integer: 31 };
const LARGEST_REAL = 3.4e38;
/** Shorter is guessed at once; longer only keeps the server busy. */
const PASSWORD_LENGTH = { min: 8, max: 256 };

type Bounds = Readonly<Record<string, number | undefined>>;

/** `value.text({ max: 80 })`. */
function call(name: string, bounds: Bounds = {}): string {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined);
  if (given.length === 0) return `value.${name}()`;
  return listed(
    `value.${name}({`,
    given.map(([key, bound]) => `${key}: ${numberCode(bound)}`),
    '})',
  );
}

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

function decimalBounds({ args }: ColumnType, check: Column['check']): Bounds {
  const [precision, scale = 0] = args;
  const digits = precision === undefined ? {} : { whole: precision - scale, fraction: scale };
  return { ...digits, min: check?.min, max: check?.max };
}

/** The longest address that `value.email` takes. */
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

function textBounds(type: ColumnType, check: Column['check']): Bounds {
  return {
    min: check?.minLength || undefined,
    max: smallest(type.args[0] ?? charLength(type), check?.maxLength),
  };
}

function emailCode(type: ColumnType, check: Column['check']): string {
  const { min, max = MAX_EMAIL_LENGTH } = textBounds(type, check);
  return call('email', { min, max: max < MAX_EMAIL_LENGTH ? max : undefined });
}

/** The check of one item of a built-in type. */
function itemCode(type: ColumnType, check: Column['check']): string {
  switch (type.kind) {
    case 'text':
      return call('text', textBounds(type, check));
    case 'integer':
    case 'bigint':
      return call('integer', integerBounds(type, check));
    case 'decimal':
      return call('decimal', decimalBounds(type, check));
    case 'float':
      return call('float', floatBounds(type, check));
    case 'boolean':
    case 'date':
    case 'time':
    case 'interval':
    case 'uuid':
    case 'json':
    case 'bytes':
    case 'network':
      return call(type.kind);
    case 'timestamp':
      return call(type.base === 'timestamptz' ? 'instant' : 'localDateTime');
  }
}

function charLength(type: ColumnType): number | undefined {
  return type.base === 'char' ? 1 : undefined;
}

/** The check for a column's values, without regard to null and default. */
function valueCode(resource: Resource, column: Column): string {
  const { type, enumName } = resource.typeOf(column);
  if (!type) return `enums.${enumName}`;
  return type.array ? `z.array(${itemCode(type, null)})` : itemCode(type, column.check);
}

/** The check for a field of a body. */
export function fieldCode(resource: Resource, field: InputField): string {
  const check = field.hashed ? call('text', PASSWORD_LENGTH) : bodyCode(resource, field.column);
  return field.column.nullable ? `${check}.nullable()` : check;
}

/** Stricter than what a cursor may hold: rows from elsewhere are listed too. */
function bodyCode(resource: Resource, column: Column): string {
  const { type } = resource.typeOf(column);
  return type && isEmail(column, type) ? emailCode(type, column.check) : valueCode(resource, column);
}

/** The check for a value that comes as text, in a path or a query. Limits of the column do not count there. */
export function textCode(resource: Resource, column: Column): string {
  const { type } = resource.typeOf(column);
  if (!type) return valueCode(resource, column);
  if (type.array || type.kind === 'json') return call('text');
  switch (type.kind) {
    case 'integer':
    case 'bigint':
      return call('integerText', integerBounds(type, null));
    case 'float':
      return call('floatText', floatBounds(type, null));
    case 'boolean':
      return call('booleanText');
    default:
      return itemCode(type, null);
  }
}

/** The TypeScript type of a column's values in an answer. */
export function typeCode(resource: Resource, column: Column): string {
  const { type, enumName } = resource.typeOf(column);
  const item = type ? itemType(type) : `enums.${enumName}`;
  const whole = type?.array ? `${item}[]` : item;
  return column.nullable && whole !== 'unknown' ? `${whole} | null` : whole;
}

function itemType(type: ColumnType): string {
  switch (type.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'json':
      return 'unknown';
    default:
      return 'string';
  }
}

/** The constant of a column as its checked value would be. In the schema it is spelled as SQL wants it. */
export function defaultCode(resource: Resource, column: Column, constant: string | number | boolean): string {
  const { type, array } = resource.typeOf(column);
  if (array) return '[]';
  switch (type?.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
      return numberCode(Number(constant));
    case 'boolean':
      return String(constant);
    case 'json':
      return jsonCode(JSON.parse(String(constant)));
    case 'bytes':
      return quoted(Buffer.from(String(constant).slice(2), 'hex').toString('base64'));
    default:
      return quoted(String(constant));
  }
}
