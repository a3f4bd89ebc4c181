import type { Context } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { itemFacts } from '../items.ts';
import { readList } from '../list.ts';
import { readPhrase, textBetween } from '../phrase.ts';

const DASHES = new Set(['-', '–', '—', '=', '->']);

/** "my bonsais - species, age, photos of each": a thing, a dash, and what is known about it. */
export function readDashes(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    if (!DASHES.has(token.word) || tokens[at - 1]?.kind !== 'word') return [];
    const owner = [3, 2, 1].map((back) => readPhrase(context, Math.max(0, at - back))).find((one) => one?.to === at);
    if (!owner?.plural || lexicon.english.filler.has(owner.name) || lexicon.english.software.has(owner.name)) return [];
    const { items, to } = readList(context, at + 1);
    const known = items.filter((item) => !item.plural && lexicon.attributes.looksLike(item.name)).length;
    if (items.length < 2 || known * 2 < items.length) return [];
    const why = textBetween(context, owner.from, to);
    return [
      { kind: 'entity', name: owner.name, strength: STRENGTH.listed, why } as const,
      ...items.flatMap((item) => itemFacts(owner.name, item, context, why)),
    ];
  });
}
