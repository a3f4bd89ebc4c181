import type { Context } from './context.ts';
import { pickSense, senseOf, trustedSense } from './context.ts';
import type { Draft, Model } from './draft.ts';
import { draft, findDraft } from './draft.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import type { Domain, Entity } from './lexicon.ts';
import { entityIn } from './phrase.ts';
import { singular } from './words.ts';

/** More tables than anybody designs in one go; beyond it the weakest are left out. */
const MAX_TABLES = 40;

/** Decides which things get a table: what the facts name, what that implies, and a core when little was said. */
export function gatherEntities(facts: readonly Fact[], context: Context): Model {
  const unwanted = unwantedNames(facts, context);
  const isWanted = (name: string, entity: Entity | null) =>
    !unwanted.has(name) && !(entity && unwanted.has(entity.name));
  const model: Model = { drafts: [] };
  const spoken = new Set(facts.flatMap((fact) => (fact.kind === 'accounts' ? [fact.why.toLowerCase()] : [])));
  const found = candidates(facts, context).filter((candidate) => !isSigningIn(candidate, spoken, context));
  for (const candidate of found) {
    const { name, strength, entity } = candidate;
    if (strength >= STRENGTH.wanted && (strength >= STRENGTH.defined || isWanted(name, entity)))
      addDraft(model, bestNamed(candidate, found));
  }
  const add = (entity: Entity) => {
    if (isWanted(entity.name, entity) && !findDraft(model, entity.name)) {
      model.drafts.push(draft(entity.name, entity, STRENGTH.wanted));
    }
  };
  addCore(model, context, add);
  addHappenings(model, facts, context, add);
  addAccounts(model, facts, context, add);
  const listed = model.drafts.length > 0 && model.drafts.every((one) => one.strength >= STRENGTH.defined);
  for (let round = 0; round < 3 && !listed; round += 1) addImplied(model, context, add);
  if (model.drafts.length === 0) model.drafts.push(fallback(facts, context));
  model.drafts.splice(MAX_TABLES);
  return model;
}

interface Candidate {
  readonly name: string;
  readonly entity: Entity | null;
  readonly named: boolean;
  readonly strength: number;
}

/** All phrases that some reader took for an entity, in order of appearance, with the strength of all evidence. */
function candidates(facts: readonly Fact[], context: Context): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const fact of facts) {
    if (fact.kind !== 'entity') continue;
    const name = withoutOwner(singular(fact.name), context);
    const before = found.get(name);
    const sense = trustedSense(name, context) ?? senseOfEnding(name, context);
    const strength = before ? Math.max(before.strength, fact.strength) + 0.3 : fact.strength;
    found.set(name, { name, entity: sense?.entity ?? null, named: sense?.names ?? true, strength });
  }
  const words = new Map<Entity, number>();
  for (const { entity } of found.values()) if (entity) words.set(entity, (words.get(entity) ?? 0) + 1);
  const all = [...found.values()].map((one) => ({
    ...one,
    strength: one.strength + (one.entity ? ((words.get(one.entity) ?? 1) - 1) * 0.3 : 0),
  }));
  return all.sort((a, b) => Number(b.strength >= STRENGTH.defined) - Number(a.strength >= STRENGTH.defined));
}

/** "customer login", "user accounts": where people sign in, the word for it is no thing of its own. */
function isSigningIn({ name, strength }: Candidate, spoken: ReadonlySet<string>, { lexicon }: Context): boolean {
  if (strength >= STRENGTH.defined || spoken.size === 0) return false;
  const last = name.split('_').at(-1) ?? '';
  const isWord = lexicon.english.accounts.has(name) || lexicon.english.accounts.has(last);
  return isWord || (last === 'account' && (spoken.has('account') || spoken.has('accounts')));
}

/**
 * When the request uses several words for one concept, the concept's own name wins; short forms of it (`line` for an
 * order line) never name a table. What was defined keeps its name.
 */
function bestNamed(candidate: Candidate, all: readonly Candidate[]): Candidate {
  const { entity, name, strength } = candidate;
  if (entity === null || strength >= STRENGTH.defined || name === entity.name) return candidate;
  const others = all.filter((other) => other.entity === entity && other.name !== name);
  const said = others.length > 1 || others.some((other) => other.name === entity.name);
  return said || entity.name.endsWith(`_${name}`) ? { ...candidate, name: entity.name } : candidate;
}

/** "customer reviews" are reviews: a thing of its own in front says whose they are. */
function withoutOwner(name: string, { lexicon }: Context): string {
  const words = name.split('_');
  for (let at = 1; at < words.length && !lexicon.nouns.has(name); at += 1) {
    const [front, back] = [words.slice(0, at).join('_'), words.slice(at).join('_')];
    if (lexicon.nouns.has(front) && lexicon.nouns.has(back)) return back;
  }
  return name;
}

/** `menu_category` is a category by another name. */
function senseOfEnding(name: string, context: Context) {
  const ending = name.includes('_') ? entityIn(name, context) : null;
  return ending === null || ending === name ? null : trustedSense(ending, context);
}

/** Two words for one concept share a table, unless both were defined. */
function addDraft(model: Model, candidate: Candidate): void {
  const { name, entity, named, strength } = candidate;
  const same = model.drafts.find(
    (one) => one.name === name || (entity !== null && one.entity?.name === entity.name && !differs(one, candidate)),
  );
  if (same) return;
  // A definition names its table; a word that only hints at an entity then says nothing about its columns.
  const defined = strength >= STRENGTH.defined;
  const sense = defined && !named && !entity?.person ? null : entity;
  model.drafts.push(draft(named || defined ? name : (entity?.name ?? name), sense, strength));
}

