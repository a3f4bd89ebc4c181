import { commentText } from '../source.ts';
import type { Bounds, Digits, ValueRule } from '../value-rule.ts';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

export function componentRef(kind: 'schemas' | 'parameters' | 'responses' | 'headers', name: string): Json {
  return { $ref: `#/components/${kind}/${name}` };
}

/** `{ description }`, or nothing for an empty text. */
export function described(text: string): Json {
  const description = commentText(text);
  return description === '' ? {} : { description };
}

const INT32 = 2 ** 31;
const LARGEST_REAL = 3.4e38;
const LONGEST_EMAIL = 254;
const TIME_OF_DAY = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const DAY = '\\d{4}-\\d{2}-\\d{2}';

/** What a client sends. */
export function inputSchema(rule: ValueRule): Json {
  switch (rule.kind) {
    case 'email':
      return { type: 'string', format: 'idn-email', ...lengths({ max: LONGEST_EMAIL, ...given(rule.bounds) }) };
    case 'integer':
      return integerSchema(rule.bounds, { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    case 'decimal':
      return {
        anyOf: [
          { type: 'string', ...decimalText(rule.bounds) },
          { type: 'number', ...limits(rule.bounds) },
        ],
      };
    case 'time':
      return { type: 'string', pattern: `^${TIME_OF_DAY}(?::[0-5]\\d(?:\\.\\d+)?)?$` };
    case 'localDateTime':
      return { type: 'string', pattern: `^${DAY}T${TIME_OF_DAY}(?::[0-5]\\d(?:\\.\\d+)?)?Z?$` };
    case 'interval':
      return { type: 'string', maxLength: 99, examples: ['PT1H30M', '1 day 02:00:00', '90 minutes'] };
    case 'json':
      return { type: ['object', 'array', 'string', 'number', 'boolean'] };
    case 'network':
      return { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }, { pattern: '/\\d{1,3}$' }] };
    case 'list':
      return { type: 'array', items: inputSchema(rule.item) };
    default:
      return answerSchema(rule);
  }
}

/** What stands in a path or a query, where everything is text. */
export function textSchema(rule: ValueRule): Json {
  return rule.kind === 'decimal' ? { type: 'string', ...decimalText(rule.bounds) } : inputSchema(rule);
}

/** What a client gets: as the database holds it, which knows no form of an address or a duration. */
export function answerSchema(rule: ValueRule): Json {
  switch (rule.kind) {
    case 'text':
      return { type: 'string', ...lengths(rule.bounds) };
    case 'integer':
      return integerSchema(rule.bounds, {});
    case 'float':
      return floatSchema(rule.bounds);
    case 'decimal':
      return { type: 'string', pattern: '^-?\\d+(?:\\.\\d+)?$' };
    case 'boolean':
      return { type: 'boolean' };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'time':
      return { type: 'string', pattern: `^${TIME_OF_DAY}:[0-5]\\d(?:\\.\\d{1,6})?$` };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'localDateTime':
      return { type: 'string', pattern: `^${DAY}T${TIME_OF_DAY}:[0-5]\\d(?:\\.\\d{1,6})?$` };
    case 'uuid':
      return { type: 'string', format: 'uuid' };
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' };
    case 'email':
    case 'interval':
    case 'network':
      return { type: 'string' };
    case 'json':
      return {};
    case 'enum':
      return componentRef('schemas', rule.name);
    case 'list':
      return { type: 'array', items: answerSchema(rule.item) };
  }
}

/** The schema with null beside it. */
export function nullable(schema: Json): Json {
  if (Object.keys(schema).length === 0) return schema;
  const { type } = schema;
  if (Array.isArray(type)) return { ...schema, type: [...type, 'null'] };
  if (typeof type === 'string' && !('anyOf' in schema)) return { ...schema, type: [type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

function given<T extends object>(bounds: T): T;
function given(bounds: object): object {
  return Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));
}

function lengths({ min, max }: Bounds): Json {
  return given({ minLength: min, maxLength: max });
}

function limits({ min, max }: Bounds): Json {
  return given({ minimum: min, maximum: max });
}

/** The whole range of a type is said by its format. */
function integerSchema({ min, max }: Bounds, widest: Bounds): Json {
  const isSmall = min !== undefined && max !== undefined && min >= -INT32 && max < INT32;
  if (!isSmall) return { type: 'integer', format: 'int64', ...limits({ ...widest, ...given({ min, max }) }) };
  const lowest = min === -INT32 ? undefined : min;
  const highest = max === INT32 - 1 ? undefined : max;
  return { type: 'integer', format: 'int32', ...limits({ min: lowest, max: highest }) };
}

function floatSchema({ min, max }: Bounds): Json {
  const isReal = max !== undefined && max <= LARGEST_REAL && min !== undefined && min >= -LARGEST_REAL;
  const own = limits({
    min: min === -LARGEST_REAL ? undefined : min,
    max: max === LARGEST_REAL ? undefined : max,
  });
  return { type: 'number', format: isReal ? 'float' : 'double', ...own };
}

function decimalText({ whole, fraction, min, max }: Digits & Bounds): Json {
  const pattern =
    whole === undefined ? '^-?\\d+(?:\\.\\d+)?$' : `^-?0*\\d{0,${whole}}(?:\\.\\d{0,${fraction ?? 0}}0*)?$`;
  const range = [min === undefined ? [] : `at least ${min}`, max === undefined ? [] : `at most ${max}`].flat();
  return { pattern, ...described(range.join(', ')) };
}
