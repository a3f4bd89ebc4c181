import type { Lexicon } from './lexicon.ts';
import { repairer } from './tokens.ts';
import { isPlural, singular, snake } from './words.ts';

/**
 * Values and limits said in words, written the way all readers understand them, in the same places of the text:
 * "status one of open, closed" → `status (open, closed)`, "between 1 and 5 stars" → `stars(1~5)`. The text stays as long
 * as it was, so that offsets stay true.
 */
export function inPlainNotation(text: string, lexicon: Lexicon): PlainText {
  if (!/\d|\b(one of|either|any of|be|is|are|status|state)\b/i.test(text)) return { text, unheld: [] };
  const unheld: string[] = [];
  const words = wordsOf(lexicon);
  const withValues = rewrite(text, VALUES, (match, at, all) => valuesIn(match, at, all, words));
  const withCounts = rewrite(withValues, COUNTED, (match, at, all) => countedIn(match, { at, all, words, unheld }));
  return { text: rewrite(withCounts, LIMITED, (match, at, all) => limitedIn(match, at, all, words)), unheld };
}

/** A request as its readers take it. */
interface PlainText {
  readonly text: string;
  /** How many of a thing there may be, which no column can hold. */
  readonly unheld: readonly string[];
}

interface Rewritten {
  readonly text: string;
  /** How much of the text it stands for, from where the pattern was found. */
  readonly length: number;
}

type Rewrite = (match: RegExpExecArray, at: number, text: string) => Rewritten | null;

/** Replaces what was found by something that is at most as long; the rest becomes spaces in front. */
function rewrite(text: string, pattern: RegExp, change: Rewrite): string {
  let result = text;
  const search = new RegExp(pattern.source, pattern.flags);
  for (let match = search.exec(result); match; match = search.exec(result)) {
    const found = change(match, match.index, result);
    if (!found || found.text.length > found.length) continue;
    const end = match.index + found.length;
    result = result.slice(0, match.index) + found.text.padStart(found.length) + result.slice(end);
    search.lastIndex = Math.max(end, search.lastIndex);
  }
  return result;
}

interface Words {
  /** What the lexicon calls a property, when it knows it. */
  readonly property: (word: string) => string | null;
  readonly kind: (word: string) => string;
  /** It is called so in the plural: `servings`. */
  readonly isMany: (word: string) => boolean;
  readonly isThing: (word: string) => boolean;
}

function wordsOf(lexicon: Lexicon): Words {
  const repair = repairer(lexicon);
  const clean = (word: string) => repair(snake(word));
  const { attributes, nouns } = lexicon;
  const property = (word: string) => {
    const name = clean(word);
    return attributes.known(name) ?? (attributes.looksLike(name) ? singular(name) : null);
  };
  return {
    property,
    kind: (word) => attributes.guess(property(word) ?? clean(word)).kind,
    isMany: (word) => isPlural(clean(word)) && attributes.known(clean(word)) === clean(word),
    isThing: (word) => nouns.has(singular(clean(word))),
  };
}

