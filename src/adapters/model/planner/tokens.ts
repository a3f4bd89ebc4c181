import type { Lexicon } from './lexicon.ts';
import { editDistance, isPlural, plural, singular, snake, verbStems } from './words.ts';

/** One piece of the request. Marks keep their sign; words are compared by `word` and `lemma`. */
export interface Token {
  readonly kind: 'word' | 'number' | 'mark';
  /** As it was typed. */
  readonly raw: string;
  /** snake_case, typing errors repaired, other languages translated. */
  readonly word: string;
  /** Singular of `word`. */
  readonly lemma: string;
  readonly plural: boolean;
  /** Offsets into the request. */
  readonly start: number;
  readonly end: number;
}

/** A request cut into tokens, with the text they came from. */
export interface Reading {
  readonly text: string;
  readonly tokens: readonly Token[];
}

const PIECE =
  /(yes\/no|y\/n|true\/false|w\/(?=\s)|[\p{L}_][\p{L}\p{M}\p{N}_]*(?:['’-][\p{L}\p{N}_]+)*)|(\d+(?:[.,]\d+)?)|(->|<->|\n|[^\s])/giu;
/** Emoji, with what only changes how they look: they adorn words and separate nothing. */
const PICTURE = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0e\ufe0f\u20e3])$/u;
const SHORTHAND: ReadonlyMap<string, string> = new Map([
  ['w/', 'with'],
  ['yes/no', 'yes_no'],
  ['y/n', 'yes_no'],
  ['true/false', 'yes_no'],
]);

/** More distinct unknown words than any honest request has: beyond it nothing is repaired, so that time stays bounded. */
const MAX_REPAIRS = 150;

/** Cuts a request into tokens. Never fails; what is no word or number is a mark. */
export function tokenize(text: string, lexicon: Lexicon): Reading {
  const raw = [...text.matchAll(PIECE)].filter(([piece]) => !PICTURE.test(piece));
  const translate = translator(raw.map((match) => snake(match[1] ?? '')).filter(Boolean), lexicon);
  const repair = repairer(lexicon);
  const tokens = raw.flatMap((match): readonly Token[] => {
    const piece = match[0];
    const start = match.index;
    const base = { raw: piece, start, end: start + piece.length };
    if (match[2] !== undefined) return [{ ...base, kind: 'number' as const, word: piece, lemma: piece, plural: false }];
    if (match[1] === undefined) return [{ ...base, kind: 'mark' as const, word: piece, lemma: piece, plural: false }];
    const words = translate(SHORTHAND.get(piece.toLowerCase()) ?? snake(piece));
    return words.map((found) => {
      const word = repair(found);
      return { ...base, kind: 'word' as const, word, lemma: singular(word), plural: isPlural(word) };
    });
  });
  return { text, tokens: tokens.filter((token) => token.word !== '') };
}

/** What single words of a request mean in English, as `tokenize` understands them; snake_case. */
export function glossaryOf(text: string, lexicon: Lexicon): (word: string) => string {
  const words = [...text.matchAll(PIECE)].map((match) => snake(match[1] ?? '')).filter(Boolean);
  const translate = translator(words, lexicon);
  return (word) => translate(word).join('_');
}

/** Translates word by word when the request is visibly in another language; otherwise leaves words alone. */
function translator(all: readonly string[], lexicon: Lexicon): (word: string) => readonly string[] {
  const { english, glossary } = lexicon;
  const words = [...new Set(all)];
  const common = words.filter((word) => english.prepositions.has(word) || english.determiners.has(word)).length;
  let best: { count: number; words: Table } = { count: Math.max(0, common - 1), words: new Map() };
  for (const language of Object.values(glossary)) {
    const { particles } = language;
    const spoken = words.filter((word) => particles.has(word) || language.words.has(word));
    const count = spoken.length;
    // "todo" is Spanish, too: words only count as foreign by themselves when they mean nothing in English.
    const foreign = spoken.filter((word) => !lexicon.vocabulary.has(word));
    const strange = foreign.filter((word) => particles.has(word)).length;
    const own = foreign.filter((word) => language.words.has(word)).length;
    const enough = strange > 0 || (own > 0 && own * 2 >= words.length - 1);
    if (enough && count > best.count) best = { count, words: language.words };
  }
  const table = best.words;
  if (table.size === 0) return (word) => [word];
  const done = new Map<string, readonly string[]>();
  return (word) => {
    const before = done.get(word);
    if (before) return before;
    const found = translateWord(word, table, lexicon) ?? translateParts(word, table, lexicon) ?? [word];
    done.set(word, found);
    return found;
  };
}

type Table = ReadonlyMap<string, string>;

function translateWord(word: string, table: Table, { english }: Lexicon): readonly string[] | null {
  const key = [word, word.replace(/[ns]$/, ''), word.replace(ELIDED, '')].find((form) => table.has(form));
  const found = key === undefined ? undefined : table.get(key);
  if (key === undefined || found === undefined) return null;
  // `kommentare` beside `kommentar` is its plural, and stays one.
  const many =
    (key !== word && word.startsWith(key)) ||
    [1, 2, 3].some((cut) => key.length - cut > 2 && table.get(key.slice(0, -cut)) === found);
  const words = found.split(' ').map(snake);
  const isNoun = !words.some(
    (one) => one === 'no' || one === 'not' || english.prepositions.has(one) || english.determiners.has(one),
  );
  const last = words.at(-1) ?? '';
  return many && isNoun ? [...words.slice(0, -1), isPlural(last) ? last : plural(last)] : words;
}

/** `d'arrivée`, `dell'ordine`: articles that lost their vowel stand in one word with their noun. */
const ELIDED = /^(?:dell|all|nell|sull|qu|[dlnsjm])(?=[aeiouh])/;
const SHORTEST_COMPOUND = 8;
const SHORTEST_PART = 4;

/** `Honigernte`, `trainingsgroepen`: compounds of two words that are known, with or without what joins them. */
function translateParts(word: string, table: Table, lexicon: Lexicon): readonly string[] | null {
  if (word.length < SHORTEST_COMPOUND || word.includes('_') || lexicon.vocabulary.has(word)) return null;
  for (let at = SHORTEST_PART - 1; at <= word.length - SHORTEST_PART; at += 1) {
    const back = translateWord(word.slice(at), table, lexicon);
    if (!back) continue;
    const front = word.slice(0, at);
    const known = [front, front.replace(/(?:s|n|en|es|er|e)$/, '')].find((one) => table.has(one));
    if (known === undefined || known.length < SHORTEST_PART - 1) continue;
    return [...(table.get(known) ?? '').split(' ').map(snake), ...back];
  }
  return null;
}

/** Gives words back as they were meant: typing errors repaired, abbreviations written out. */
export function repairer(lexicon: Lexicon): (word: string) => string {
  const done = new Map<string, string>();
  return (word) => {
    const long = writtenOut(word, lexicon);
    if (long !== null) return long;
    if (word.length < 4 || word === 'yes_no' || word.includes('_') || /\d/.test(word)) return word;
    const before = done.get(word);
    if (before !== undefined) return before;
    const isRight = isKnown(word, lexicon) || done.size >= MAX_REPAIRS;
    const fixed = isRight ? word : (withVowels(word, lexicon) ?? nearest(word, lexicon));
    done.set(word, fixed);
    return fixed;
  };
}

/** "appts" is short for appointments. */
function writtenOut(word: string, { english }: Lexicon): string | null {
  const short = english.abbreviations.get(word);
  if (short !== undefined) return short;
  const one = word.endsWith('s') ? english.abbreviations.get(word.slice(0, -1)) : undefined;
  return one === undefined ? null : plural(one);
}

const FEWEST_CONSONANTS = 4;

/** "apptmnts", "prdcts": a word without most of its vowels; null when it is none, or may be several. */
function withVowels(word: string, { spelling, nouns }: Lexicon): string | null {
  const vowels = word.length - consonants(word).length;
  if (vowels * 4 > word.length || word.length < FEWEST_CONSONANTS) return null;
  const isMany = /[^s]s$/.test(word);
  const typed = consonants(isMany ? word.slice(0, -1) : word);
  if (typed.length < FEWEST_CONSONANTS - (isMany ? 1 : 0)) return null;
  const limit = typed.length > FEWEST_CONSONANTS ? 1 : 0;
  const found = (spelling.get(word.slice(0, 1)) ?? []).filter(
    (one) => nouns.has(one) && one.length > word.length - 1 && editDistance(typed, consonants(one), limit) <= limit,
  );
  const exact = found.filter((one) => consonants(one) === typed);
  const [meant, ...others] = exact.length > 0 ? exact : found;
  if (meant === undefined || others.length > 0) return null;
  return isMany ? plural(meant) : meant;
}

/** Each doubled one once. */
function consonants(word: string): string {
  return word.replace(/(?<=.)[aeiou]/g, '').replace(/(.)\1+/g, '$1');
}

function isKnown(word: string, { vocabulary }: Lexicon): boolean {
  return vocabulary.has(word) || vocabulary.has(singular(word)) || verbStems(word).some((stem) => vocabulary.has(stem));
}

/** The one word of the lexicon that is a typing error away; the word itself when there is none or it is not clear. */
function nearest(word: string, { spelling, nouns }: Lexicon): string {
  const isMany = word.endsWith('s') && !word.endsWith('ss');
  const forms = isMany ? [...new Set([singular(word), word.slice(0, -1)])] : [word];
  const limit = word.length >= 9 ? 2 : 1;
  let best: { cost: number; found: string } | null = null;
  for (const found of spelling.get(word.slice(0, 1)) ?? []) {
    if (Math.abs(found.length - word.length) > limit + 2) continue;
    const many = isMany ? plural(found) : found;
    const tries =
      isMany && many !== found ? [...forms.map((form) => [form, found] as const), [word, many] as const] : [];
    for (const [typed, meant] of tries.length > 0 ? tries : [[word, found] as const]) {
      const cost = errorCost(typed, meant, limit);
      const total = cost === null ? null : cost + (nouns.has(found) ? 0 : 0.25);
      if (total !== null && (!best || total < best.cost)) best = { cost: total, found };
    }
  }
  if (!best) return word;
  return isMany && !best.found.endsWith('s') ? plural(best.found) : best.found;
}

/** How likely somebody who meant one word typed the other, lower is likelier; null when it may as well be another word. */
function errorCost(typed: string, meant: string, limit: number): number | null {
  const distance = editDistance(typed, meant, limit);
  if (distance === 0 || distance > limit) return distance === 0 ? 0 : null;
  const length = Math.min(typed.length, meant.length);
  if (distance === 2) return length >= 8 ? 3 : null;
  if (typed.length === meant.length) {
    if (isTransposed(typed, meant)) return length >= 4 ? 1 : null;
    const alike = soundAlike(typed, meant);
    return length >= 8 || (length >= 5 && alike) ? (alike ? 1.4 : 1.7) : null;
  }
  const isMissing = typed.length < meant.length;
  const [short, long] = isMissing ? [typed, meant] : [meant, typed];
  const at = [...long].findIndex((letter, i) => letter !== short[i]);
  const isDoubled = long[at] === long[at - 1];
  if (isDoubled) return length >= 4 ? 0.9 : null;
  const isVowel = VOWEL.test(long[at] ?? '');
  if (isMissing) return length >= 5 || (length === 4 && isVowel) ? 1 : null;
  return length >= 6 ? 1.2 : null;
}

const VOWEL = /[aeiouy]/;
const SOUNDS = [/[aeiouy]/, /[scz]/, /[ckq]/, /[gj]/, /[dt]/, /[vw]/];

function isTransposed(a: string, b: string): boolean {
  return [...a].sort().join('') === [...b].sort().join('');
}

/** The one letter that differs sounds much like the right one. */
function soundAlike(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, i) => letter !== b[i]);
  return SOUNDS.some((sound) => sound.test(a.charAt(at)) && sound.test(b.charAt(at)));
}
