import { z } from 'zod';

/** Checks for values as they travel in JSON, one for each kind of column. */

const MAX_JSON_DEPTH = 32;

/** Message for a missing value, or for one of another kind. */
function expecting(message: string) {
  return ({ input }: { input?: unknown }) => (input === undefined ? 'is required' : message);
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** `1 character`, `2 characters`. */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Text; lengths count characters as PostgreSQL does. */
export function text({
  min = 0,
  max = Number.POSITIVE_INFINITY,
}: {
  min?: number;
  max?: number;
} = {}) {
  return z.string({ error: expecting('must be a text') }).superRefine((value, context) => {
    const length =
      value.length <= max && value.length >= 2 * min ? value.length : [...value].length;
    const add = (message: string) => context.addIssue({ code: 'custom', message });
    if (length < min) add(`must have at least ${counted(min, 'character')}`);
    if (length > max) add(`must have at most ${counted(max, 'character')}`);
    if (!isStorable(value)) add('contains characters that cannot be stored');
  });
}

/** Words between dots, an @, and a domain of two labels at least; of any script. What is quoted is refused. */
const EMAIL =
  /^(?=[^@]{1,64}@)[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}\.)+[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{1,62}$/u;
/** The longest address that mail can be sent to (RFC 5321). */
const MAX_EMAIL_LENGTH = 254;

/** An e-mail address. */
export function email({ min = 0, max = MAX_EMAIL_LENGTH }: { min?: number; max?: number } = {}) {
  return text({ min, max }).regex(EMAIL, 'must be an e-mail address');
}

/** A whole number. The widest range is that of JSON numbers without loss, ±(2^53 − 1). */
export function integer({
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
}: {
  min?: number;
  max?: number;
} = {}) {
  return z
    .number({ error: expecting('must be a number') })
    .refine(Number.isInteger, 'must be a whole number')
    .refine((value) => value >= min, `must be at least ${min}`)
    .refine((value) => value <= max, `must be at most ${max}`);
}

/** A floating-point number. */
export function float({
  min = -Number.MAX_VALUE,
  max = Number.MAX_VALUE,
}: {
  min?: number;
  max?: number;
} = {}) {
  return z
    .number({ error: expecting('must be a number') })
    .refine((value) => value >= min, `must be at least ${min}`)
    .refine((value) => value <= max, `must be at most ${max}`);
}

/** An exact decimal, as text or number; kept as text so that no digit is lost. */
export function decimal({
  whole = 400,
  fraction = 400,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
}: {
  /** Most digits before the point. */
  whole?: number;
  /** Most digits after the point. */
  fraction?: number;
  min?: number;
  max?: number;
} = {}) {
  return z
    .union([z.string(), z.number()], { error: expecting('must be a decimal number') })
    .transform((value) => (typeof value === 'number' ? plainNotation(value) : value))
    .superRefine((value, context) => {
      const parts = /^-?(\d*)(?:\.(\d*))?$/.exec(value);
      const add = (message: string) => context.addIssue({ code: 'custom', message });
      if (!parts || !/\d/.test(value)) return add('must be a decimal number');
      const [, before = '', after = ''] = parts;
      if (before.replace(/^0+/, '').length > whole)
        add(`must have at most ${counted(whole, 'digit')} before the point`);
      // Each run of zeros is looked at once, and not once for each of its zeros.
      if (after.replace(/(?<!0)0+$/, '').length > fraction)
        add(`must have at most ${counted(fraction, 'digit')} after the point`);
      if (Number(value) < min) add(`must be at least ${min}`);
      if (Number(value) > max) add(`must be at most ${max}`);
    });
}

/** 1e21 and 1e-7 are written out. */
function plainNotation(value: number): string {
  const [mantissa = '', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  const written = point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`;
  return value < 0 ? `-${written}` : written;
}

export function boolean() {
  return z.boolean({ error: expecting('must be true or false') });
}

/** One of a list of texts. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: expecting(`must be one of: ${values.join(', ')}`) });
}

/** A list of values of one kind. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: expecting('must be a list') });
}

/** `2026-01-31`. */
export function date() {
  return z.iso
    .date({ error: expecting('must be a date like 2026-01-31') })
    .refine(hasYear, 'has no year 0');
}

/** `10:00`, `10:00:00` or `10:00:00.123456`. */
export function time() {
  return z.iso.time({ error: expecting('must be a time like 10:00:00') });
}

/** `2026-01-31T10:00:00Z` or with an offset. */
export function instant() {
  return z.iso
    .datetime({ offset: true, error: expecting('must be a time like 2026-01-31T10:00:00Z') })
    .refine(hasYear, 'has no year 0');
}

/** `2026-01-31T10:00:00`: a time without a zone (a final Z is taken as written). */
export function localDateTime() {
  return z.iso
    .datetime({ local: true, error: expecting('must be a time like 2026-01-31T10:00:00') })
    .refine(hasYear, 'has no year 0');
}

function hasYear(value: string): boolean {
  return !value.startsWith('0000');
}

const INTERVAL =
  /^(?=.)(?:[+-]?\d{1,6} (?:years?|mons?|months?|weeks?|days?|hours?|minutes?|seconds?) ?)*(?:[+-]?\d{1,6}:\d\d:\d\d(?:\.\d{1,6})?)?$/;

/** `PT1H30M`, `1 day 02:00:00` or `90 minutes`. */
export function interval() {
  return z
    .string({ error: expecting('must be a duration like PT1H30M') })
    .refine(
      (value) =>
        value.length < 100 && (INTERVAL.test(value) || z.iso.duration().safeParse(value).success),
      'must be a duration like PT1H30M',
    );
}

export function uuid() {
  return z.guid({ error: expecting('must be a UUID') });
}

/** Bytes in base64. */
export function bytes() {
  return z.base64({ error: expecting('must be base64') });
}

/** An IPv4 or IPv6 address, or a network. */
export function network() {
  return z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
    error: expecting('must be an IP address'),
  });
}

/** Any JSON but null, of a sensible depth. */
export function json() {
  return z
    .custom<unknown>((value) => value !== undefined && value !== null, {
      error: expecting('must be a JSON value'),
    })
    .refine(
      isStorableJson,
      `must be nested at most ${MAX_JSON_DEPTH} deep and without characters that cannot be stored`,
    );
}

function isStorableJson(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_JSON_DEPTH) return false;
  return Object.entries(value).every(
    ([key, item]) => isStorable(key) && isStorableJson(item, depth + 1),
  );
}

/** A whole number, in a path or a query. */
export function integerText(range: { min?: number; max?: number } = {}) {
  return z
    .string()
    .regex(/^-?\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(integer(range));
}

/** A floating-point number, in a path or a query. */
export function floatText(range: { min?: number; max?: number } = {}) {
  return z
    .string()
    .regex(/^-?\d{1,309}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/, 'must be a number')
    .transform(Number)
    .pipe(float(range));
}

/** `true` or `false`, in a path or a query. */
export function booleanText() {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true');
}
