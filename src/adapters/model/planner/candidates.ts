import type { Context } from './context.ts';
import { trustedSense } from './context.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import type { Entity } from './lexicon.ts';
import { isMeant, pairOf, withoutOwner } from './naming.ts';
import { entityIn } from './phrase.ts';
import { waresOf } from './wares.ts';
import { singular } from './words.ts';

/** A phrase that may get a table. */
export interface Candidate {
  readonly name: string;
  readonly entity: Entity | null;
  readonly named: boolean;
  readonly strength: number;
  /** The strongest evidence, in the words of who read it. */
  readonly why: string;
}

/** All phrases that some reader took for an entity, in order of appearance, with the strength of all evidence. */
export function candidates(facts: readonly Fact[], context: Context): readonly Candidate[] {
  const found = new Map<string, Candidate & { readonly evidence: number }>();
  for (const fact of facts) {
    if (fact.kind !== 'entity') continue;
    const word = singular(fact.name);
    if (fact.strength < STRENGTH.defined && isParticiple(word, context)) continue;
    const isWhole = found.has(word) || context.manyBusinesses.some(({ names }) => names[0] === word);
    const name = fact.strength >= STRENGTH.defined || isWhole ? word : withoutOwner(word, context);
    const before = found.get(name);
    const wares = waresOf(name, context);
    const sense = wares || fact.between ? null : (trustedSense(name, context) ?? senseOfEnding(name, context));
    const strength = before ? Math.max(before.strength, fact.strength) + 0.3 : fact.strength;
    const why = before && before.evidence >= fact.strength ? before.why : fact.why;
    const evidence = Math.max(before?.evidence ?? 0, fact.strength);
    found.set(name, {
      name,
      entity: wares ?? sense?.entity ?? null,
      named: sense?.names ?? true,
      strength,
      why,
      evidence,
    });
  }
  const words = new Map<Entity, number>();
  for (const { entity } of found.values()) if (entity) words.set(entity, (words.get(entity) ?? 0) + 1);
  const all = [...found.values()].map((one) => ({
    ...one,
    strength: one.strength + (one.entity ? ((words.get(one.entity) ?? 1) - 1) * 0.3 : 0),
  }));
  return all.sort((a, b) => Number(b.strength >= STRENGTH.defined) - Number(a.strength >= STRENGTH.defined));
}

/** "detected", "deposit payed": what was done to something is no thing. */
function isParticiple(name: string, { lexicon }: Context): boolean {
  const last = name.split('_').at(-1) ?? '';
  const isForm = /[a-z]{2}[^e]ed$/.test(last) && last.length > 4;
  return isForm && !lexicon.nouns.has(name) && !lexicon.nouns.has(last);
}

/** "customer login", "user accounts": where people sign in, the word for it is no thing of its own. */
export function isSigningIn({ name, strength }: Candidate, spoken: ReadonlySet<string>, { lexicon }: Context): boolean {
  if (strength >= STRENGTH.defined || spoken.size === 0) return false;
  const last = name.split('_').at(-1) ?? '';
  const isWord = lexicon.english.accounts.has(name) || lexicon.english.accounts.has(last);
  return isWord || (last === 'account' && (spoken.has('account') || spoken.has('accounts')));
}

/** Administrators are people with a role, not a table, unless somebody lists what is known about them. */
export function isRoleOnly({ name, strength }: Candidate, facts: readonly Fact[]): boolean {
  if (!ADMIN.test(name) || strength >= STRENGTH.defined) return false;
  return !facts.some((fact) => fact.kind === 'column' && fact.entity === name);
}

const ADMIN = /^((site|system|super)_?)?(admin|administrator|moderator|superuser)$/;

/** A word that only names what the whole request is about counts for less than this. */
const NAMES_THE_WHOLE = 0.5;

/**
 * When the request uses several words for one concept, the concept's own name wins; short forms of it (`line` for an
 * order line) never name a table. What was defined keeps its name.
 */
export function bestNamed(candidate: Candidate, all: readonly Candidate[], apart: ReadonlySet<string>): Candidate {
  const { entity, name, strength } = candidate;
  if (entity === null || strength >= STRENGTH.defined || name === entity.name) return candidate;
  const same = all.filter(
    (other) => other.entity === entity && other.name !== name && other.strength > NAMES_THE_WHOLE,
  );
  if (same.some((other) => apart.has(pairOf(name, other.name)))) return candidate;
  const said = same.length > 1 || same.some((other) => other.name === entity.name);
  return said || entity.name.endsWith(`_${name}`) ? { ...candidate, name: entity.name } : candidate;
}

/** `menu_category` is a category by another name. */
function senseOfEnding(name: string, context: Context) {
  const ending = name.includes('_') ? entityIn(name, context) : null;
  return ending === null || ending === name || !isMeant(ending, context) ? null : trustedSense(ending, context);
}
