import type { Context } from './context.ts';
import type { Phrase } from './phrase.ts';
import { isDeed, isSeparator, isStop, OPTIONAL, readPhrase, textBetween, UNIQUE, valuesAt } from './phrase.ts';
import type { Token } from './tokens.ts';
import { singular, snake } from './words.ts';

/** What explains an item is shorter than this; bounds the time for hostile requests. */
const LONGEST_TAIL = 40;

/** Reads items separated by commas, slashes, plus signs or "and", from a token up to the end of the list. */
export function readList(context: Context, start: number): { items: readonly Phrase[]; to: number } {
  const items: Phrase[] = [];
  let at = start;
  while (at < context.tokens.length && items.length < 40) {
    const phrase = readPhrase(context, at);
    if (!phrase || (items.length > 0 && startsClause(context, phrase))) break;
    const rest = readTail(context, phrase);
    items.push(rest.phrase);
    at = rest.phrase.to;
    if (!isSeparator(context.tokens[rest.next])) return { items, to: rest.next };
    at = rest.next;
    while (isSeparator(context.tokens[at])) at += 1;
  }
  return { items, to: at };
}

/** "…, users can do this": what follows an item shows that it is the subject of a new sentence. */
function startsClause(context: Context, phrase: Phrase): boolean {
  const word = context.tokens[phrase.to]?.word ?? '';
  if (isDeed(context, phrase.from, phrase.to)) return true;
  const object = context.lexicon.english.pronouns.has(word) || context.lexicon.english.determiners.has(word);
  const first = context.tokens[phrase.from]?.word ?? '';
  if (object && (context.lexicon.english.making.has(first) || context.lexicon.english.ambiguous.has(first)))
    return true;
  const { english } = context.lexicon;
  return english.auxiliaries.has(word) || english.verbs.has(word) || (english.having.has(word) && word !== 'with');
}

/** What follows an item: flags, parentheses, "in bytes", "who uploaded it", up to the next separator. */
function readTail(context: Context, phrase: Phrase): { phrase: Phrase; next: number } {
  const { tokens, lexicon } = context;
  let { optional, unique, aside } = phrase;
  const tail: string[] = [];
  let choice = false;
  let at = valuesAt(context, phrase.from, phrase.to);
  if (at > phrase.to) aside = textBetween(context, phrase.to, at);
  for (; at < Math.min(tokens.length, phrase.to + LONGEST_TAIL); at += 1) {
    const token = tokens[at];
    if (token?.word === 'or' && tokens[at + 1]?.word === 'not') {
      choice = true;
      at += 1;
      continue;
    }
    if (!token || isStop(token) || isSeparator(token)) break;
    if (lexicon.english.having.has(token.word) && tail.length === 0) break;
    if (token.word === 'yes_no') choice = true;
    else if (token.word === '(') {
      const close = closing(tokens, at);
      aside = understood(context, at + 1, close);
      at = close;
    } else if (OPTIONAL.has(token.word)) optional = true;
    else if (UNIQUE.has(token.word)) unique ||= !isWithin(tokens[at + 1]);
    else if (
      tail.length === 0 &&
      lexicon.english.auxiliaries.has(token.word) &&
      !OPTIONAL.has(tokens[at + 1]?.word ?? '') &&
      !UNIQUE.has(tokens[at + 1]?.word ?? '')
    )
      break;
    else tail.push(token.word);
  }
  if (aside !== null) {
    const inside = tokens.slice(phrase.to, at);
    optional ||= inside.some(({ word }) => OPTIONAL.has(word)) || /\b(nullable|if any)\b/i.test(aside);
    unique ||=
      inside.some(({ word }, i) => UNIQUE.has(word) && !isWithin(inside[i + 1])) ||
      /\b(never twice|no duplicates?)\b/i.test(aside);
  }
  const state =
    choice && tail.length === 1 && /(ed|id|one|en)$/.test(tail[0] ?? '') ? `${phrase.name}_${tail[0]}` : null;
  if (state !== null)
    return { phrase: { ...phrase, name: state, plural: false, optional, unique, choice, aside, tail: [] }, next: at };
  const day = tail.length === 1 && DAYS.has(tail[0] ?? '') ? `${phrase.name}_${tail[0]}` : null;
  if (day !== null)
    return { phrase: { ...phrase, name: day, plural: false, optional, unique, choice, aside, tail: [] }, next: at };
  return { phrase: { ...phrase, ...counted(phrase, tail), optional, unique, choice, aside, tail }, next: at };
}

/** "unique **within** a season": only among some rows. */
function isWithin(token: Token | undefined): boolean {
  return /^(within|per|in|inside|among|for|by)$/.test(token?.word ?? '');
}

/** What stands behind a word that says when: "collected on", "free from". */
const DAYS = new Set(['on', 'at', 'from', 'until', 'till', 'since']);

/** "number of seeds" is a count of seeds. */
function counted(phrase: Phrase, tail: readonly string[]): Partial<Phrase> {
  const isNumber = phrase.name === 'number' || phrase.name === 'count';
  const what = tail[0] === 'of' ? tail.slice(1).filter((word) => word !== 'the') : [];
  if (!isNumber || what.length === 0 || what.length > 2) return {};
  return { name: `${singular(what.join('_'))}_count`, plural: false };
}

/** The text of some tokens, in English and without typing errors. */
function understood(context: Context, from: number, to: number): string {
  let text = '';
  for (let at = from; at < Math.min(to, context.tokens.length); at += 1) {
    const [token, before] = [context.tokens[at], context.tokens[at - 1]];
    if (!token) break;
    const gap = at > from && before && token.start > before.end ? ' ' : '';
    // Several words may stand for one that was typed.
    const isSame = at > from && before?.start === token.start;
    const isMeant = token.kind === 'word' && snake(token.raw) !== token.word && token.word !== 'yes_no';
    text += isSame
      ? ` ${token.word.replaceAll('_', ' ')}`
      : gap + (isMeant ? token.word.replaceAll('_', ' ') : token.raw);
  }
  return text;
}

/** Index of the bracket that closes the one at `open`, or of where looking for it ends. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  const end = Math.min(tokens.length, open + LONGEST_TAIL * 5);
  for (let at = open; at < end; at += 1) {
    if (tokens[at]?.word === '(') depth += 1;
    if (tokens[at]?.word === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return end;
}
