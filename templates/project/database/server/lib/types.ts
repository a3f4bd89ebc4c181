import pg from 'pg';

type Parser = (text: string) => unknown;

/** `2026-01-31 10:00:00.5+00` → `2026-01-31T10:00:00.5Z`. */
function isoTimestamp(text: string): string {
  return text
    .replace(' ', 'T')
    .replace(/([+-]\d\d)$/, '$1:00')
    .replace('+00:00', 'Z');
}

function base64(text: string): string {
  return Buffer.from(text.slice(2), 'hex').toString('base64');
}

function isTrue(text: string): boolean {
  return text === 't';
}

function asIs(text: string): string {
  return text;
}

/** Parser by the id of a PostgreSQL type and of its array type (pg_type.dat). */
const PARSERS: readonly (readonly [scalar: number, array: number, parse: Parser])[] = [
  [16, 1000, isTrue], // boolean
  [17, 1001, base64], // bytea
  [20, 1016, Number], // bigint
  [21, 1005, Number], // smallint
  [23, 1007, Number], // integer
  [25, 1009, asIs], // text
  [114, 199, JSON.parse], // json
  [700, 1021, Number], // real
  [701, 1022, Number], // double precision
  [869, 1041, asIs], // inet
  [1042, 1014, asIs], // char
  [1043, 1015, asIs], // varchar
  [1082, 1182, asIs], // date
  [1083, 1183, asIs], // time
  [1114, 1115, isoTimestamp], // timestamp
  [1184, 1185, isoTimestamp], // timestamptz
  [1186, 1187, asIs], // interval
  [1700, 1231, asIs], // numeric: a string, so that no digit is lost
  [2950, 2951, asIs], // uuid
  [3802, 3807, JSON.parse], // jsonb
];

// text[]; the ids that the driver declares are those of scalars.
const TEXT_ARRAY = 1009 as Parameters<typeof pg.types.getTypeParser>[0];
const textArray: (text: string) => (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY, 'text');

const parsers = new Map<number, Parser>(
  PARSERS.flatMap(([scalar, array, parse]): [number, Parser][] => [
    [scalar, (text) => parse(text)],
    [array, (text) => textArray(text).map((item) => (item === null ? null : parse(item)))],
  ]),
);

/** How values of the database look in an answer; what is not listed stays text. */
export const types = {
  getTypeParser: (id: number): Parser => parsers.get(id) ?? asIs,
};

const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);
const JSON_TYPES: ReadonlySet<number> = new Set([114, 3802]);
const PARSED: ReadonlySet<number> = new Set(
  PARSERS.flatMap(([scalar, array, parse]) => (parse === asIs ? [array] : [scalar, array])),
);

/** How the text of a value becomes JSON: as a string, as it is, or `parsed`. */
export function jsonKindOf(id: number): 'text' | 'integer' | 'json' | 'parsed' {
  if (INTEGERS.has(id)) return 'integer';
  if (JSON_TYPES.has(id)) return 'json';
  return PARSED.has(id) ? 'parsed' : 'text';
}

type Nullable<T> = T | null | undefined;

/** Base64 as a parameter for bytea. */
export function toBytea(value: Nullable<string | string[]>): Buffer | Buffer[] | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string'
    ? Buffer.from(value, 'base64')
    : value.map((item) => Buffer.from(item, 'base64'));
}

/** A value as a parameter for json: the driver would take an array for one of PostgreSQL, a text for JSON source. */
export function toJson(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

export function toJsonArray(values: Nullable<readonly unknown[]>): string[] | null {
  return values?.map((value) => JSON.stringify(value)) ?? null;
}
