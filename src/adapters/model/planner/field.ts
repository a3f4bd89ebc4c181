import type { ColumnFact } from './facts.ts';
import type { Lexicon } from './lexicon.ts';
import { repairer } from './tokens.ts';
import type { TypeWord } from './type-words.ts';
import { readTypedName } from './type-words.ts';
import { snake } from './words.ts';

/** One field as people write it in a definition: `price:decimal`, `sku unique`, `note?: string`, `id INT PRIMARY KEY`. */
export interface Field {
  readonly column: ColumnFact;
  /** Entity the field points to, when the definition says so (`REFERENCES users(id)`, `author: User`). */
  readonly references: string | null;
  /** It says so in so many words (`references users`, `-> User`), not by a type that may be anything. */
  readonly pointing: boolean;
  readonly primaryKey: boolean;
  readonly list: boolean;
  /** Unique only among the rows of another thing: `number unique within a season`. */
  readonly uniqueIn: string | null;
}

const FLAGS = {
  unique: /@unique\b|\(\s*unique\s*\)|(?<![\p{L}\d_])unique(?![\p{L}\d_])(\s+key)?/giu,
  primaryKey: /@id\b|\bprimary\s+key\b|\bauto_?increment\b/gi,
  required: /\bnot\s+null\b|\brequired\b|\bmandatory\b/gi,
  optional: /\b(optional|nullable|null|maybe|if any|or (none|nothing|null|empty)|can be (empty|null|blank))\b/gi,
} as const;

const UNIQUE_IN =
  /\(?\s*\bunique\s+(?:within|per|inside|in|for|by|among)\s+(?:(?:the|a|an|each|its|every|one|same|their)\s+)*([\p{L}_][\p{L}\d_]*)\s*\)?/iu;
const REFERENCE =
  /(?:\breferences\s+|(?:->|=>|→)\s*)["`]?([\p{L}_][\p{L}\d_]*)["`]?(?:\.\w+)?\s*(\([^)]*\))?(\s+on\s+(delete|update)\s+(cascade|restrict|set null|no action))*/iu;
/** `device: ref`: what it refers to is called like the field. */
const REFERENCE_TYPE = /\s*:\s*(?:ref|reference|fk|foreign[ _]key|relation)\s*$/i;
const QUOTED_VALUES = /(["'])[^"'|]{1,40}\1(\s*\|\s*(["'])[^"'|]{1,40}\3)+/;
const ENUM_VALUES = /\s*:?\s*\benum\s*[([<{:]?\s*([^()<>{}]*?[,|/][^()<>{}]*)[)\]>}]?/iu;
const CHECKED_VALUES = /\bin\s*\(([^()]*,[^()]*)\)/i;
const TRAILING_VALUES = /(?:[(=:]|\s(?=[\p{L}\d_-]+\s*\|))([\p{L}\d_ -]{1,30}(?:[|/,][\p{L}\d_ -]{1,30})+)\)?$/u;
const SLASHED = /(?<=\w\s)\s*([\p{L}\d_-]{1,15}(?:\s?\/\s?[\p{L}\d_-]{1,15}){2,})$/u;
const CHECK = /\bcheck\s*(\((?:[^()]|\([^()]*\))*\))/i;
const RANGE = /\(?(?<![\d.])(?:(\d{1,9})\s*(?:-|–|~|\.\.|(?<=\s)to(?=\s))\s*(\d{1,9})\b|≥(\d{1,9})|≤(\d{1,9}))\)?/;
const COMMENTS = /--.*|\/\/.*|@(default|map|relation|db)\b(\.\w+)?(\([^)]*\))?/gi;

/** Text that is read piece by piece: what a pattern has found is taken away. */
class Rest {
  text: string;
  constructor(text: string) {
    this.text = text;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = 0;
    const match = pattern.exec(this.text);
    if (match) this.text = this.text.replace(pattern, ' ').trim();
    return match;
  }
}

/** Reads one field of a definition; null when there is no name in it. In a `typed` list every field has a type. */
export function readField(text: string, lexicon: Lexicon, typed = false): Field | null {
  const rest = new Rest(text.replace(COMMENTS, ' ').replace(/\s+/g, ' ').trim());
  rest.take(/^(readonly|private|public|hidden)\s+/i);
  rest.take(/\bdefault\s+('[^']*'|[\w.-]+(\(\))?)/i);
  const reference = rest.take(REFERENCE)?.[1] ?? null;
  const check = rest.take(CHECK)?.[1] ?? '';
  const uniqueIn = rest.take(UNIQUE_IN)?.[1] ?? null;
  const isUnique = rest.take(FLAGS.unique) !== null;
  const primaryKey = rest.take(FLAGS.primaryKey) !== null;
  const required = rest.take(FLAGS.required) !== null;
  const quoted = rest.take(QUOTED_VALUES)?.[0];
  const optional =
    rest.take(FLAGS.optional) !== null ||
    /^["'`]?[\w ]+["'`]?\?/.test(rest.text) ||
    /^\S+(\s*:\s*|\s+)\S+\?/.test(rest.text);
  const values = quoted?.split('|') ?? takeValues(rest) ?? listOf(CHECKED_VALUES.exec(check)?.[1]);
  const range = values ? null : rest.take(RANGE);
  const [low, high] = [range?.[1] ?? range?.[3], range?.[2] ?? range?.[4]];
  // `a int` is a column called a, "a title" has an article.
  if (!/^(a|an|the)$/i.test(readTypedName(rest.text, typed)?.name ?? '')) rest.take(/^(a|an|the)\s+/i);
  const isReference = rest.take(REFERENCE_TYPE) !== null;
  const said = splitName(rest.text, lexicon, typed);
  if (said.name === '') return null;
  return {
    column: {
      name: said.name,
      ...(values ? {} : said.type),
      values: values?.map(snake).filter((value) => value !== ''),
      nullable: required ? false : optional ? true : undefined,
      unique: isUnique ? true : undefined,
      min: low ? Number(low) : limitIn(check, '>', said.type.sqlType),
      max: high ? Number(high) : limitIn(check, '<', said.type.sqlType),
    },
    references: reference ?? said.entity ?? (isReference ? said.name.replace(/_id$/, '') : null),
    uniqueIn,
    pointing: reference !== null,
    primaryKey,
    list: said.type.sqlType === undefined && (/\[\]/.test(text) || /\b(list|array)\s*(of|<)/i.test(text)),
  };
}

