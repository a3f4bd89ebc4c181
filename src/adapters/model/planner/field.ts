import type { ColumnFact } from './facts.ts';
import type { Lexicon } from './lexicon.ts';
import type { ColumnKind } from './notation.ts';
import { snake } from './words.ts';

/** One field as people write it in a definition: `price:decimal`, `sku unique`, `note?: string`, `id INT PRIMARY KEY`. */
export interface Field {
  readonly column: ColumnFact;
  /** Entity the field points to, when the definition says so (`REFERENCES users(id)`, `author: User`). */
  readonly references: string | null;
  readonly primaryKey: boolean;
  readonly list: boolean;
}

interface TypeWord {
  readonly kind?: ColumnKind;
  readonly sqlType?: string;
}

const TYPES: Readonly<Record<string, TypeWord>> = {
  string: {},
  str: {},
  number: {},
  text: {},
  varchar: {},
  char: {},
  character: {},
  email: {},
  url: {},
  uri: {},
  image: {},
  file: {},
  phone: {},
  int: { sqlType: 'integer' },
  integer: { sqlType: 'integer' },
  int4: { sqlType: 'integer' },
  smallint: { sqlType: 'smallint' },
  serial: { sqlType: 'integer' },
  bigserial: { sqlType: 'bigint' },
  bigint: { sqlType: 'bigint' },
  long: { sqlType: 'bigint' },
  decimal: { sqlType: 'numeric(12, 2)' },
  numeric: { sqlType: 'numeric(12, 2)' },
  money: { kind: 'money' },
  currency: { kind: 'money' },
  float: { kind: 'number' },
  double: { kind: 'number' },
  real: { kind: 'number' },
  bool: { kind: 'boolean' },
  boolean: { kind: 'boolean' },
  flag: { kind: 'boolean' },
  date: { kind: 'date' },
  day: { kind: 'date' },
  datetime: { kind: 'moment' },
  timestamp: { kind: 'moment' },
  timestamptz: { kind: 'moment' },
  time: { kind: 'clock' },
  uuid: { sqlType: 'uuid' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
  object: { kind: 'json' },
  array: { kind: 'json' },
};

const FLAGS = {
  unique: /@unique\b|\(\s*unique\s*\)|(?<![\p{L}\d_])unique(?![\p{L}\d_])(\s+key)?/giu,
  primaryKey: /@id\b|\bprimary\s+key\b|\bauto_?increment\b/gi,
  required: /\bnot\s+null\b|\brequired\b|\bmandatory\b/gi,
  optional: /\b(optional|nullable|null|maybe|if any|or (none|nothing|null|empty)|can be (empty|null|blank))\b/gi,
} as const;

const REFERENCE =
  /\breferences\s+["`]?([a-z_][a-z0-9_]*)["`]?\s*(\([^)]*\))?(\s+on\s+(delete|update)\s+(cascade|restrict|set null|no action))*/i;
const QUOTED_VALUES = /(["'])[^"'|]{1,40}\1(\s*\|\s*(["'])[^"'|]{1,40}\3)+/;
const TRAILING_VALUES = /[(=:]([\p{L}\d_ -]{1,30}(?:[|/,][\p{L}\d_ -]{1,30})+)\)?$/u;
const RANGE = /\(?\b(\d{1,4})\s*(?:-|–|\.\.|to)\s*(\d{1,6})\b\)?/;

/** Reads one field of a definition. Null when there is no name in it. */
export function readField(text: string, lexicon: Lexicon): Field | null {
  let rest = text.replace(/--.*|\/\/.*|@(default|map|relation|db)\b(\.\w+)?(\([^)]*\))?/gi, ' ').trim();
  rest = rest
    .replace(/^(readonly|private|public|hidden|a|an|the)\s+/i, '')
    .replace(/\bdefault\s+('[^']*'|[\w.()-]+)/i, ' ');
  const take = (pattern: RegExp): boolean => {
    const before = rest;
    rest = rest.replace(pattern, ' ').trim();
    return rest !== before;
  };
  const reference = REFERENCE.exec(rest)?.[1];
  take(REFERENCE);
  const isUnique = take(FLAGS.unique);
  const primaryKey = take(FLAGS.primaryKey);
  const required = take(FLAGS.required);
  const quoted = QUOTED_VALUES.exec(rest)?.[0];
  if (quoted) take(QUOTED_VALUES);
  const optional = take(FLAGS.optional) || /^["'`]?[\w ]+["'`]?\?/.test(rest) || /^\S+(\s*:\s*|\s+)\S+\?/.test(rest);
  let values = quoted?.split('|').map((value) => value.replaceAll(/["']/g, ''));
  const trailing = values ? null : TRAILING_VALUES.exec(rest);
  if (trailing?.[1] && !/^\s*\d+\s*[,]/.test(trailing[1])) {
    values = trailing[1].split(/[|/,]/);
    rest = rest.slice(0, trailing.index);
  }
  const range = values ? null : RANGE.exec(rest);
  if (range) rest = rest.replace(range[0], ' ');
  const { name, type } = splitName(rest);
  if (name === '') return null;
  const known = type === null ? {} : (TYPES[type] ?? {});
  const isEntity = type !== null && !Object.hasOwn(TYPES, type) ? snake(type) : null;
  return {
    column: {
      name: lexicon.attributes.known(name) && !name.includes('_') ? (lexicon.attributes.known(name) ?? name) : name,
      ...known,
      ...(type === 'number' ? numberType(name, lexicon) : {}),
      values: values?.map(snake).filter((value) => value !== ''),
      nullable: required ? false : optional ? true : undefined,
      unique: isUnique ? true : undefined,
      min: range ? Number(range[1]) : undefined,
      max: range ? Number(range[2]) : undefined,
    },
    references: reference ?? (isEntity === '' ? null : isEntity),
    primaryKey,
    list: /\[\]/.test(text) || /\b(list|array)\s*(of|<)/i.test(text),
  };
}

/** `number` of TypeScript says nothing about the kind: the name does, else it may have a fraction. */
function numberType(name: string, lexicon: Lexicon): TypeWord {
  const guessed = lexicon.attributes.guess(name);
  return guessed.kind === 'text' || guessed.kind === 'enum' ? { kind: 'number' } : { kind: guessed.kind };
}

function splitName(text: string): { name: string; type: string | null } {
  const clean = text
    .replace(/["'`?[\]]/g, ' ')
    .replace(/\([^)]*\)/g, ' ')
    .replace(BEHIND_NAME, '');
  const colon = clean.indexOf(':');
  if (colon >= 0) {
    const type = snake(
      clean
        .slice(colon + 1)
        .trim()
        .split(/\s+/)[0] ?? '',
    );
    return { name: snake(clean.slice(0, colon)), type: type === '' ? null : type };
  }
  const words = clean.trim().split(/\s+/).filter(Boolean);
  const last = words.at(-1)?.toLowerCase() ?? '';
  const second = words[1]?.toLowerCase() ?? '';
  if (words.length === 2 && /^[A-Z]/.test(words[1] ?? '') && !/^[A-Z]/.test(words[0] ?? '')) {
    return { name: snake(words[0] ?? ''), type: snake(second) };
  }
  if (words.length > 1 && Object.hasOwn(TYPES, last) && !CONTENT_TYPES.has(last)) {
    return { name: snake(words.slice(0, -1).join(' ')), type: last };
  }
  return { name: snake(words.slice(0, 5).join(' ')), type: null };
}

/** Type words that are as often the last word of a name: `start date`, `closing time`, `profile image`. */
const CONTENT_TYPES = new Set([
  'number',
  'date',
  'day',
  'time',
  'image',
  'file',
  'email',
  'url',
  'phone',
  'flag',
  'currency',
]);

/** What explains a name without being a part of it: "price at that moment", "size in bytes". */
const BEHIND_NAME = /(?<=\w)\s+(at|in|when|if|for|that|which|who|so|as|from|via)\s.*$/i;

/** Splits the inside of a definition at commas, semicolons and line ends that stand in no bracket or quotation. */
export function splitFields(text: string): readonly string[] {
  const fields: string[] = [];
  let depth = 0;
  let quote = '';
  let field = '';
  for (const char of text) {
    if (quote) quote = char === quote ? '' : quote;
    else if (char === '"' || char === '`') quote = char;
    else if ('([{<'.includes(char)) depth += 1;
    else if (')]}>'.includes(char)) depth -= 1;
    if (depth <= 0 && !quote && (char === ',' || char === ';' || char === '\n')) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  if (fields.length === 0 && / [x×+] /.test(text)) return text.split(/ [x×+] /).map((part) => part.trim());
  return [...fields, field].map((part) => part.trim()).filter((part) => part !== '');
}
