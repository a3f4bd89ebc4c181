import type { Context } from './context.ts';
import { mayBegin, nameOf, senseOf } from './context.ts';
import type { Token } from './tokens.ts';

/** A noun phrase of the request, and what stood around it. */
export interface Phrase {
  readonly from: number;
  /** Token after the last one. */
  readonly to: number;
  /** Singular snake_case. */
  readonly name: string;
  readonly plural: boolean;
  readonly optional: boolean;
  readonly unique: boolean;
  /** It was called a yes or no. */
  readonly choice: boolean;
  /** Text in parentheses right behind it. */
  readonly aside: string | null;
  /** What followed up to the next item, for example `in bytes`. */
  readonly tail: readonly string[];
}

const LONGEST_NAME = 4;
/** Words that say that something may be missing. */
export const OPTIONAL = new Set(['optional', 'optionally', 'maybe', 'sometimes', 'perhaps', 'possibly']);
/** Words that say that no two are the same. */
export const UNIQUE = new Set(['unique', 'distinct']);
const SEPARATORS = new Set([',', '/', '+', '&', '>', '|', '→']);
const JOINERS = new Set(['and', 'or', 'plus', 'then', 'n']);
const STOPS = new Set(['.', ';', ':', '\n', '!', '?', '-', '–', '—', '*', '•', '{', '}', '[', ']', ')', '=']);

/** True for what ends a list or clause. */
export function isStop(token: Token | undefined): boolean {
  return token === undefined || (token.kind === 'mark' && STOPS.has(token.word));
}

/** True for what stands between two items of a list. */
export function isSeparator(token: Token | undefined): boolean {
  if (token === undefined) return false;
  return token.kind === 'mark' ? SEPARATORS.has(token.word) : JOINERS.has(token.word);
}

/** True for words that can be a part of a noun phrase. */
function isNominal(token: Token | undefined, context: Context): token is Token {
  if (token?.kind !== 'word' || JOINERS.has(token.word)) return false;
  const { english } = context.lexicon;
  for (const list of [english.prepositions, english.pronouns, english.auxiliaries, english.having, english.verbs]) {
    if (list.has(token.word)) return false;
  }
  if (token.word === 'yes_no') return false;
  return (
    !english.determiners.has(token.word) &&
    !english.adverbs.has(token.word) &&
    !OPTIONAL.has(token.word) &&
    !UNIQUE.has(token.word)
  );
}

/** Longest run of tokens from here that the lexicon has a name for (entity or attribute); 0 when there is none. */
function knownRun(context: Context, from: number): number {
  const { tokens } = context;
  if (tokens[from]?.kind !== 'word') return 0;
  let longest = 1;
  if (mayBegin(tokens[from], context.lexicon)) {
    const isInside = (token: Token | undefined) => token !== undefined && token.kind !== 'mark';
    while (longest < LONGEST_NAME && isInside(tokens[from + longest])) longest += 1;
  }
  for (let length = longest; length > 0; length -= 1) {
    if (length === 1 && !isNominal(tokens[from], context) && !isListed(context, from)) return 0;
    const name = nameOf(tokens, from, from + length);
    if (context.lexicon.nouns.has(name) || context.lexicon.attributes.known(name) !== null) return length;
  }
  return 0;
}

/** "a title, **done** and a date": between commas a word that is a verb elsewhere is the property of that name. */
function isListed({ tokens, lexicon: { attributes } }: Context, at: number): boolean {
  const isBegun = tokens[at - 1]?.word === ',' || (tokens[at - 1]?.word === 'and' && tokens[at - 2]?.word === ',');
  const next = tokens[at + 1];
  return (
    isBegun &&
    (isSeparator(next) || isStop(next)) &&
    /^(done|completed|finished|paid|sent|active)$/.test(tokens[at]?.word ?? '') &&
    attributes.known(tokens[at]?.word ?? '') !== null
  );
}

/** Many readers look at the same places: what stands there is read once for each request. */
const phrases = new WeakMap<Context, Map<number, Phrase | null>>();

/** Reads the noun phrase at a token, past articles and adverbs. Null when there is none. */
export function readPhrase(context: Context, start: number): Phrase | null {
  const known = phrases.get(context) ?? new Map<number, Phrase | null>();
  if (!phrases.has(context)) phrases.set(context, known);
  const before = known.get(start);
  if (before !== undefined) return before;
  const phrase = phraseAt(context, start);
  known.set(start, phrase);
  return phrase;
}