/** True for a field that gives a type, values, a reference or a key: it is no running text. */
export function hasTypeOrRule(text: string): boolean {
  const rest = new Rest(text.replace(COMMENTS, ' ').replace(/\s+/g, ' ').trim());
  if (rest.take(REFERENCE) || rest.take(FLAGS.primaryKey)) return true;
  const flagged = [FLAGS.unique, FLAGS.required, FLAGS.optional].filter((flag) => rest.take(flag)).length > 0;
  const valued = /^[\p{L}_]\w*\s*(:\s*\w+(\s*\|\s*\w+)+|:?\s*enum\b.*)$/u.test(rest.text);
  const typed = readTypedName(rest.text, false);
  const words = (typed?.name ?? rest.text).split(/\s+/).length;
  return valued || (words <= 3 && (flagged || (typed !== null && typed.type !== null)));
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(/[|/,]/);
}

/** The values of a state: `enum(new, paid)`, `(new/paid)`, `: new|paid`. */
function takeValues(rest: Rest): readonly string[] | undefined {
  const listed = listOf(rest.take(ENUM_VALUES)?.[1] ?? rest.take(SLASHED)?.[1]);
  if (listed) return listed;
  const trailing = TRAILING_VALUES.exec(rest.text);
  if (!trailing?.[1] || /^\s*\d+\s*,/.test(trailing[1])) return undefined;
  rest.text = rest.text
    .slice(0, trailing.index)
    .replace(/\s+(in|is|either|one of|values?)\s*:?\s*$/i, '')
    .replace(/[:\s]+$/, '');
  return listOf(trailing[1]);
}

/** The limit a check of a whole number sets: `qty > 0` is at least 1. */
function limitIn(check: string, sign: '<' | '>', type: string | undefined): number | undefined {
  if (!/^\(\s*\(?\s*["`]?\w+["`]?\s*[<>]=?\s*-?\d{1,9}\s*\)?\s*\)$/.test(check)) return undefined;
  const match = /([<>])(=?)\s*(-?\d{1,9})/.exec(check);
  if (match?.[1] !== sign) return undefined;
  const limit = Number(match[3]);
  if (match[2] === '=') return limit;
  if (!/^(small|big)?int(eger)?$/.test(type ?? '')) return undefined;
  return sign === '>' ? limit + 1 : limit - 1;
}

/** A type of TypeScript or JSON says little about the kind: the name may say more. */
export function looseType(word: string, type: TypeWord, name: string, lexicon: Lexicon): TypeWord {
  const guessed = lexicon.attributes.guess(name).kind;
  if (type.sqlType !== undefined) return type;
  if (word === 'number') return { kind: guessed === 'text' || guessed === 'enum' ? 'number' : guessed };
  if (type.kind !== 'text') return type;
  const isMoment = ['string', 'str'].includes(word) && ['date', 'moment', 'clock'].includes(guessed);
  return guessed === 'long' || isMoment ? { kind: guessed } : type;
}

interface Said {
  readonly name: string;
  readonly type: TypeWord;
  /** The thing a field is of, when that is no type: `author: User`. */
  readonly entity: string | null;
}

/** The user's own name where he gave a type, else what the lexicon calls it. */
function splitName(text: string, lexicon: Lexicon, typed: boolean): Said {
  const clean = text
    .replace(/["'`?]/g, ' ')
    .replace(/\((?!\s*\d+\s*(,\s*\d+\s*)?\))[^)]*\)/g, ' ')
    .trim();
  const found = readTypedName(clean, typed);
  if (found) {
    const name = snake(found.name);
    if (found.type) return { name, type: looseType(found.word, found.type, name, lexicon), entity: null };
    return { name, type: {}, entity: snake(found.word) || null };
  }
  const plain = clean
    .replace(/[[\]:]/g, ' ')
    .replace(/\([^)]*\)/g, ' ')
    .replace(BEHIND_NAME, '');
  const words = plain.trim().split(/\s+/).filter(Boolean);
  const [first = '', second = ''] = words;
  if (words.length === 2 && /^[A-Z]/.test(second) && !/^[A-Z]/.test(first)) {
    return { name: snake(first), type: {}, entity: snake(second) || null };
  }
  const typedName = snake(words.slice(0, 5).join(' '));
  const isMeant = /[\p{Lu}_]/u.test(plain) || lexicon.attributes.looksLike(typedName);
  const name = isMeant ? typedName : typedName.split('_').map(repairer(lexicon)).join('_');
  const known = name.includes('_') ? null : lexicon.attributes.known(name);
  return { name: known ?? name, type: {}, entity: null };
}

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
    // The arrow of `a -> B` closes nothing.
    else if (')]}>'.includes(char)) depth = Math.max(0, depth - 1);
    if (depth <= 0 && !quote && (char === ',' || char === ';' || char === '\n')) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  if (fields.length === 0 && / [x×+] /.test(text)) return text.split(/ [x×+] /).map((part) => part.trim());
  return [...fields, field].map((part) => part.trim()).filter((part) => part !== '');
}
