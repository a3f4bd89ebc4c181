import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readPhrase, textBetween } from '../phrase.ts';

/** "categories > dishes": the one on the right belongs to the one on the left. */
export function readPaths(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (token.word !== '>' && token.word !== '→' && token.word !== '->') return [];
    const child = readPhrase(context, at + 1);
    const parent = [3, 2, 1].map((back) => readPhrase(context, at - back)).find((phrase) => phrase?.to === at);
    if (!child || !parent || !(child.plural || senseOf(child.name, context))) return [];
    const why = textBetween(context, parent.from, child.to);
    return [
      { kind: 'entity', name: parent.name, strength: STRENGTH.listed, why } as const,
      { kind: 'entity', name: child.name, strength: STRENGTH.listed, why } as const,
      { kind: 'link', child: child.name, parent: parent.name, nullable: false, why } as const,
    ];
  });
}
