import { type ColumnType, formatColumnType, parseColumnType } from '../column-type.ts';
import { literal, readableIdentifier as name } from '../identifier.ts';
import type { EnumType, Schema } from '../schema.ts';

/** How the values of a column get another type. */
export interface Conversion {
  /** The new value in SQL; null when PostgreSQL finds the way itself. */
  readonly using: string | null;
  /** True for rows that have no value of the new type; null when all have. */
  readonly refused: string | null;
  /** True for rows that come out as something else. */
  readonly lossy: string | null;
}

type Side = ColumnType | EnumType;

const isEnum = (side: Side): side is EnumType => 'values' in side;

function sideOf(type: string, schema: Schema): Side | null {
  return parseColumnType(type) ?? schema.enums.find((candidate) => candidate.name === type) ?? null;
}

const WHOLE: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};

const plain: Conversion = { using: null, refused: null, lossy: null };

/**
 * How a column's values get from one type to another; null when there is no way that means something. `moved` says what
 * becomes of values an enum no longer has.
 */
export function conversion(
  column: string,
  from: { readonly type: string; readonly schema: Schema },
  to: { readonly type: string; readonly schema: Schema },
  moved: ReadonlyMap<string, string> = new Map(),
): Conversion | null {
  const [old, next] = [sideOf(from.type, from.schema), sideOf(to.type, to.schema)];
  if (!old || !next) return null;
  const value = name(column);
  if (isEnum(next)) return isEnum(old) || old.kind === 'text' ? intoEnum(value, next, moved, isArray(old)) : null;
  if (isEnum(old)) return next.kind === 'text' && !next.array ? text(`${value}::text`, next) : null;
  if (old.array || next.array) return arrays(value, old, next);
  return scalars(value, old, next);
}

const isArray = (side: Side): boolean => !isEnum(side) && side.array;

function intoEnum(
  value: string,
  next: EnumType,
  moved: ReadonlyMap<string, string>,
  array: boolean,
): Conversion | null {
  if (array) return null;
  const constant = (label: string) => literal(label).trimStart();
  const cases = [...moved].map(([old, label]) => ` WHEN ${constant(old)} THEN ${constant(label)}`).join('');
  const textual = `${value}::text`;
  const known = [...next.values, ...moved.keys()].map(constant).join(', ');
  return {
    using: `${cases === '' ? textual : `(CASE ${textual}${cases} ELSE ${textual} END)`}::${name(next.name)}`,
    refused: `${textual} NOT IN (${known})`,
    lossy: null,
  };
}

function text(expression: string, next: ColumnType): Conversion {
  const [length] = next.args;
  const bound = next.base === 'char' ? (length ?? 1) : length;
  return {
    using: expression,
    refused: bound === undefined ? null : `char_length(${expression}) > ${bound}`,
    lossy: null,
  };
}

function arrays(value: string, old: ColumnType, next: ColumnType): Conversion | null {
  const cast = `${value}::${formatColumnType(next)}`;
  if (old.array && next.array) return old.kind === next.kind ? { ...plain, using: cast } : null;
  if (next.array) {
    const inner = scalars(value, old, { ...next, array: false });
    if (!inner) return null;
    const made = `CASE WHEN ${value} IS NULL THEN NULL ELSE ARRAY[${inner.using ?? value}] END`;
    return { ...inner, using: `(${made})::${formatColumnType(next)}` };
  }
  if (next.kind !== old.kind) return null;
  return { using: `(${value}[1])::${formatColumnType(next)}`, refused: null, lossy: `cardinality(${value}) <> 1` };
}

const isWhole = ({ kind }: ColumnType): boolean => kind === 'integer' || kind === 'bigint';
const isNumber = (type: ColumnType): boolean => isWhole(type) || type.kind === 'decimal' || type.kind === 'float';
const isMoment = ({ kind }: ColumnType): boolean => kind === 'timestamp' || kind === 'date';

