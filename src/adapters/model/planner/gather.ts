import type { Origin } from '../../../domain/explanation.ts';
import type { Candidate } from './candidates.ts';
import { bestNamed, candidates, isRoleOnly, isSigningIn } from './candidates.ts';
import type { Context } from './context.ts';
import { pickSense, senseOf } from './context.ts';
import type { Draft, Model } from './draft.ts';
import { draft, findDraft } from './draft.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import type { Domain, Entity } from './lexicon.ts';
import { listedApart, pairOf, statedApart, tiedApart } from './naming.ts';
import { known, quoted, quotedFor, rule, spoken } from './origin.ts';
import { targetOf } from './targets.ts';
import { singular } from './words.ts';

/** More tables than anybody designs in one go; beyond it the weakest are left out. */
const MAX_TABLES = 40;
const MAX_ADDED = 20;

/** Adds a table for an entity, unless it is there or nobody wants it. */
type Add = (entity: Entity, origin: Origin) => void;

/**
 * Decides which things get a table: what the facts name, what that implies, and a core when little was said. With a base
 * only what is named comes to it, and what that cannot be without.
 */
export function gatherEntities(facts: readonly Fact[], context: Context, base: readonly Draft[] = []): Model {
  const unwanted = unwantedNames(facts, context);
  const isWanted = (name: string, entity: Entity | null) =>
    !unwanted.has(name) && !(entity && unwanted.has(entity.name));
  const model: Model = { drafts: [...base], leftOver: [], circles: [] };
  const signing = new Set(facts.flatMap((fact) => (fact.kind === 'accounts' ? [fact.why.toLowerCase()] : [])));
  const apart = new Set([...listedApart(context), ...tiedApart(facts), ...statedApart(context)]);
  const found = candidates(facts, context).filter(
    (candidate) => !isSigningIn(candidate, signing, context) && !isRoleOnly(candidate, facts),
  );
  for (const candidate of found) {
    const { name, strength, entity } = candidate;
    if (strength >= STRENGTH.wanted && (strength >= STRENGTH.defined || isWanted(name, entity)))
      addDraft(model, { candidate: bestNamed(candidate, found, apart), apart }, context);
  }
  const add: Add = (entity, origin) => {
    if (isWanted(entity.name, entity) && !findDraft(model, entity.name)) {
      model.drafts.push(draft({ name: entity.name, entity, strength: STRENGTH.wanted, origin }));
    }
  };
  if (base.length === 0) addCore(model, facts, context, add);
  addHappenings(model, facts, context, add);
  if (base.length === 0) addAccounts(model, facts, context, add);
  const own = model.drafts.filter((one) => one.given === null);
  const listed = own.length > 0 && own.every((one) => one.strength >= STRENGTH.defined);
  for (let round = 0; round < 3 && !listed; round += 1) addImplied(model, facts, context, add);
  if (model.drafts.length === 0) model.drafts.push(fallback(facts, context));
  const leftOver = model.drafts.splice(Math.max(MAX_TABLES, base.length + MAX_ADDED));
  return { ...model, leftOver: leftOver.map(({ name }) => name) };
}

