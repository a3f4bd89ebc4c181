/**
 * The PostgreSQL types a schema may use. A closed list: each is known to the DDL renderer, to the generated validation
 * and to the generated types. Adding a type is one line in `TYPES` and one row in its table test.
 */

/** What values of a type look like outside the database; decides validation and TypeScript type. */
export type ValueKind =
  | 'text'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'bytes'
  | 'network';

export interface ColumnType {
  /** Canonical PostgreSQL spelling, without arguments or brackets. */
  readonly base: string;
  readonly kind: ValueKind;
  /** Length of varchar/char, or precision and scale of numeric. */
  readonly args: readonly number[];
  readonly array: boolean;
}

const TYPES: Readonly<Record<string, { readonly kind: ValueKind; readonly maxArgs: 0 | 1 | 2 }>> = {
  text: { kind: 'text', maxArgs: 0 },
  varchar: { kind: 'text', maxArgs: 1 },
  char: { kind: 'text', maxArgs: 1 },
  smallint: { kind: 'integer', maxArgs: 0 },
  integer: { kind: 'integer', maxArgs: 0 },
  bigint: { kind: 'bigint', maxArgs: 0 },
  numeric: { kind: 'decimal', maxArgs: 2 },
  real: { kind: 'float', maxArgs: 0 },
  'double precision': { kind: 'float', maxArgs: 0 },
  boolean: { kind: 'boolean', maxArgs: 0 },
  date: { kind: 'date', maxArgs: 0 },
  time: { kind: 'time', maxArgs: 0 },
  timestamp: { kind: 'timestamp', maxArgs: 0 },
  timestamptz: { kind: 'timestamp', maxArgs: 0 },
  interval: { kind: 'interval', maxArgs: 0 },
  uuid: { kind: 'uuid', maxArgs: 0 },
  json: { kind: 'json', maxArgs: 0 },
  jsonb: { kind: 'json', maxArgs: 0 },
  bytea: { kind: 'bytes', maxArgs: 0 },
  inet: { kind: 'network', maxArgs: 0 },
};

const ALIASES: Readonly<Record<string, string>> = {
  'character varying': 'varchar',
  character: 'char',
  bpchar: 'char',
  int: 'integer',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  decimal: 'numeric',
  float4: 'real',
  float8: 'double precision',
  float: 'double precision',
  bool: 'boolean',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
  'time without time zone': 'time',
};

const SPELLING = /^([a-z][a-z0-9 ]*?)\s*(?:\(\s*(\d{1,5})\s*(?:,\s*(\d{1,5})\s*)?\))?\s*(\[\])?$/;

/** Types are asked for again and again, for each row that is made; few differ. */
const READ = new Map<string, ColumnType | null>();
const MOST_READ = 500;

/** Reads a type as people write it (`varchar(80)`, `decimal(10, 2)`, `text[]`); null when it is not on the list. */
export function parseColumnType(spelling: string): ColumnType | null {
  const known = READ.get(spelling);
  if (known !== undefined) return known;
  const type = readColumnType(spelling);
  if (READ.size < MOST_READ) READ.set(spelling, type);
  return type;
}

function readColumnType(spelling: string): ColumnType | null {
  const match = SPELLING.exec(spelling.trim().toLowerCase());
  if (!match?.[1]) return null;
  const base = ALIASES[match[1]] ?? match[1];
  const known = Object.hasOwn(TYPES, base) ? TYPES[base] : undefined;
  if (!known) return null;
  const args = [match[2], match[3]].filter((arg) => arg !== undefined).map(Number);
  if (args.length > known.maxArgs) return null;
  const [first, second] = args;
  if (known.kind === 'text' && first !== undefined && (first < 1 || first > 10_485_760)) return null;
  if (known.kind === 'decimal' && first !== undefined && (first < 1 || first > 1000 || (second ?? 0) > first))
    return null;
  return { base, kind: known.kind, args, array: match[4] !== undefined };
}

/** The canonical spelling, as DDL wants it. */
export function formatColumnType(type: ColumnType): string {
  return `${type.base}${type.args.length > 0 ? `(${type.args.join(', ')})` : ''}${type.array ? '[]' : ''}`;
}
