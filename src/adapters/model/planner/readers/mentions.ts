import type { Context, Mention } from '../context.ts';
import { nameOf, senseOf, TITLE_LENGTH } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { isSeparator, isStop, readPhrase, textBetween } from '../phrase.ts';
import { isNounHere } from './people.ts';

/** Every noun of the lexicon that the request names, however it does. How it stands there decides what it counts for. */
export function readMentions(context: Context): readonly Fact[] {
  return context.mentions.flatMap((mention) => {
    const strength = strengthOf(mention, context);
    if (strength <= 0) return [];
    const why = textBetween(context, mention.from, mention.to);
    return [{ kind: 'entity', name: mention.name, strength, why } as const];
  });
}

function strengthOf(mention: Mention, context: Context): number {
  const { tokens, lexicon, domains } = context;
  const { english } = lexicon;
  const sense = senseOf(mention.name, context);
  if (/^(table|entity|model)$/.test(mention.name) && tokens[mention.to]?.word === ':') return 0;
  // "sites, meters and readings"
  const isListed =
    mention.plural && tokens[mention.to]?.word === ',' && [',', ':'].includes(tokens[mention.from - 1]?.word ?? '');
  const isSoftware = english.software.has(mention.name) && isListed;
  if (!sense || (english.filler.has(mention.name) && !isSoftware)) return 0;
  const single = mention.to - mention.from === 1;
  if (single && english.ambiguous.has(mention.name) && !isNounHere(context, mention.from)) return 0;
  // "pages (×≤500)": how many, no things of their own.
  if (tokens[mention.to]?.word === '(' && tokens[mention.to + 1]?.word === '×') return 0;
  if (insideAttribute(mention, context)) return 0;
  const before = tokens[mention.from - 1];
  const word = before?.word ?? '';
  const one = ['each', 'every', 'per'].includes(word) || before?.kind === 'number';
  if (lexicon.domainWords.has(mention.name) && mention.from < TITLE_LENGTH && !mention.plural && !one) return 0.3;
  if (insideValues(mention, context) || before?.word === '/') return 0.3;
  const isPlain = lexicon.attributes.known(mention.name) === null && !sense.entity.weak && sense.names;
  let strength = mention.plural ? (isPlain && !english.ambiguous.has(mention.name) ? SURELY_THINGS : 1.5) : 0.8;
  if (isPlain && ['each', 'every'].includes(word)) strength += 0.5;
  if (
    english.quantifiers.has(word) ||
    before?.kind === 'number' ||
    ['a', 'an', 'each', 'every', 'per', 'new'].includes(word)
  )
    strength += 0.7;
  else if (english.determiners.has(word)) strength += 0.4;
  if (isSeparator(before) || isSeparator(tokens[mention.to])) strength += 0.6;
  if (!single) strength += 0.7;
  const isEnd = (token: Context['tokens'][number] | undefined) => isSeparator(token) || isStop(token);
  const isItem = (isSeparator(before) || word === ':') && isEnd(tokens[mention.to]);
  if (isPlain && !mention.plural && isItem && !isBracketed(mention, tokens)) strength += 0.7;
  if (!sense.entity.person && mention.plural && isPlain && isVerb(tokens[mention.to]?.word ?? '', english))
    strength += 0.6;
  if (sense.entity.person && isVerb(tokens[mention.to]?.word ?? '', english)) strength += 0.6;
  if (isWhoseRequest(mention, tokens)) strength -= 1;
  const ranked = domains.find(({ domain }) => domain === sense.domain);
  const best = domains[0]?.score ?? 0;
  if (ranked && ranked.score * 2 >= best) strength += ranked.score >= 2 ? 0.8 : 0.2;
  else if (lexicon.attributes.known(mention.name) !== null) strength -= 1.2;
  if (!sense.names) strength -= 0.4;
  if (sense.entity.weak && !mention.plural) strength -= 0.8;
  if (isSomebodyElse(mention, sense.entity.person, context)) return STRENGTH.passing;
  if (isProperty(mention, context)) return Math.min(strength, STRENGTH.passing);
  return Math.min(strength, STRENGTH.listed);
}

