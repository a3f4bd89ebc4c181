import type { Context } from './context.ts';
import { trustedSense } from './context.ts';
import type { Fact } from './facts.ts';

/** "inspections and repairs": who lists two words side by side means two things, though both are upkeep. */
export function listedApart({ mentions, tokens, lexicon }: Context): ReadonlySet<string> {
  const pairs = new Set<string>();
  mentions.forEach((mention, i) => {
    const next = mentions[i + 1];
    const between = next ? tokens.slice(mention.to, next.from) : [];
    const isList = between.some(({ word }) => [',', 'and', '&', '\n'].includes(word));
    const isPlain = between.every(
      (token) =>
        [',', 'and', '&', '\n', '-', '*'].includes(token.word) ||
        lexicon.english.determiners.has(token.word) ||
        lexicon.english.adjectives.has(token.word),
    );
    if (next && isList && isPlain && mention.plural === next.plural) pairs.add(pairOf(mention.name, next.name));
  });
  return pairs;
}

/** "a bottle has a wine": what is tied to something is not the same thing. */
export function tiedApart(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap((fact) => {
    if (fact.kind === 'link' && fact.role === undefined && fact.child !== fact.parent)
      return [pairOf(fact.child, fact.parent)];
    return fact.kind === 'many-to-many' && fact.left !== fact.right ? [pairOf(fact.left, fact.right)] : [];
  });
}

/** "clubs enter one team": two words in one statement mean two things, though they may stand for one elsewhere. */
export function statedApart({ mentions, tokens }: Context): readonly string[] {
  return mentions.flatMap((mention, i) => {
    const next = mentions[i + 1];
    if (!next || next.name === mention.name || next.from - mention.to > LONGEST_STATEMENT) return [];
    const between = tokens.slice(mention.to, next.from);
    const isStatement =
      between.length > 0 &&
      between.every(({ kind, word }) => kind !== 'mark' && !/^(or|aka|called|named|is|are|as|i)$/.test(word));
    return isStatement ? [pairOf(mention.name, next.name)] : [];
  });
}

const LONGEST_STATEMENT = 4;

/** The key of two words, whichever stands first. */
export function pairOf(one: string, other: string): string {
  return [one, other].sort().join(' ');
}

/** "customer reviews" are reviews: a thing of its own in front says whose they are. */
export function withoutOwner(name: string, context: Context): string {
  const words = name.split('_');
  for (let at = 1; at < words.length && !context.lexicon.nouns.has(name); at += 1) {
    const [front, back] = [words.slice(0, at).join('_'), words.slice(at).join('_')];
    if (context.lexicon.nouns.has(front) && !GENERIC.test(back) && isMeant(back, context)) return back;
  }
  return name;
}

/** Words that say little without the one in front: "budget items", "sales records". */
const GENERIC =
  /^(item|line|entry|record|detail|position|set|type|kind|list|plan|log|sheet|point|level|part|piece|slot|unit|object|form)$/;

/** More than the word itself speaks for its meaning: `night` of a "quiz night" is no night's sleep. */
export function isMeant(name: string, context: Context): boolean {
  const sense = trustedSense(name, context);
  if (sense === null || sense.domain.file.general) return sense !== null;
  const ranked = context.domains.find(({ domain }) => domain === sense.domain);
  return ranked !== undefined && (ranked.named || ranked.evidence >= 2);
}