function differs(one: Draft, other: Candidate): boolean {
  return one.strength >= STRENGTH.defined && other.strength >= STRENGTH.defined;
}

function unwantedNames(facts: readonly Fact[], context: Context): ReadonlySet<string> {
  const names = new Set<string>();
  for (const fact of facts) {
    if (fact.kind === 'without') {
      names.add(singular(fact.name));
      const sense = senseOf(singular(fact.name), context);
      if (sense) names.add(sense.entity.name);
    }
    if (fact.kind === 'accounts' && !fact.wanted) names.add('user');
  }
  return names;
}

/**
 * The main thing of a named domain is always there; its whole core when the request says little else. A second named
 * domain ("a shop with a blog") only brings what nothing else in the request stands for.
 */
function addCore(model: Model, context: Context, add: (entity: Entity) => void): void {
  if (model.drafts.some((one) => one.strength >= STRENGTH.defined)) return;
  const named = context.domains.filter(({ named: isNamed }) => isNamed).slice(0, 2);
  named.forEach(({ domain, asker }, rank) => {
    const core = domain.file.core.flatMap((name) => entityNamed(domain, name, context) ?? []);
    const spoken = model.drafts.some(({ name }) =>
      context.lexicon.nouns.get(name)?.some((sense) => sense.domain === domain),
    );
    // "shift signup for our food bank": the domain says for whom, the request speaks of something else.
    if (asker && model.drafts.some((one) => !one.entity?.person)) return;
    if ((rank === 0 && saysLittle(model)) || (rank > 0 && !spoken)) core.forEach(add);
    else if (rank === 0 && core[0]) add(core[0]);
  });
}

/** At most one thing is named, and nothing the lexicon has never heard of is listed. */
function saysLittle(model: Model): boolean {
  const things = model.drafts.filter((one) => !one.entity?.person);
  return (
    things.length <= 1 &&
    model.drafts.length <= 2 &&
    !things.some((one) => one.entity === null && one.strength >= STRENGTH.listed)
  );
}

/** An entity of the domain, or of the general vocabulary. */
function entityNamed(domain: Domain, name: string, context: Context): Entity | null {
  return domain.entities.get(name) ?? senseOf(name, context)?.entity ?? null;
}

/** Somebody borrows, applies, votes: what that makes is kept, when it belongs to something that is kept. */
function addHappenings(model: Model, facts: readonly Fact[], context: Context, add: (entity: Entity) => void): void {
  for (const fact of facts) {
    if (fact.kind !== 'happens') continue;
    const sense = pickSense(context.lexicon.verbs.get(fact.verb) ?? [], context.domains);
    if (!sense || !isAtHome(sense.domain, context)) continue;
    const targets = sense.entity.links.flatMap((link) => link.targets);
    const linked = targets.filter((name) => findDraft(model, name)).length;
    if (linked > 0) add(sense.entity);
  }
}

/** The domain is one of those the request is really about, or the general one. */
function isAtHome(domain: Domain, context: Context): boolean {
  if (domain.file.general) return true;
  const ranked = context.domains.find((one) => one.domain === domain);
  return ranked !== undefined && (ranked.named || ranked.score * 2 >= (context.domains[0]?.score ?? 0));
}

function addAccounts(model: Model, facts: readonly Fact[], context: Context, add: (entity: Entity) => void): void {
  const said = facts.some((fact) => fact.kind === 'accounts' && fact.wanted);
  const people = model.drafts.filter((one) => one.entity?.person);
  const usual = context.domains[0]?.domain.file.accounts === true && people.length === 0;
  const user = senseOf('user', context);
  const who = new Set(facts.flatMap((fact) => (fact.kind === 'accounts' && fact.wanted && fact.who ? [fact.who] : [])));
  for (const name of who) {
    const sense = senseOf(name, context);
    if (sense?.entity.person) add(sense.entity);
  }
  // Contacts, patients and the like are written down by somebody else, who signs in.
  if (user && (usual || (said && !model.drafts.some((one) => one.entity?.person && !one.entity.recorded))))
    add(user.entity);
}

/** What is there calls for more: an order and a product for the lines between them, an answer for its question. */
function addImplied(model: Model, context: Context, add: (entity: Entity) => void): void {
  const has = (name: string) => findDraft(model, name) !== null;
  const domains = new Set(model.drafts.flatMap((one) => one.entity?.domain ?? []));
  for (const domain of context.lexicon.domains) {
    if (!domains.has(domain.name)) continue;
    for (const entity of domain.entities.values()) {
      if (entity.impliedBy.some((set) => set.every(has))) add(entity);
    }
  }
  for (const one of [...model.drafts]) {
    for (const choice of one.entity?.needs ?? []) {
      if (choice.some(has)) continue;
      const home = context.lexicon.domains.find((domain) => domain.name === one.entity?.domain);
      const first =
        choice[0] === undefined ? null : (home?.entities.get(choice[0]) ?? senseOf(choice[0], context)?.entity);
      if (first) add(first);
    }
  }
}

/** Nothing was strong enough: the likeliest noun, or simply items. */
function fallback(facts: readonly Fact[], context: Context): Draft {
  const best = [...candidates(facts, context)].sort((a, b) => b.strength - a.strength)[0];
  return best
    ? draft(best.entity && !best.named ? best.entity.name : best.name, best.entity, best.strength)
    : draft('item', null, 0);
}