/** Two words for one concept share a table, unless both were defined. */
function addDraft(
  model: Model,
  { candidate, apart }: { readonly candidate: Candidate; readonly apart: ReadonlySet<string> },
  context: Context,
): void {
  const { name, entity, named, strength, why } = candidate;
  const defined = strength >= STRENGTH.defined;
  const tableName = named || defined ? name : (entity?.name ?? name);
  const same = model.drafts.find(
    (one) =>
      one.name === name ||
      one.name === tableName ||
      (entity !== null &&
        one.entity?.name === entity.name &&
        !differs(one, candidate) &&
        !apart.has(pairOf(one.name, name))),
  );
  if (same) return;
  // A definition names its table; a word that only hints at an entity then says nothing about its columns.
  const sense = defined && !named && !entity?.person ? null : entity;
  const origin = quotedFor(name, why, context.source);
  model.drafts.push(draft({ name: tableName, entity: sense, strength, origin }));
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
function addCore(model: Model, facts: readonly Fact[], context: Context, add: Add): void {
  if (model.drafts.some((one) => one.strength >= STRENGTH.defined)) return;
  const named = context.domains.filter(({ named: isNamed }) => isNamed).slice(0, 2);
  named.forEach(({ domain, asker }, rank) => {
    const core = domain.file.core.flatMap((name) => entityNamed(domain, name, context) ?? []);
    const isSpokenOf = model.drafts.some(({ name }) =>
      context.lexicon.nouns.get(name)?.some((sense) => sense.domain === domain),
    );
    // "shift signup for our food bank": the domain says for whom, the request speaks of something else.
    if (asker && model.drafts.some((one) => !one.entity?.person)) return;
    // "a bookshop where users rate books": what it deals in is there, and what happens with it is said.
    const isTold = context.businesses.length > 0 && facts.some(({ kind }) => kind === 'happens' || kind === 'column');
    const wanted =
      (rank === 0 && saysLittle(model) && !isTold) || (rank > 0 && !isSpokenOf)
        ? core
        : rank === 0
          ? core.slice(0, 1)
          : [];
    for (const entity of wanted) add(entity, known(entity, `usual for ${spoken(domain.name.replaceAll('-', '_'))}`));
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
function addHappenings(model: Model, facts: readonly Fact[], context: Context, add: Add): void {
  for (const fact of facts) {
    if (fact.kind !== 'happens') continue;
    const all = context.lexicon.verbs.get(fact.verb) ?? [];
    const fitting = all.filter(({ entity }) => canBeDoneTo(entity, fact.object, context));
    const senses = fitting.length > 0 ? fitting : all;
    const sense = pickSense(senses, context.domains);
    // It has a table already, under whatever name.
    if (model.drafts.some((one) => senses.some(({ entity }) => entity === one.entity || entity.name === one.name)))
      continue;
    if (!sense || !isAtHome(sense.domain, context)) continue;
    // A general word for a deed ("reserved", "booked") says little without somebody who does it to something.
    if (sense.domain.file.general && fact.subject === null && fact.object === undefined) continue;
    const isTied = sense.entity.links.some((link) => targetOf(model, link, null));
    const user = senseOf('user', context);
    const isNobody = !model.drafts.some((one) => one.entity?.person);
    // "people check in": somebody does it, so somebody is known.
    if (user && isNobody && fact.subject !== null && PEOPLE.test(fact.subject))
      add(user.entity, quoted(fact.why, context.source));
    if (isTied || PEOPLE.test(fact.subject ?? '')) add(sense.entity, quoted(fact.why, context.source));
  }
}

/** What the verb makes may refer to the thing it is done to. */
function canBeDoneTo(entity: Entity, object: string | undefined, context: Context): boolean {
  if (object === undefined) return true;
  const names = new Set([object, ...(context.lexicon.nouns.get(object) ?? []).map((sense) => sense.entity.name)]);
  const targets = entity.links.flatMap((link) => link.targets);
  return targets.some((target) => /^(@thing|@event|\*)$/.test(target) || names.has(target));
}

const PEOPLE = /^(person|people|user|everyone|everybody|anyone|somebody)$/;

/** The domain is one of those the request is really about, or the general one. */
function isAtHome(domain: Domain, context: Context): boolean {
  if (domain.file.general) return true;
  const ranked = context.domains.find((one) => one.domain === domain);
  return ranked !== undefined && (ranked.named || ranked.score * 2 >= (context.domains[0]?.score ?? 0));
}

function addAccounts(model: Model, facts: readonly Fact[], context: Context, add: Add): void {
  const said = facts.find((fact) => fact.kind === 'accounts' && fact.wanted);
  const people = model.drafts.filter((one) => one.entity?.person);
  const usual = context.domains[0]?.domain.file.accounts === true && people.length === 0;
  const user = senseOf('user', context);
  const who = new Set(facts.flatMap((fact) => (fact.kind === 'accounts' && fact.wanted && fact.who ? [fact.who] : [])));
  for (const name of who) {
    const sense = senseOf(name, context);
    if (sense?.entity.person && said) add(sense.entity, quoted(said.why, context.source));
  }
  // Contacts, patients and the like are written down by somebody else, who signs in.
  if (user && (usual || (said && !model.drafts.some((one) => one.entity?.person && !one.entity.recorded))))
    add(user.entity, said ? quoted(said.why, context.source) : known(user.entity, 'people sign in to such a thing'));
}

/** What is there calls for more: an order and a product for the lines between them, an answer for its question. */
function addImplied(model: Model, facts: readonly Fact[], context: Context, add: Add): void {
  const has = (name: string) => findDraft(model, name) !== null;
  const isNew = (name: string) => findDraft(model, name)?.given === null;
  const domains = new Set(model.drafts.flatMap((one) => one.entity?.domain ?? []));
  for (const domain of context.lexicon.domains) {
    if (!domains.has(domain.name)) continue;
    for (const entity of domain.entities.values()) {
      const cause = entity.impliedBy.find((set) => set.every(has) && set.some(isNew));
      if (cause) add(entity, known(entity, `called for by ${cause.map(spoken).join(' and ')}`));
    }
  }
  // Those who sign in are the users, under whatever name.
  const signing = facts.flatMap((fact) => (fact.kind === 'accounts' && fact.wanted && fact.who ? [fact.who] : []));
  const hasPeople = signing.some(has);
  for (const one of [...model.drafts]) {
    for (const choice of one.given ? [] : (one.entity?.needs ?? [])) {
      if (choice.some((name) => has(name) || (name === 'user' && hasPeople))) continue;
      const home = context.lexicon.domains.find((domain) => domain.name === one.entity?.domain);
      const first =
        choice[0] === undefined ? null : (home?.entities.get(choice[0]) ?? senseOf(choice[0], context)?.entity);
      if (first) add(first, known(first, `a ${spoken(one.name)} is nothing without it`));
    }
  }
}

/** Nothing was strong enough: the likeliest noun, or simply items. */
function fallback(facts: readonly Fact[], context: Context): Draft {
  const best = [...candidates(facts, context)].sort((a, b) => b.strength - a.strength)[0];
  if (!best)
    return draft({ name: 'item', entity: null, strength: 0, origin: rule('the request names nothing that is kept') });
  const { name, entity, named, strength, why } = best;
  const origin = quotedFor(name, why, context.source);
  return draft({ name: entity && !named ? entity.name : name, entity, strength, origin });
}
