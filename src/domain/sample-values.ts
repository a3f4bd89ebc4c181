import { parseColumnType, type ValueKind } from './column-type.ts';
import type { Column, Schema } from './schema.ts';

/**
 * Believable values for one column. Everything is a pure function of the column and a seed: different seeds give
 * different values wherever the type has room for them, the same seed gives the same value on every machine.
 */

/** A type whose values can be put on a line of numbers; times of every kind are seconds, so they compare. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** The value of seed 0, and how far apart those of neighbouring seeds are. */
  readonly start: number;
  readonly step: number;
  readonly encode: (point: number) => unknown;
}

/** 2025-01-01T09:00:00Z in unix seconds: in the past, so that it is before any `created_at` the server makes. */
export const SAMPLE_TIME = 1_735_722_000;
/** 2100-01-01T00:00:00Z: after any `created_at` the server makes. */
export const FUTURE_TIME = 4_102_444_800;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** What a column of numbers is about, by its name → a usual value. */
const USUAL_NUMBERS: readonly (readonly [RegExp, number])[] = [
  [/cents|_minor$/, 1900],
  [/price|amount|total|cost|fee|balance|salary|budget|revenue/, 19],
  [/year/, 2024],
  [/rating|stars|score|grade/, 4],
  [/(^|_)age$/, 30],
  [/^lat|_lat/, 52],
  [/^(lng|lon)|_(lng|lon)/, 13],
  [/percent|discount|rate$/, 10],
  [/minutes|duration|seconds/, 30],
  [/quantity|count|stock|capacity|seats|guests/, 5],
];

/** `[head, tail]` of a text: the head gives way when space is short, the tail tells seeds apart. */
const USUAL_TEXTS: readonly (readonly [RegExp, (n: number) => readonly [string, string]])[] = [
  [/email/, (n) => ['ada', `.${n}@example.com`]],
  [/url|website|link|avatar|image|photo|cover/, (n) => ['https://example.com/pages/', `${n}`]],
  [/slug|handle/, (n) => ['first-steps-', `${n}`]],
  [/username|login|nickname/, (n) => ['ada_', `${n}`]],
  [/password/, (n) => ['correct-horse-battery-', `${n}`]],
  [/token|secret|key$|hash/, (n) => ['sample-token-', `${n}`]],
  [/phone|mobile|fax/, (n) => ['+1555', String(n).padStart(7, '0')]],
  [/zip|postal|postcode/, (n) => ['', String(10_000 + n)]],
  [/sku|code|number|reference|isbn|serial/, (n) => ['REF-', `${n}`]],
  [/first_?name/, (n) => ['Ada ', `${n}`]],
  [/last_?name|surname/, (n) => ['Lovelace ', `${n}`]],
  [/title|subject|headline/, (n) => ['First steps, part ', `${n}`]],
  [
    /body|content|text|description|message|notes?$|bio|summary|comment/,
    (n) => ['A few words worth keeping, no. ', `${n}`],
  ],
  [/city|town/, (n) => ['Lisbon ', `${n}`]],
  [/street|address/, (n) => ['Garden Street ', `${n}`]],
  [/company|organi[sz]ation|vendor|brand/, (n) => ['Northwind ', `${n}`]],
  [/name/, (n) => ['Sample name ', `${n}`]],
  [/./, (n) => ['Sample ', `${n}`]],
];

/** Texts of a closed vocabulary; not used where values must be unique, because they repeat. */
const VOCABULARIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/currency/, ['EUR', 'USD', 'GBP', 'JPY']],
  [/country/, ['DE', 'PT', 'JP', 'BR']],
  [/language|locale|lang$/, ['en', 'de', 'pt', 'ja']],
  [/time_?zone/, ['UTC', 'Europe/Lisbon', 'Asia/Tokyo']],
  [/colou?r/, ['#2f6fed', '#0f9d58', '#f4b400']],
  [/mime|content_type|media_type/, ['text/plain', 'image/png', 'application/pdf']],
];

/** The numbers a column accepts and how they are written; null for a type without an order of that kind. */
export function scaleOf(column: Column): Scale | null {
  const type = parseColumnType(column.type);
  if (!type || type.array) return null;
  const full = fullScale(column.name, type.kind, type.base, type.args);
  if (!full) return null;
  const { min, max } = column.check ?? {};
  const low = Math.max(full.low, min ?? full.low);
  const high = Math.min(full.high, max ?? full.high);
  return { ...full, low, high };
}