function phraseAt(context: Context, start: number): Phrase | null {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  let optional = false;
  let unique = false;
  let from = start;
  for (; from < tokens.length && from < start + 6; from += 1) {
    const token = tokens[from];
    if (!token || knownRun(context, from) > 0 || lastDone(context, from) !== null) break;
    if (OPTIONAL.has(token.word)) optional = true;
    else if (UNIQUE.has(token.word)) unique = true;
    else if (
      !(token.kind === 'number') &&
      !english.determiners.has(token.word) &&
      !english.quantifiers.has(token.word) &&
      !english.adverbs.has(token.word) &&
      !english.adjectives.has(token.word)
    )
      break;
  }
  const done = lastDone(context, from);
  if (done !== null)
    return {
      from,
      to: from + 2,
      name: done,
      plural: false,
      optional: true,
      unique,
      choice: false,
      aside: null,
      tail: [],
    };
  let to = from + knownRun(context, from);
  while (to < from + LONGEST_NAME && isNominal(tokens[to], context) && !endsName(context, from, to)) {
    to += Math.max(1, knownRun(context, to));
  }
  while (to > from + 1 && english.adjectives.has(tokens[to - 1]?.word ?? '')) to -= 1;
  // Verbs stand last in some languages: "date [to] log".
  if (
    to > from + 1 &&
    english.keeping.has(tokens[to - 1]?.word ?? '') &&
    lexicon.attributes.known(nameOf(tokens, from, to - 1))
  )
    to -= 1;
  const last = tokens[to - 1];
  if (to === from || !last) return null;
  const name = nameOf(tokens, from, to);
  return { from, to, name, plural: last.plural, optional, unique, choice: false, aside: null, tail: [] };
}

/** "last **watered**": when something was done for the last time. */
function lastDone({ tokens, lexicon }: Context, from: number): string | null {
  const [last, done] = [tokens[from]?.word ?? '', tokens[from + 1]?.word ?? ''];
  const isDeed = /[a-z]{2}ed$/.test(done) && !lexicon.nouns.has(done);
  const name = `${last}_${done}`;
  return /^(last|first|next)$/.test(last) && isDeed ? (lexicon.attributes.known(name) ?? `${name}_at`) : null;
}

/** What stands here is no part of the name that began at `from`. */
function endsName(context: Context, from: number, at: number): boolean {
  if (at === from) return false;
  const [last, next] = [context.tokens[at - 1], context.tokens[at]];
  // "skis snowboards boots": forgotten commas.
  if (last?.plural && next?.plural && context.lexicon.nouns.has(last.lemma) && context.lexicon.nouns.has(next.lemma))
    return true;
  // "an author **many** books": a number begins a phrase of its own.
  if (/^(many|several|multiple)$/.test(next?.word ?? '')) return true;
  return isDeed(context, from, at) || isAction(context, at) || isDone(context, at) || valuesAt(context, from, at) > at;
}

/** "inspector **fills** a checklist": one thing, a word with an `s`, and an article. */
function isAction({ tokens, lexicon }: Context, at: number): boolean {
  const [before, token, next] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  // "clients **send** jobs"
  if (before?.plural && token && !token.plural && isBase(token.word, lexicon)) return true;
  if (!before || before.plural || !token?.plural || next?.kind !== 'word') return false;
  return lexicon.english.determiners.has(next.word) || ['his', 'her', 'their', 'its'].includes(next.word);
}

/** A verb of making that is no noun besides. */
function isBase(word: string, { english }: Context['lexicon']): boolean {
  return english.making.has(word) && !english.ambiguous.has(word);
}

/** True for what was done to things: "exercises **prescribed**", "points **collected**"; not "date added", which is the name of a date. */
export function isDone({ tokens }: Context, at: number): boolean {
  return tokens[at - 1]?.plural === true && /[a-z]{3}ed$/.test(tokens[at]?.word ?? '');
}

/** "status **open/pending/closed**": the token behind the values of a state; `at` where there are none. */
export function valuesAt({ tokens, lexicon }: Context, from: number, at: number): number {
  if (lexicon.attributes.guess(nameOf(tokens, from, at)).kind !== 'enum' || tokens[at]?.kind !== 'word') return at;
  let to = at + 1;
  while (tokens[to]?.word === '/' && tokens[to + 1]?.kind === 'word') to += 2;
  return to > at + 1 ? to : at;
}

/** "each member **votes**": a word that may be a verb, behind somebody who can do it. */
export function isDeed(context: Context, from: number, at: number): boolean {
  const token = context.tokens[at];
  if (at === from || !token || !context.lexicon.english.ambiguous.has(token.lemma)) return false;
  if (senseOf(nameOf(context.tokens, from, at + 1), context)) return false;
  const doer = senseOf(nameOf(context.tokens, from, at), context);
  const one = ['each', 'every', 'a', 'an', 'the', 'one'].includes(context.tokens[from - 1]?.word ?? '');
  const many = context.tokens[at - 1]?.plural === true && !token.plural;
  return doer?.entity.person === true && (many || one);
}

/** The request's own text of some tokens. */
export function textBetween(context: Context, from: number, to: number): string {
  const first = context.tokens[from];
  const last = context.tokens[Math.min(to, context.tokens.length) - 1];
  return first && last && to > from ? context.text.slice(first.start, last.end) : '';
}

/** The longest ending of a phrase that names an entity of the lexicon: `order` of `new big order`. Null when none does. */
export function entityIn(name: string, context: Context): string | null {
  const words = name.split('_');
  for (let from = 0; from < words.length; from += 1) {
    const ending = words.slice(from).join('_');
    if (senseOf(ending, context)) return ending;
  }
  return null;
}
