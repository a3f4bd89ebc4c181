import type { Context } from '../context.ts';
import type { ColumnFact, Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { readPhrase, textBetween } from '../phrase.ts';
import { subjectBefore } from './having.ts';

const HOLDS =
  /^(has|have|having|contains?|containing|uses?|using|includes?|including|bundles?|needs?|lists?|consists?|takes?)$/;
/** What is known about one thing in another, not about the thing itself. */
const BETWEEN =
  /^(quantity|qty|count|amount|number|position|order|sort_order|sequence|share|percent|percentage|dose|portion)$/;
const PLAIN = /^(number|count)$/;

/** "decks have up to 30 cards **with a count** each", "a job uses parts **with quantity and price**": how many of what in what. */
export function readCounted(context: Context): readonly Fact[] {
  return context.tokens.flatMap((token, at) => {
    if (!HOLDS.test(token.word)) return [];
    const what = readPhrase(context, firstWord(context, at + 1));
    if (!what?.plural || context.tokens[what.to]?.word !== 'with' || !isThingElsewhere(what, context)) return [];
    const { items, to } = readList(context, what.to + 1);
    const owner = subjectBefore(context, at);
    if (
      owner === null ||
      owner === 'everything' ||
      owner === what.name ||
      !items.some(({ name }) => BETWEEN.test(name))
    )
      return [];
    const entity = `${owner}_${what.name}`;
    const why = textBetween(context, Math.max(0, at - 1), to);
    return [
      { kind: 'entity', name: owner, strength: STRENGTH.wanted, why },
      { kind: 'entity', name: what.name, strength: STRENGTH.wanted, why },
      { kind: 'entity', name: entity, strength: STRENGTH.defined, between: true, why },
      { kind: 'closed', entity, why },
      ...[owner, what.name].map(
        (parent): Fact => ({ kind: 'link', child: entity, parent, role: parent, nullable: false, why }),
      ),
      ...items.map((item): Fact => ({ kind: 'column', entity, column: columnOf(item, context), why })),
      { kind: 'unique', entity, parts: [owner, what.name], why },
    ];
  });
}

/** What is known about one thing in another is not known about the thing itself. */
export function withoutCounted(facts: readonly Fact[]): readonly Fact[] {
  const between = new Map(
    facts.flatMap((fact) => (fact.kind === 'entity' && fact.between ? [[fact.name, fact.why] as const] : [])),
  );
  if (between.size === 0) return facts;
  const told = facts.flatMap((fact) =>
    fact.kind === 'link' && between.has(fact.child)
      ? [{ parent: fact.parent, why: between.get(fact.child) ?? '' }]
      : [],
  );
  const isTold = (entity: string, why: string) =>
    told.some(
      (one) => one.parent === entity && /\bwith\b|\bw\//.test(why) && (one.why.includes(why) || why.includes(one.why)),
    );
  return facts.filter((fact) => fact.kind !== 'column' || between.has(fact.entity) || !isTold(fact.entity, fact.why));
}

/** Past "up to 30", "of", "several". */
function firstWord({ tokens, lexicon: { english } }: Context, start: number): number {
  let at = start;
  while (
    /^(up|to|of|at|least|most)$/.test(tokens[at]?.word ?? '') ||
    tokens[at]?.kind === 'number' ||
    english.quantifiers.has(tokens[at]?.word ?? '')
  )
    at += 1;
  return at;
}

function columnOf({ name }: Phrase, { lexicon }: Context): ColumnFact {
  if (PLAIN.test(name)) return { name: 'quantity', kind: 'integer', min: 1 };
  return { name: lexicon.attributes.known(name) ?? name };
}

/** It was written out, or is spoken of in another place: there are such things without their owner. */
function isThingElsewhere({ name, from }: Phrase, { defined, mentions }: Context): boolean {
  return defined.has(name) || mentions.some((mention) => mention.name === name && mention.from !== from);
}
