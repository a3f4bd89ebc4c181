import type { Business } from './businesses.ts';
import type { Context } from './context.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import type { Domain, Entity } from './lexicon.ts';
import { textBetween } from './phrase.ts';

/**
 * The facts of a request that is for a business: what it deals in is kept, the business itself is not, unless somebody
 * writes down what is known about it.
 */
export function forBusinesses(all: readonly Fact[], context: Context): readonly Fact[] {
  const facts = all.map((fact) => (fact.kind === 'entity' ? { ...fact, name: wholeName(fact.name, context) } : fact));
  const many = context.manyBusinesses.map((one) => named(one, one.names[0] ?? '', context));
  const written = new Set(
    facts.flatMap((fact) => (fact.kind === 'entity' && fact.strength >= STRENGTH.defined ? [fact.name] : [])),
  );
  const businesses = context.businesses.filter(({ names }) => !names.some((name) => written.has(name)));
  if (businesses.length === 0) return [...facts, ...many];
  const owner = (name: string) => businesses.find(({ names }) => names.includes(name));
  const kept = facts.flatMap((fact): readonly Fact[] => {
    if (fact.kind === 'entity') return owner(fact.name) ? [] : [fact];
    if (fact.kind === 'link') return owner(fact.child) || owner(fact.parent) ? [] : [fact];
    if (fact.kind !== 'column' && fact.kind !== 'closed') return [fact];
    const business = owner(fact.entity);
    return business ? (business.goods === null ? [] : [{ ...fact, entity: business.goods }]) : [fact];
  });
  const goods = businesses.flatMap((one) => (one.goods === null ? [] : [named(one, one.goods, context)]));
  return [...kept, ...goods, ...many];
}

/** "pet stores … each store": the same things. */
function wholeName(name: string, { manyBusinesses }: Context): string {
  return manyBusinesses.find(({ names }) => names.at(-1) === name)?.names[0] ?? name;
}

function named({ from, to }: Business, name: string, context: Context): Fact {
  return { kind: 'entity', name, strength: STRENGTH.listed, why: textBetween(context, from, to) };
}

/** What a business deals in, as the lexicon knows it: a book of a bookshop is a product with a title. Null for all else. */
export function waresOf(name: string, context: Context): Entity | null {
  const business = context.businesses.find(({ goods }) => goods === name);
  const home = business && homeOf(business, context);
  const base = home?.entities.get(home.file.core[0] ?? '');
  if (!home || !base) return null;
  const own = context.lexicon.goods.get(name) ?? [];
  const has = (column: string) => own.some((one) => one.name === column);
  const isTitled = own.some(({ name: column }) => column === 'title');
  const usual = base.columns.filter(
    (column) => !column.nullable && !has(column.name) && !(column.name === 'name' && isTitled),
  );
  return { ...base, about: `One ${name.replaceAll('_', ' ')} of the business.`, columns: [...own, ...usual] };
}

/** The domain of such businesses, when the request is about it. */
function homeOf({ like }: Business, { lexicon, domains }: Context): Domain | null {
  const homes = lexicon.domainWords.get(like) ?? [];
  return domains.find(({ domain, named: isNamed }) => isNamed && homes.includes(domain))?.domain ?? null;
}