function fullScale(name: string, kind: ValueKind, base: string, args: readonly number[]): Scale | null {
  const usual = USUAL_NUMBERS.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
  switch (kind) {
    case 'integer':
    case 'bigint': {
      const bits = base === 'smallint' ? 15 : base === 'integer' ? 31 : 53;
      const range = { low: -(2 ** bits) + 1, high: 2 ** bits - 1, encode: (point: number) => Math.round(point) };
      const isTime = bits > 15 && /_(at|on|until|time|date)$|^(time|date|deadline)$/.test(name);
      return { ...range, start: isTime ? SAMPLE_TIME : usual, step: isTime ? HOUR : 1 };
    }
    case 'decimal': {
      const digits = Math.min(args[1] ?? (args[0] === undefined ? 2 : 0), 6);
      const step = 10 ** -digits;
      const high = 10 ** Math.min((args[0] ?? 15) - (args[1] ?? 0), 12) - step;
      return { low: -high, high, start: usual, step, encode: (point) => point.toFixed(digits) };
    }
    case 'float':
      return { low: -1e6, high: 1e6, start: usual, step: 0.25, encode: (point) => point };
    case 'date':
      return timeScale(DAY, (point) => new Date(point * 1000).toISOString().slice(0, 10));
    case 'timestamp':
      return timeScale(HOUR, (point) => new Date(point * 1000).toISOString());
    case 'time':
      return { low: 0, high: DAY - 1, start: 9 * HOUR, step: 60, encode: (point) => isoTime(point) };
    case 'interval':
      return { low: 1, high: 1000 * DAY, start: HOUR, step: 60, encode: (point) => `PT${point}S` };
    default:
      return null;
  }
}

function timeScale(step: number, encode: (point: number) => string): Scale {
  return { low: 0, high: 250_000_000_000, start: SAMPLE_TIME, step, encode };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

/** The point of a seed on a scale, always within its limits; neighbours differ while there is room. */
export function pointAt(scale: Scale, seed: number): number {
  const { low, high, step } = scale;
  const first = scale.start >= low && scale.start <= high ? scale.start : aligned(low, step, high);
  const room = Math.max(1, Math.floor((high - first) / step + 1e-9) + 1);
  return first + (seed % room) * step;
}

/** The lowest multiple of the step that is not below `low`, or `low` itself when that is above the limit. */
function aligned(low: number, step: number, high: number): number {
  const multiple = Math.ceil(low / step - 1e-9) * step;
  return multiple <= high ? multiple : low;
}

/** A value for a column, as it travels in JSON. `seed` is a whole number, not negative. */
export function sampleValue(column: Column, schema: Schema, seed: number, fieldName: string = column.name): unknown {
  const choices = schema.enums.find((choice) => choice.name === column.type)?.values;
  if (choices) return choices[seed % choices.length];
  const type = parseColumnType(column.type);
  if (type?.array) {
    const item: Column = { ...column, type: column.type.replace(/\s*\[\]$/, ''), check: null };
    return [sampleValue(item, schema, seed, fieldName), sampleValue(item, schema, seed + 1, fieldName)];
  }
  const scale = scaleOf(column);
  if (scale) return scale.encode(pointAt(scale, seed));
  switch (type?.kind) {
    case 'boolean':
      return seed % 2 === 0;
    case 'uuid':
      return `00000000-0000-4000-8000-${seed.toString(16).padStart(12, '0')}`;
    case 'json':
      return { note: `Sample ${seed}` };
    case 'bytes':
      return Buffer.from(`sample ${seed}`).toString('base64');
    case 'network':
      return `10.${(seed >> 16) & 255}.${(seed >> 8) & 255}.${seed & 255}`;
    default:
      return sampleText(column, type?.base === 'char', type?.args[0], seed, fieldName);
  }
}

function sampleText(column: Column, fixed: boolean, length: number | undefined, seed: number, name: string): string {
  const limit = Math.max(1, Math.min(length ?? (fixed ? 1 : 10_000), column.check?.maxLength ?? 10_000));
  const least = fixed ? limit : Math.min(column.check?.minLength ?? 0, limit);
  const words =
    column.unique || column.primaryKey ? undefined : VOCABULARIES.find(([pattern]) => pattern.test(name))?.[1];
  const word = words?.[seed % words.length];
  if (word && word.length <= limit && word.length >= least) return word;
  const [head, tail] = USUAL_TEXTS.find(([pattern]) => pattern.test(name))?.[1](seed) ?? ['', String(seed)];
  if (tail.length > limit) return seed.toString(36).slice(-limit).padStart(least, '0');
  return head.padEnd(least - tail.length, 'and-so-on-').slice(0, limit - tail.length) + tail;
}