function scalars(value: string, old: ColumnType, next: ColumnType): Conversion | null {
  const cast = `${value}::${formatColumnType(next)}`;
  if (old.kind === 'text' && next.kind === 'text') return text(value, next);
  if (next.kind === 'json' && old.kind === 'json') return { ...plain, using: cast };
  if (old.kind === 'bytes' && next.kind === 'text') return text(`convert_from(${value}, 'UTF8')`, next);
  if (old.kind === 'text' && next.kind === 'bytes') return { ...plain, using: `convert_to(${value}, 'UTF8')` };
  if (old.kind === 'bytes' || next.kind === 'bytes') return null;
  if (old.kind === 'json' && next.kind !== 'text') return fromText(`(${value} #>> '{}')`, next);
  if (next.kind === 'text') return text(`${value}::text`, next);
  if (old.kind === 'text') return fromText(value, next);
  if (next.kind === 'json') return { ...plain, using: `to_${next.base}(${value})` };
  if (isNumber(old) && isNumber(next)) return numbers(value, old, next);
  if (isNumber(old) && isMoment(next)) return { ...plain, using: fromEpoch(value, next) };
  if (isMoment(old) && isNumber(next)) return toEpoch(value, old, next);
  if (isMoment(old) && isMoment(next)) return moments(value, old, next);
  if (old.kind === 'boolean' && isNumber(next)) {
    return { ...plain, using: `${value}::integer::${formatColumnType(next)}` };
  }
  if (isNumber(old) && next.kind === 'boolean')
    return { ...plain, using: `(${value} <> 0)`, lossy: `${value} NOT IN (0, 1)` };
  if (isNumber(old) && next.kind === 'interval') return { ...plain, using: `make_interval(secs => ${value})` };
  if (old.kind === 'interval' && isNumber(next)) {
    return { ...plain, using: `extract(epoch FROM ${value})::${formatColumnType(next)}` };
  }
  if (old.kind === 'timestamp' && next.kind === 'time') {
    return { ...plain, using: `${inUtc(value, old)}::time`, lossy: `${value} IS NOT NULL` };
  }
  return old.kind === next.kind ? { ...plain, using: cast } : null;
}

function fromText(value: string, next: ColumnType): Conversion {
  const type = formatColumnType(next);
  const trimmed = next.kind === 'json' ? value : `trim(${value})`;
  return { using: `${trimmed}::${type}`, refused: `NOT pg_input_is_valid(${trimmed}, ${literal(type)})`, lossy: null };
}

function numbers(value: string, old: ColumnType, next: ColumnType): Conversion {
  const refused = outsideOf(value, old, next);
  if (isWhole(next)) {
    const lossy = isWhole(old) ? null : `${value} <> trunc(${value})`;
    return { using: isWhole(old) ? null : `${value}::${next.base}`, refused, lossy };
  }
  const cast = `${value}::${formatColumnType(next)}`;
  if (next.kind === 'decimal') {
    const [precision, scale = 0] = next.args;
    if (precision === undefined) return { using: old.kind === 'float' ? cast : null, refused, lossy: null };
    const isExact = isWhole(old) || (old.args[1] !== undefined && old.args[1] <= scale);
    return { using: null, refused, lossy: isExact ? null : `${value}::numeric <> round(${value}::numeric, ${scale})` };
  }
  const isWidening = old.kind === 'float' && next.base === 'double precision';
  return { using: cast, refused, lossy: isWidening ? null : `${cast}::numeric <> ${value}::numeric` };
}

function outsideOf(value: string, old: ColumnType, next: ColumnType): string | null {
  const bounds = WHOLE[next.base];
  if (bounds) {
    const sizes = Object.keys(WHOLE);
    if (WHOLE[old.base] && sizes.indexOf(old.base) <= sizes.indexOf(next.base)) return null;
    return `round(${value}::numeric) NOT BETWEEN ${bounds[0]} AND ${bounds[1]}`;
  }
  const [precision, scale = 0] = next.args;
  if (next.kind !== 'decimal' || precision === undefined) return null;
  return `abs(round(${value}::numeric, ${scale})) >= 1e${precision - scale}`;
}

function fromEpoch(value: string, next: ColumnType): string {
  const moment = `to_timestamp(${value})`;
  if (next.base === 'timestamptz') return moment;
  return next.kind === 'date' ? `(${moment} AT TIME ZONE 'UTC')::date` : `${moment} AT TIME ZONE 'UTC'`;
}

function toEpoch(value: string, old: ColumnType, next: ColumnType): Conversion {
  const seconds = `extract(epoch FROM ${value})`;
  const lossy = old.kind === 'date' || !isWhole(next) ? null : `${seconds} <> trunc(${seconds})`;
  const whole = isWhole(next) && old.kind !== 'date' ? `trunc(${seconds})` : seconds;
  return {
    using: `${whole}::${formatColumnType(next)}`,
    refused: outsideOf(seconds, { ...old, base: '' }, next),
    lossy,
  };
}

const inUtc = (value: string, { base }: ColumnType): string =>
  base === 'timestamptz' ? `(${value} AT TIME ZONE 'UTC')` : value;

function moments(value: string, old: ColumnType, next: ColumnType): Conversion {
  if (next.kind === 'date') {
    const day = `${inUtc(value, old)}::date`;
    return { using: day, refused: null, lossy: `${inUtc(value, old)} <> ${day}` };
  }
  if (old.kind === 'date') {
    return {
      ...plain,
      using: next.base === 'timestamptz' ? `${value}::timestamp AT TIME ZONE 'UTC'` : `${value}::timestamp`,
    };
  }
  return { ...plain, using: `${value} AT TIME ZONE 'UTC'` };
}
