import type { Context } from '../context.ts';
import { TITLE_LENGTH } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { columnFact, itemFacts } from '../items.ts';
import type { Phrase } from '../phrase.ts';
import { readList, readPhrase, textBetween } from '../phrase.ts';
import { isNounHere } from './people.ts';

/** "X has many Y", "a task has a title and an assignee", "each recipe with its steps", "a train made of wagons". */
export function readHaving(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word' || !lexicon.english.having.has(token.word)) return [];
    const start = tokens[at + 1]?.word === 'of' ? at + 2 : at + 1;
    const { items, to } = readList(context, start);
    if (items.length === 0) return [];
    const why = textBetween(context, Math.max(0, at - 3), to);
    const subject = subjectBefore(context, at);
    if (subject === 'everything') return items.flatMap((item) => topFacts(item, context, why));
    if (subject === null) return [];
    const many = token.word === 'has' || token.word === 'have';
    return [
      { kind: 'entity', name: subject, strength: STRENGTH.wanted, why } as const,
      ...items.flatMap((item) => hardened(itemFacts(subject, item, context, why), many && saysMany(context, item))),
    ];
  });
}

/** "has many", "have several": the direction is said, no longer a guess. */
function saysMany(context: Context, item: Phrase): boolean {
  return ['many', 'several', 'multiple', 'exactly', 'one'].includes(context.tokens[item.from - 1]?.word ?? '');
}

function hardened(facts: readonly Fact[], said: boolean): readonly Fact[] {
  return said ? facts.map((fact) => (fact.kind === 'link' ? { ...fact, soft: undefined } : fact)) : facts;
}

/** Items of the request as a whole: "a shop with products and orders", "a to-do app with due dates". */
function topFacts(item: Phrase, context: Context, why: string): readonly Fact[] {
  const main = mainEntity(context);
  const { attributes, english, nouns } = context.lexicon;
  if (english.filler.has(item.name) || english.accounts.has(item.name)) return [];
  const isThing = nouns.has(item.name);
  if (!isThing && context.lexicon.domainWords.has(item.name)) return [];
  if (isThing ? !item.plural && attributes.known(item.name) !== null : attributes.looksLike(item.name)) {
    return main ? [columnFact(main, { ...item, plural: false }, context, why)] : [];
  }
  return [{ kind: 'entity', name: item.name, strength: STRENGTH.listed, why }];
}

/** What the request is mostly about: the first core entity of the domain it names. */
function mainEntity(context: Context): string | null {
  const named = context.domains.find(({ named }) => named);
  return named?.domain.file.core[0] ?? null;
}

/** Index of the parenthesis that the one at `close` ends. */
function opening(tokens: Context['tokens'], close: number): number {
  let at = close;
  while (at > 0 && tokens[at]?.word !== '(') at -= 1;
  return at;
}

/**
 * The subject of a verb: the noun phrase before it, or the last noun when a pronoun stands there. `everything` when
 * it is the software itself ("an app with …"), null when nothing can be found.
 */
export function subjectBefore(context: Context, verb: number): string | 'everything' | null {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  let at = verb - 1;
  while (at >= 0 && (english.adverbs.has(tokens[at]?.word ?? '') || english.auxiliaries.has(tokens[at]?.word ?? '')))
    at -= 1;
  const word = tokens[at];
  if (!word) return null;
  if (word.kind === 'mark' && !['(', ',', ')'].includes(word.word)) return null;
  const pronoun = word.kind === 'mark' || english.pronouns.has(word.word) || english.determiners.has(word.word);
  if (pronoun && word.word === ',') return null;
  const limit = word.word === ')' ? opening(tokens, at) : at + 1;
  const before = context.mentions.filter(
    ({ from, to, name }) => to <= limit && (!english.ambiguous.has(name) || isNounHere(context, from)),
  );
  const last = before.at(-1);
  if (pronoun) return ['i', 'we', 'you', 'us', 'me'].includes(word.word) ? null : (last?.name ?? null);
  const direct = last && last.to === at + 1 ? last : null;
  const isSoftware = english.software.has(word.word) || lexicon.domainWords.has(word.lemma);
  if (isSoftware && (!direct || (tokens[verb]?.word === 'with' && verb < TITLE_LENGTH))) return 'everything';
  if (direct) return english.ambiguous.has(direct.name) && !isNounHere(context, direct.from) ? null : direct.name;
  for (let from = Math.max(0, at - 3); from <= at; from += 1) {
    const phrase = readPhrase(context, from);
    if (phrase && phrase.to === at + 1) return english.filler.has(phrase.name) ? 'everything' : phrase.name;
  }
  return null;
}
