import type { Context } from '../context.ts';
import { senseOf, trustedSense } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { columnFact } from '../items.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { entityIn, readPhrase, textBetween } from '../phrase.ts';
import { singular } from '../words.ts';

const PASSED_OVER = new Set([
  'track',
  'of',
  'record',
  'list',
  'history',
  'log',
  'collection',
  'which',
  'what',
  'how',
  'all',
  'for',
]);

/** "track my plants", "keep a list of suppliers", "store the name and phone of clients", "users can create playlists". */
export function readKeeping(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  return tokens.flatMap((token, at) => {
    const keeps = english.keeping.has(token.word);
    if (token.kind !== 'word' || (!keeps && !english.making.has(token.word)) || insideName(context, at)) return [];
    let start = at + 1;
    while (isPassedOver(context, start)) start += 1;
    const { items, to } = readList(context, start);
    const why = textBetween(context, at, to);
    const owner = ownerBehind(items);
    const facts = items.flatMap((item) => objectFacts(item, owner, context, why));
    return keeps ? facts : [...facts, ...makerFacts(context, at, items, why)];
  });
}

/** "share links", "saved searches": the word is a part of a name. */
function insideName(context: Context, at: number): boolean {
  return context.mentions.some(({ from, to }) => to - from > 1 && from <= at && at < to);
}

function isPassedOver(context: Context, at: number): boolean {
  const word = context.tokens[at]?.word ?? '';
  return (
    PASSED_OVER.has(word) ||
    context.lexicon.english.determiners.has(word) ||
    context.lexicon.english.making.has(word) ||
    (word === 'and' && context.lexicon.english.making.has(context.tokens[at + 1]?.word ?? ''))
  );
}

/** "the name and phone **of clients**": whose properties are listed. */
function ownerBehind(items: readonly Phrase[]): string | null {
  const tail = items.at(-1)?.tail ?? [];
  const of = tail.findIndex((word) => word === 'of' || word === 'for');
  return of >= 0 ? (tail.slice(of + 1).at(-1) ?? null) : null;
}

function objectFacts(item: Phrase, owner: string | null, context: Context, why: string): readonly Fact[] {
  const { english } = context.lexicon;
  if (english.filler.has(item.name) || english.accounts.has(item.name)) return [];
  const sense = senseOf(item.name, context);
  if (isProperty(item, sense !== null, context)) {
    const entity = owner === null ? null : entityIn(singular(owner), context);
    return entity ? [columnFact(entity, { ...item, plural: false }, context, why)] : [];
  }
  const isEach = ['each', 'every'].includes(context.tokens[item.from - 1]?.word ?? '');
  const strength = item.plural || sense || isEach ? STRENGTH.listed : STRENGTH.passing;
  return [{ kind: 'entity', name: item.name, strength, why }];
}

/** A word for a property: not known as a thing, or usually a property when in the singular. */
function isProperty(item: Phrase, isThing: boolean, context: Context): boolean {
  const { attributes } = context.lexicon;
  return isThing ? !item.plural && attributes.known(item.name) !== null : attributes.looksLike(item.name);
}

/** "users can create playlists": the maker owns what is made. */
function makerFacts(context: Context, verb: number, items: readonly Phrase[], why: string): readonly Fact[] {
  const { tokens, lexicon } = context;
  let at = verb - 1;
  while (
    at >= 0 &&
    (lexicon.english.auxiliaries.has(tokens[at]?.word ?? '') ||
      lexicon.english.making.has(tokens[at]?.word ?? '') ||
      tokens[at]?.word === 'and')
  )
    at -= 1;
  const subject = context.mentions.find((mention) => mention.to === at + 1);
  if (!subject || !senseOf(subject.name, context)?.entity.person) return [];
  return items
    .filter((item) => item.plural && !lexicon.english.filler.has(item.name) && !lexicon.attributes.known(item.name))
    .map((item) => ({ kind: 'link', child: item.name, parent: subject.name, soft: true, why }));
}

/** "llama tracker", "plant journal", "directory of beekeepers": a noun beside the word for the software. */
export function readTitles(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'word' || !english.software.has(token.word)) return [];
    const ahead = tokens[at + 1]?.word;
    if (
      ahead === 'of' ||
      (ahead === 'for' &&
        !english.keeping.has(tokens[at + 2]?.word ?? '') &&
        !english.making.has(tokens[at + 2]?.word ?? ''))
    ) {
      const { items } = readList(context, at + 2);
      return items.flatMap((item) => objectFacts(item, null, context, textBetween(context, at, item.to)));
    }
    const before = at > 0 ? nounBefore(context, at) : null;
    if (before === null || english.filler.has(before)) return [];
    const sense = senseOf(before, context);
    if (lexicon.domainWords.has(before) && (!sense || sense.entity.weak)) return [];
    const trusted = trustedSense(before, context);
    if (
      (lexicon.attributes.known(before) !== null && (!trusted || trusted.domain.file.general)) ||
      insideName(context, at)
    )
      return [];
    const why = textBetween(context, at - 1, at + 1);
    return [{ kind: 'entity', name: before, strength: sense ? STRENGTH.wanted : STRENGTH.passing + 0.5, why } as const];
  });
}

function nounBefore(context: Context, at: number): string | null {
  for (let from = Math.max(0, at - 2); from < at; from += 1) {
    const phrase = readPhrase(context, from);
    if (phrase && phrase.from < at && phrase.to >= at) {
      const words = phrase.name.split('_').slice(0, Math.max(1, at - phrase.from));
      const name = words.join('_');
      return entityIn(name, context) ?? name;
    }
  }
  return null;
}

/** "my houseplants", "our hives": things somebody has, unless a property is meant. */
export function readPossessions(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    if (!/^(my|our)$/.test(token.word)) return [];
    const phrase = readPhrase(context, at + 1);
    if (!phrase?.plural || lexicon.english.filler.has(phrase.name) || lexicon.attributes.looksLike(phrase.name))
      return [];
    const why = textBetween(context, at, phrase.to);
    return [{ kind: 'entity', name: phrase.name, strength: STRENGTH.wanted, why } as const];
  });
}
