import type { ColumnType } from '../column-type.ts';
import { isVisibleText, show } from './context.ts';

/** Whole numbers each type can hold. */
const INTEGER_LIMITS: Readonly<Record<string, bigint>> = {
  smallint: 2n ** 15n,
  integer: 2n ** 31n,
  bigint: 2n ** 63n,
};
const LARGEST_REAL = 3.4028234663852886e38;
const SMALLEST_REAL = 1.1754943508222875e-38;
const MAX_TEXT_LENGTH = 2000;
const UNIT = '(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?)';
const INTERVAL = new RegExp(
  `^(?:-?\\d{1,6} ${UNIT}(?: -?\\d{1,6} ${UNIT})*|\\d{1,6}:[0-5]\\d:[0-5]\\d|P(?:\\d{1,6}[YMWD])+|P(?:\\d{1,6}[YMWD])*T(?:\\d{1,6}[HMS])+)$`,
);
const TIME = String.raw`([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?`;
const ZONE = String.raw`(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)`;

type Constant = string | number | boolean;

/** Range of an integer type as numbers of this language; null for other types. */
function integerRange(type: ColumnType): { readonly min: bigint; readonly max: bigint } | null {
  const limit = INTEGER_LIMITS[type.base];
  return limit === undefined ? null : { min: -limit, max: limit - 1n };
}

/** Why a number cannot be a value of a numeric type; null when it can. */
export function numberProblem(value: number | string, type: ColumnType): string | null {
  const wanted = `is not a value of ${type.base}`;
  const range = integerRange(type);
  if (range) {
    const whole = typeof value === 'string' ? /^-?\d{1,19}$/.test(value) : Number.isSafeInteger(value);
    if (!whole) return `${show(String(value))} ${wanted}: a whole number is needed`;
    const exact = BigInt(value);
    return exact < range.min || exact > range.max ? `${exact} is out of the range of ${type.base}` : null;
  }
  const spelled = String(value);
  if (typeof value === 'string' && !/^-?\d{1,40}(\.\d{1,40})?$/.test(value)) return `${show(value)} ${wanted}`;
  const number = Number(value);
  if (!Number.isFinite(number)) return `${show(spelled)} ${wanted}`;
  const size = Math.abs(number);
  if (type.base === 'real' && (size > LARGEST_REAL || (size > 0 && size < SMALLEST_REAL))) {
    return `${spelled} is out of the range of real`;
  }
  const [precision, scale = 0] = type.args;
  if (type.kind !== 'decimal' || precision === undefined) return null;
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(spelled) ?? [];
  const wholeDigits = whole === '0' && Number(exponent) <= 0 ? 0 : whole.replace(/^0+/, '').length + Number(exponent);
  const fits = wholeDigits <= precision - scale && fraction.length - Number(exponent) <= scale;
  return fits ? null : `${spelled} does not fit numeric(${precision}, ${scale})`;
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match || match[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isTimestamp(text: string, zoned: boolean): boolean {
  const rest = new RegExp(`^[ T]${TIME}${zoned ? `${ZONE}?` : ''}$`);
  return isDate(text.slice(0, 10)) && (text.length === 10 || rest.test(text.slice(10)));
}

function isJson(text: string): boolean {
  // PostgreSQL refuses these escapes in jsonb, and nobody needs them in a default.
  if (/\\u(0000|d[89a-f])/i.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (more.length > 0 || (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits))) return false;
  if (four) return four.slice(1).every((part) => Number(part) <= 255) && Number(bits ?? 0) <= 32;
  return /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]/`) && Number(bits ?? 0) <= 128;
}

/** Spellings of constants that are written as text, by kind. Words such as 'now' are none: they would be frozen. */
const TEXT_FORMS: Readonly<Record<string, { readonly fits: (text: string, type: ColumnType) => boolean; as: string }>> =
  {
    date: { fits: isDate, as: 'a date like 2026-01-31' },
    time: { fits: (text) => new RegExp(`^${TIME}$`).test(text), as: 'a time like 09:30' },
    timestamp: {
      fits: (text, type) => isTimestamp(text, type.base === 'timestamptz'),
      as: 'a point in time like 2026-01-31T09:30:00',
    },
    interval: { fits: (text) => INTERVAL.test(text), as: 'a duration like "30 minutes"' },
    uuid: {
      fits: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
      as: 'a uuid',
    },
    bytes: { fits: (text) => /^\\x([0-9a-f]{2})*$/i.test(text), as: 'bytes like \\x00ff' },
    network: { fits: isNetwork, as: 'an address like 127.0.0.1' },
  };

function textProblem(value: string, type: ColumnType): string | null {
  const room = type.base === 'text' ? undefined : (type.args[0] ?? (type.base === 'char' ? 1 : undefined));
  const length = [...value].length;
  return room !== undefined && length > room ? `${show(value)} has ${length} characters; the type holds ${room}` : null;
}

/** Why a constant cannot be the default of a column of a built-in type; null when it can. */
export function constantProblem(value: Constant, type: ColumnType): string | null {
  if (typeof value === 'string') {
    if (value.length > MAX_TEXT_LENGTH) return `has ${value.length} characters; ${MAX_TEXT_LENGTH} are the limit`;
    if (!isVisibleText(value)) return 'contains invisible, control or bidirectional characters';
  }
  const wrong = `${typeof value === 'string' ? show(value) : value} is not a value of ${type.base}`;
  if (type.array) return value === '{}' ? null : 'the only default of an array is the empty one, "{}"';
  if (type.kind === 'integer' || type.kind === 'bigint' || type.kind === 'decimal' || type.kind === 'float') {
    return typeof value === 'boolean' ? wrong : numberProblem(value, type);
  }
  if (type.kind === 'json') return isJson(String(value)) ? null : `${wrong}: JSON text is needed, like "{}"`;
  if (type.kind === 'boolean') return typeof value === 'boolean' ? null : `${wrong}: true or false is needed`;
  if (typeof value !== 'string') return `${wrong}: text is needed`;
  if (type.kind === 'text') return textProblem(value, type);
  const form = TEXT_FORMS[type.kind];
  return form?.fits(value, type) ? null : `${wrong}: ${form?.as ?? 'text'} is needed`;
}
