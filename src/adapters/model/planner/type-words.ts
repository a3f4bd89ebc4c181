import { formatColumnType, parseColumnType } from '../../../domain/column-type.ts';
import type { ColumnKind } from './notation.ts';

/** What a type spelled in a definition says about its column. */
export interface TypeWord {
  readonly kind?: ColumnKind;
  readonly sqlType?: string;
}

/** Words people use for types, as PostgreSQL types or, where that says less than the word, as kinds. */
const TYPES: Readonly<Record<string, TypeWord>> = {
  string: { kind: 'text' },
  str: { kind: 'text' },
  text: { kind: 'text' },
  varchar: { kind: 'text' },
  char: { kind: 'text' },
  character: { kind: 'text' },
  'character varying': { kind: 'text' },
  email: { kind: 'text' },
  url: { kind: 'text' },
  uri: { kind: 'text' },
  image: { kind: 'text' },
  file: { kind: 'text' },
  phone: { kind: 'text' },
  number: { kind: 'number' },
  int: { sqlType: 'integer' },
  integer: { sqlType: 'integer' },
  int2: { sqlType: 'smallint' },
  int4: { sqlType: 'integer' },
  int8: { sqlType: 'bigint' },
  smallint: { sqlType: 'smallint' },
  serial: { sqlType: 'integer' },
  bigserial: { sqlType: 'bigint' },
  bigint: { sqlType: 'bigint' },
  long: { sqlType: 'bigint' },
  decimal: { sqlType: 'numeric(12, 2)' },
  numeric: { sqlType: 'numeric(12, 2)' },
  money: { kind: 'money' },
  currency: { kind: 'money' },
  float: { sqlType: 'double precision' },
  float4: { sqlType: 'real' },
  float8: { sqlType: 'double precision' },
  double: { sqlType: 'double precision' },
  'double precision': { sqlType: 'double precision' },
  real: { sqlType: 'real' },
  bool: { kind: 'boolean' },
  boolean: { kind: 'boolean' },
  flag: { kind: 'boolean' },
  date: { kind: 'date' },
  day: { kind: 'date' },
  datetime: { kind: 'moment' },
  timestamp: { sqlType: 'timestamp' },
  'timestamp without time zone': { sqlType: 'timestamp' },
  'timestamp with time zone': { sqlType: 'timestamptz' },
  timestamptz: { sqlType: 'timestamptz' },
  time: { kind: 'clock' },
  interval: { sqlType: 'interval' },
  uuid: { sqlType: 'uuid' },
  json: { sqlType: 'json' },
  jsonb: { sqlType: 'jsonb' },
  object: { kind: 'json' },
  array: { kind: 'json' },
  blob: { sqlType: 'bytea' },
  bytea: { sqlType: 'bytea' },
  bytes: { sqlType: 'bytea' },
  binary: { sqlType: 'bytea' },
  inet: { sqlType: 'inet' },
};

/** PostgreSQL's word for the elements of a list, where the kind alone does not name it. */
const ELEMENTS: Partial<Record<ColumnKind, string>> = {
  text: 'text',
  number: 'numeric',
  money: 'bigint',
  boolean: 'boolean',
  date: 'date',
  moment: 'bigint',
  clock: 'time',
};

/** Type words that are as often the last word of a name: `start date`, `closing time`, `profile image`. */
const IN_NAMES = new Set(
  'number date day time image file email url phone flag currency object array long interval'.split(' '),
);

/** Type words that are hardly ever a part of a name, so that more may follow: `title string max 80`. */
const SURE = Object.keys(TYPES).filter((word) => !IN_NAMES.has(word) && !/^(text|money|binary|bytes|real)$/.test(word));

const WORD = '(?:character varying|double precision|time(?:stamp)? with(?:out)? time zone|[\\p{L}_][\\p{L}\\d_]*)';
const ARGUMENTS = '\\s*(\\(\\s*\\d+\\s*(?:,\\s*\\d+\\s*)?\\))?\\s*((?:\\[\\s*\\d*\\s*\\])*)';
const BEHIND_COLON = new RegExp(`^([^:]+?)\\s*:\\s*(?:(?:array|list)\\s*(?:<|of\\s))?\\s*(${WORD})${ARGUMENTS}`, 'iu');
const AT_END = new RegExp(`^(.+?)\\s+(${WORD})${ARGUMENTS}$`, 'iu');
const SURELY = new RegExp(
  `^(.+?)\\s+(${SURE.sort((a, b) => b.length - a.length).join('|')})\\b${ARGUMENTS}(?=$|\\s*[(<>=]|\\s+(?:max|min|up|default|check|in|for|with|of|at|length|between|collate|generated|\\d))`,
  'iu',
);

/** A field cut into its name and the type behind it. */
export interface TypedName {
  readonly name: string;
  /** Null when the word is no type: the name of another thing. */
  readonly type: TypeWord | null;
  readonly word: string;
}

/**
 * The name and the type of `name: type`, `name type(10, 2)` or `name type[]`. Null when no type is given; what is only
 * perhaps a type (`start date`) counts as one when the whole list is `typed`.
 */
export function readTypedName(text: string, typed: boolean): TypedName | null {
  const colon = BEHIND_COLON.exec(text);
  if (colon) return typedName(colon, /^[^:]+:\s*(array|list)\s*(<|of\s)/i.test(text));
  const bare = SURELY.exec(text);
  if (bare) return typedName(bare, false);
  const last = AT_END.exec(text);
  const word = last?.[2]?.toLowerCase() ?? '';
  if (!last || !Object.hasOwn(TYPES, word)) return null;
  const sure = typed || !IN_NAMES.has(word) || last[4] !== '' || (word === 'date' && PARTICIPLE.test(last[1] ?? ''));
  return sure ? typedName(last, false) : null;
}

/** "born date", "hired date": what happened to it, and that it is a day. */
const PARTICIPLE =
  /^(born|met|sold|bought|sent|paid|made|found|seen|left|lost|won|built|begun|taken|given|[a-z]{2,}ed)$/i;

function typedName(match: RegExpExecArray, list: boolean): TypedName {
  const [, name = '', spelled = '', args = '', brackets = ''] = match;
  const singularOfList = list ? spelled.replace(/s$/i, '') : spelled;
  const word = singularOfList.toLowerCase();
  const known = Object.hasOwn(TYPES, word) ? (TYPES[word] ?? null) : null;
  return { name, word, type: known && exactType(word, known, args, list || brackets !== '') };
}

/** With arguments and brackets it is a PostgreSQL type, as far as it is on the list; what is not understood is ignored. */
function exactType(word: string, known: TypeWord, args: string, list: boolean): TypeWord {
  if (args === '' && !list) return known;
  const bare =
    known.sqlType?.replace(/\(.*/, '') ?? (parseColumnType(word) ? word : (ELEMENTS[known.kind ?? 'text'] ?? 'text'));
  const base = known.kind === 'text' && args === '' ? 'text' : bare === 'text' ? 'varchar' : bare;
  const exact = parseColumnType(`${base}${args}${list ? '[]' : ''}`);
  return exact ? { sqlType: formatColumnType(exact) } : known;
}