/** What stands between a property and its values. */
const VALUES =
  /(?<=[\p{L}\d]) {0,3}(?:[:=,] {0,3})?(?:(?:\b(?:which|that|and|it) {1,3})?\b(?:is|are|can be|may be|must be|should be|could be|can only be) {1,3})?(?:\b(?:one of|either of|either|any of)\b {0,3}:? {0,3}(?:the {1,3})?)?(?<=\s)(?=[\p{L}"'])/giu;
const STRONG = /\b(one of|either|any of)\b/i;
const COPULA = /\b(is|are|be)\b/i;
const LAST_WORD = /([\p{L}][\p{L}\d_-]*)$/u;

function valuesIn(match: RegExpExecArray, at: number, text: string, words: Words): Rewritten | null {
  const joint = match[0];
  const word = LAST_WORD.exec(text.slice(Math.max(0, at - 40), at))?.[1] ?? '';
  const name = words.property(word);
  const kind = words.kind(word);
  const isListed =
    /[:=]/.test(joint) && kind === 'enum' && /[\p{L}] +[\p{L}-]+$/u.test(text.slice(Math.max(0, at - 60), at));
  const isStrong = STRONG.test(joint) || isListed;
  if (!isStrong && !COPULA.test(joint)) return null;
  const isState = name !== null && (kind === 'enum' || kind === 'text');
  const isSubject = words.isThing(word) && STARTS.test(text.slice(0, at - word.length));
  if (!isState && (!isStrong || isSubject || /^(is|are|be|has|have|with|to)$/i.test(word))) return null;
  const list = readValues(text.slice(at + joint.length, at + joint.length + 300), isStrong);
  if (!list || (!isStrong && kind !== 'enum' && list.values.length < 3)) return null;
  const length = joint.length + list.length;
  const wide = ` (${list.values.join(', ')})`;
  return { text: wide.length > length ? ` (${list.values.join(',')})` : wide, length };
}

/** A sentence begins with what is spoken of. */
const STARTS = /(^|[.;:\n])\s*(?:(?:an?|the|each|every|all)\s+)?$/i;

const VALUE =
  /^["'“]?([\p{L}\d][\p{L}\d_+'-]*(?: [\p{L}\d_+-]+){0,2}?)["'”]?(?=$|\s*[,/|;.:)\n!?]| {1,3}(?:or|and|with|has|have|when|for|in|by|if|where|while|but|depending|after|before|then|which|that)\b)/iu;
const SEPARATOR = /^\s*(,\s*(?:or|and)\s+|[,/|]\s*|\s(?:or|and)\s+)/i;
/** Beginnings of what is no value: "is not empty", "can be a teacher", "is either in the list". */
const NO_VALUE =
  /^(an?|the|not|no|null|empty|blank|optional|optionally|unique|required|mandatory|at|up|more|less|between|from|to|by|on|of|any|each|very|set|edited|changed|deleted|updated|created|added|used|sorted|filtered|assigned|shared|viewed|marked|kept|stored|shown|given|it|they|we|i|his|her|their|its|only|also|either|both|one)\b/i;
const MAX_VALUES = 15;

/** Values with commas, slashes or "or" between them; without a last "or" or "and" they go on to the end of the clause. */
function readValues(
  text: string,
  isStrong: boolean,
): { readonly values: readonly string[]; readonly length: number } | null {
  const values: string[] = [];
  let at = 0;
  let joined = false;
  while (values.length < MAX_VALUES) {
    const found = VALUE.exec(text.slice(at));
    if (!found || NO_VALUE.test(found[1] ?? '')) break;
    values.push(found[1] ?? '');
    at += found[0].length;
    const between = SEPARATOR.exec(text.slice(at));
    if (!between || joined) break;
    joined = /or|and/i.test(between[1] ?? '');
    if (/^\s+and\s/i.test(between[1] ?? '') && !isStrong) return null;
    if (!VALUE.test(text.slice(at + between[0].length)) || NO_VALUE.test(text.slice(at + between[0].length))) break;
    at += between[0].length;
  }
  const isSure = isStrong || joined || /[/|]/.test(text.slice(0, at));
  return values.length > 1 && isSure ? { values, length: at } : null;
}

const NUMBER = '-?\\d{1,9}(?:\\.\\d{1,3})?';
const MOST =
  'at (?:the )?most|up to|max(?:imum|imal)?\\.?(?: of)?|no more than|not more than|never more than|not above';
const LEAST = 'at least|min(?:imum|imal)?\\.?(?: of)?|no less than|not less than|no fewer than|not fewer than';
const BETWEEN = `(?:between|from)? {0,3}(${NUMBER}) {0,3}(?:and|to|-|–|—|\\.\\.) {0,3}(${NUMBER})`;

/** "at most 500 pages", "between 1 and 2000 copies": how many of what. */
const COUNTED = new RegExp(
  `(\\b(?:is|are|can be|may be|must be|runs|spans) {1,3})?\\b(?:(${MOST})|(${LEAST})|(?=between|from|\\d)) {0,3}(?:(?:between|from) {0,3}(${NUMBER}) {0,3}(?:and|to|-|–) {0,3}(${NUMBER})|(${NUMBER})) {1,3}([\\p{L}]{3,}s)\\b`,
  'giu',
);

interface Place {
  readonly at: number;
  readonly all: string;
  readonly words: Words;
  readonly unheld: string[];
}

function countedIn(match: RegExpExecArray, { at, all: text, words, unheld }: Place): Rewritten | null {
  const [whole, copula, most, least, low, high, one, noun = ''] = match;
  const name = words.property(noun);
  const isNumber = name !== null && ['integer', 'number'].includes(words.kind(noun));
  if (one !== undefined && most === undefined && least === undefined) return null;
  if (!isNumber || isSpokenOf(noun, at, at + whole.length, text)) {
    const isThing = words.isThing(noun) && copula === undefined;
    if (isThing) unheld.push(whole.trim());
    return isThing ? { text: noun, length: whole.length } : null;
  }
  const range = one === undefined ? `${low}~${high}` : most === undefined ? `≥${one}` : `≤${one}`;
  return { text: `${copula ? 'has ' : ''}${noun} (×${range})`, length: whole.length };
}

/** Elsewhere it is a thing: "seats" in a cinema. */
function isSpokenOf(noun: string, from: number, to: number, text: string): boolean {
  return new RegExp(`(?<![\\p{L}])${noun}(?![\\p{L}])`, 'iu').test(`${text.slice(0, from)} ${text.slice(to)}`);
}

/** "rating between 1 and 5", "weight in kg max 30", "priority from 1 to 3": how much it may be. */
const LIMITED = new RegExp(
  `(?<=[\\p{L}\\d]) {0,3},? {0,3}(?:\\bin [\\p{L}%]{1,8} {0,3})?(?:\\b(?:is|are|must be|should be|can be|has to be|have to be|a number|an integer|of|ranging|ranges|going|goes|value) {1,3})*(?:\\b${BETWEEN}|(?:\\b(${MOST}|cannot exceed|can['’]?t exceed|must not exceed|cannot be more than|can['’]?t be more than)) {0,3}(${NUMBER})|(?:\\b(${LEAST}|cannot be less than|can['’]?t be less than)) {0,3}(${NUMBER}))(?![\\d:.,]*\\d| {0,3}(?:am|pm|o['’]clock)\\b)`,
  'giu',
);

function limitedIn(match: RegExpExecArray, at: number, text: string, words: Words): Rewritten | null {
  const [whole, low, high, most, top, least, bottom] = match;
  if (text.charAt(at) === '(') return null;
  const word = LAST_WORD.exec(text.slice(Math.max(0, at - 40), at))?.[1] ?? '';
  if (word === '' || NO_SUBJECT.test(word)) return null;
  const name = words.property(word);
  const kind = words.kind(word);
  const isSaid = /between/i.test(whole) || most !== undefined || least !== undefined;
  const isNumber = name !== null && !['date', 'moment', 'clock', 'boolean', 'json', 'long'].includes(kind);
  if (!isNumber && (name !== null || !isSaid || words.isThing(word) || low === undefined)) return null;
  // "photos up to 5 each" counts photos.
  const isCount = name === null && /s$/.test(word);
  const next = /^ *([\p{L}]{3,}s)\b/u.exec(text.slice(at + whole.length))?.[1];
  if (isCount || (next !== undefined && words.isThing(next))) return null;
  const range =
    low !== undefined ? `${low}~${high}` : top !== undefined ? `≤${top}` : bottom !== undefined ? `≥${bottom}` : '';
  return range === '' ? null : { text: `(${words.isMany(word) ? '×' : ''}${range})`, length: whole.length };
}

const NO_SUBJECT =
  /^(and|or|with|has|have|of|for|to|from|is|are|be|in|at|on|by|the|an?|open|opens|runs|only|then|than|about|around|every|each|version|page|chapter|room)$/i;