/** "agents, calls, **recordings**, scores": a plural by itself in a list, though nobody has heard of it. */
export function readLone(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  let depth = 0;
  return tokens.flatMap((token, at) => {
    depth += token.word === '(' ? 1 : token.word === ')' ? -1 : 0;
    const isStart = depth === 0 && [',', ':'].includes(token.word);
    const phrase = isStart ? readPhrase(context, at + 1) : null;
    if (
      !phrase?.plural ||
      phrase.from !== at + 1 ||
      ![',', '(', '.', ';', '\n', undefined].includes(tokens[phrase.to]?.word)
    )
      return [];
    const { name } = phrase;
    if (/^(no|not|without|never)_/.test(name)) return [];
    const last = name.slice(name.lastIndexOf('_') + 1);
    const { english, attributes } = lexicon;
    const isWord =
      english.ambiguous.has(last) || english.filler.has(last) || english.verbs.has(tokens[phrase.to - 1]?.word ?? '');
    if (isWord || english.accounts.has(name) || attributes.looksLike(name) || senseOf(name, context)) return [];
    return [
      { kind: 'entity', name, strength: STRENGTH.wanted, why: textBetween(context, phrase.from, phrase.to) } as const,
    ];
  });
}

/** A plural that is nothing but a thing. */
const SURELY_THINGS = 2;

/** "librarians are employees": another word for people who are spoken of already. */
function isSomebodyElse({ from, to }: Mention, isPerson: boolean, context: Context): boolean {
  const isCalled = /^(is|are)$/.test(context.tokens[from - 1]?.word ?? '');
  const before = isCalled ? context.mentions.find((other) => other.to === from - 1) : undefined;
  if (isPerson && before && senseOf(before.name, context)?.entity.person === true) return true;
  const next = context.mentionAt.get(to + 1);
  const isSame = /^(is|are)$/.test(context.tokens[to]?.word ?? '');
  return isPerson && isSame && next !== undefined && senseOf(next.name, context)?.entity.person === true;
}

/** "a title, a weight": one of several words for what is known about something, nowhere spoken of as things. */
function isProperty(mention: Mention, { tokens, lexicon, mentions }: Context): boolean {
  if (mention.plural || lexicon.attributes.known(mention.name) === null) return false;
  const article = ['a', 'an', 'its', 'their', 'the'].includes(tokens[mention.from - 1]?.word ?? '');
  const before = tokens[article ? mention.from - 2 : mention.from - 1];
  const listed = isSeparator(before) || lexicon.english.having.has(before?.word ?? '') || before?.word === ':';
  return listed && !mentions.some((other) => other.name === mention.name && other.plural);
}

function isVerb(word: string, english: Context['lexicon']['english']): boolean {
  return (
    english.making.has(word) || english.verbs.has(word) || english.auxiliaries.has(word) || english.having.has(word)
  );
}

/** "polls for our club": who asks, not what is stored. */
function isWhoseRequest(mention: Mention, tokens: Context['tokens']): boolean {
  const [second, first] = [tokens[mention.from - 1]?.word ?? '', tokens[mention.from - 2]?.word ?? ''];
  return (
    mention.from < TITLE_LENGTH && !mention.plural && first === 'for' && ['my', 'our', 'a', 'the'].includes(second)
  );
}

/** "a type (asset/liability)": what stands in parentheses behind a property are its values. */
function insideValues(mention: Mention, context: Context): boolean {
  const { tokens, lexicon } = context;
  for (let at = mention.from - 1; at > 0 && at > mention.from - 30; at -= 1) {
    if (tokens[at]?.word === ')') return false;
    if (tokens[at]?.word !== '(') continue;
    const before = tokens[at - 1]?.lemma ?? '';
    return lexicon.attributes.known(before) !== null && !lexicon.nouns.has(before);
  }
  return false;
}

function isBracketed({ from }: Mention, tokens: Context['tokens']): boolean {
  const before = tokens.slice(Math.max(0, from - 20), from).map(({ word }) => word);
  return before.lastIndexOf('(') > before.lastIndexOf(')');
}

/** "due date", "phone number", "order status": the noun is a part of the name of a property. */
function insideAttribute(mention: Mention, context: Context): boolean {
  const { tokens, lexicon } = context;
  for (let from = Math.max(0, mention.from - 2); from <= mention.from; from += 1) {
    for (let to = mention.to; to <= Math.min(tokens.length, mention.to + 2); to += 1) {
      const longer = to - from > mention.to - mention.from;
      if (
        longer &&
        !tokens.slice(from, to).some(({ kind }) => kind === 'mark') &&
        lexicon.attributes.known(nameOf(tokens, from, to)) !== null
      )
        return true;
    }
  }
  return false;
}
