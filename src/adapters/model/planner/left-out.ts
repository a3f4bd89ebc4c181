import type { Context } from './context.ts';
import { mayBegin, nameOf } from './context.ts';
import type { Model } from './draft.ts';
import type { Fact } from './facts.ts';
import { isStop } from './phrase.ts';
import { resolve } from './resolve.ts';

/** More than this is no list any more. */
const MAX_PARTS = 20;
const LONGEST_PART = 200;
const LONGEST_PHRASE = 4;

/** Verbs of what a server would have to do beside keeping rows: tables stand for none of it. */
const BEHAVIOUR =
  /^(?:notif(?:y|ies|ied|ication|ications)|remind(?:s|ed|er|ers|ing)?|export(?:s|ed|ing)?|import(?:s|ed|ing)?|calculat(?:e|es|ed|ing|ion)|comput(?:e|es|ed)|generat(?:e|es|ed|ing)|e_?mail(?:s|ed|ing)?|text(?:s|ed|ing)|print(?:s|ed|ing)?|sync(?:s|ed|ing|hroni[sz]e)?|recommend(?:s|ed|ations?)?|predict(?:s|ed|ion)?|translat(?:e|es|ed|ion)|alert(?:s|ed)?|render(?:s|ed|ing)?|crawl(?:s|ed)?|scrape(?:s|d)?|automatically|realtime|websockets?)$/;

/** The parts of a request that nothing in the design stands for, as they are written there. */
export function leftOut(
  model: Model,
  facts: readonly Fact[],
  context: Context,
  written: ReadonlySet<string>,
): string[] {
  const used = usedTokens(model, facts, context, written);
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at <= context.tokens.length; at += 1) {
    if (at < context.tokens.length && !isEnd(context, at)) continue;
    parts.push(...unusedParts(from, at, used, context));
    from = at + 1;
  }
  return [...new Set([...parts, ...context.unheld])].slice(0, MAX_PARTS);
}

function isEnd({ tokens }: Context, at: number): boolean {
  return isStop(tokens[at]) && !['-', '–', '—', '=', ':', ')', ']', '}', '{', '['].includes(tokens[at]?.word ?? '');
}

/** Of a sentence: all of it when nothing was understood, else what a server would have to do, and lone words. */
function unusedParts(from: number, to: number, used: ReadonlySet<number>, context: Context): readonly string[] {
  const places = Array.from({ length: to - from }, (_, i) => from + i);
  const isUnused = (at: number) => !used.has(at) && !isNeutral(context, at);
  const unused = places.filter(isUnused);
  const isUnderstood = places.some((at) => used.has(at));
  if (unused.length === 0) return [];
  if (!isUnderstood) return [quote(context, from, to)];
  const parts: string[] = [];
  let last = -1;
  for (const at of unused) {
    if (at < last) continue;
    const isDeed = BEHAVIOUR.test(context.tokens[at]?.word ?? '');
    let end = at + 1;
    while (end < to && (isDeed ? context.tokens[end]?.word !== ',' : isUnused(end))) end += 1;
    parts.push(quote(context, at, end));
    last = end;
  }
  return parts;
}

function quote({ tokens, text, source }: Context, from: number, to: number): string {
  const [first, last] = [tokens[from], tokens[to - 1]];
  if (!first || !last) return '';
  const read = text.slice(first.start, last.end);
  return (source.includes(read) ? read : wholeWords(source, first.start, last.end))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_PART);
}

/** As it was typed, where values and limits were written in another way to be read. */
function wholeWords(source: string, start: number, end: number): string {
  const before = /[\p{L}\d]*$/u.exec(source.slice(0, start))?.[0].length ?? 0;
  const behind = /^[\p{L}\d]*/u.exec(source.slice(end))?.[0].length ?? 0;
  return source.slice(start - before, end + behind);
}

/** Words that only hold a sentence together. */
function isNeutral({ tokens, lexicon: { english } }: Context, at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== 'word') return true;
  const { word, lemma } = token;
  if (BEHAVIOUR.test(word)) return false;
  const lists = [
    english.determiners,
    english.quantifiers,
    english.pronouns,
    english.prepositions,
    english.auxiliaries,
    english.keeping,
    english.making,
    english.having,
    english.adverbs,
    english.adjectives,
    english.filler,
    english.software,
    english.verbs,
  ];
  return (
    word.length < 3 || word === 'and' || word === 'yes_no' || lists.some((list) => list.has(word) || list.has(lemma))
  );
}

/** Places of the words that became a name, named the subject of it all, or were said about accounts and keys. */
function usedTokens(
  model: Model,
  facts: readonly Fact[],
  context: Context,
  written: ReadonlySet<string>,
): ReadonlySet<number> {
  const { tokens, lexicon, domains } = context;
  const entities = new Set(model.drafts.flatMap((one) => one.entity ?? []));
  const named = new Set(domains.filter((ranked) => ranked.named).map(({ domain }) => domain));
  const used = new Set<number>();
  for (const { from, to } of context.businesses) for (let at = from; at < to; at += 1) used.add(at);
  const seen = new Map<string, boolean>();
  const isUsed = (name: string) => {
    const before = seen.get(name);
    if (before !== undefined) return before;
    const found = isInDesign(name);
    seen.set(name, found);
    return found;
  };
  const isInDesign = (name: string) =>
    written.has(name) ||
    written.has(lexicon.attributes.known(name) ?? '') ||
    (lexicon.nouns.get(name) ?? []).some(({ entity }) => entities.has(entity)) ||
    (lexicon.domainWords.get(name) ?? []).some((domain) => named.has(domain));
  const beginnings = new Set([...written].map((name) => name.slice(0, Math.max(0, name.indexOf('_')))));
  for (let from = 0; from < tokens.length; from += 1) {
    const word = (tokens[from]?.word ?? '').replace(/_.*$/, '');
    const longest = mayBegin(tokens[from], lexicon) || beginnings.has(word) ? LONGEST_PHRASE : 1;
    for (let to = from + 1; to <= Math.min(tokens.length, from + longest); to += 1) {
      if (tokens[to - 1]?.kind === 'mark') break;
      if (isUsed(nameOf(tokens, from, to)) || (to === from + 1 && written.has(tokens[from]?.word ?? '')))
        for (let at = from; at < to; at += 1) used.add(at);
    }
  }
  for (const why of new Set(facts.flatMap((fact) => (counts(fact, model, context) ? [fact.why] : []))))
    for (const at of placesOf(why, context)) used.add(at);
  return used;
}

/** Facts that are about a statement as a whole and had an effect. */
function counts(fact: Fact, model: Model, context: Context): boolean {
  if (fact.kind === 'access') return fact.entity === null || resolve(model, fact.entity, context) !== null;
  if (fact.kind === 'happens') {
    const made = context.lexicon.verbs.get(fact.verb) ?? [];
    return made.some(({ entity }) => model.drafts.some((one) => one.entity === entity));
  }
  if (fact.kind === 'unique') return resolve(model, fact.entity, context) !== null;
  if (fact.kind === 'many-to-many')
    return [fact.left, fact.right].every((name) => resolve(model, name, context) !== null);
  return ['accounts', 'role', 'without'].includes(fact.kind);
}

function placesOf(why: string, { text, tokens }: Context): readonly number[] {
  const start = why === '' ? -1 : text.indexOf(why);
  if (start === -1) return [];
  const places: number[] = [];
  for (let at = firstFrom(tokens, start); (tokens[at]?.end ?? Infinity) <= start + why.length; at += 1) places.push(at);
  return places;
}

/** The first token that begins there or later. */
function firstFrom(tokens: Context['tokens'], start: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
