import type { Origin } from '../../../domain/explanation.ts';
import type { Context } from './context.ts';
import type { Draft, Link, Model } from './draft.ts';
import { draft, findDraft, namedDraft } from './draft.ts';
import type { Fact } from './facts.ts';
import { STRENGTH } from './facts.ts';
import { addLink, reaches, related } from './links.ts';
import { known as knownBy, quoted, quotedFor, spoken } from './origin.ts';
import { happenedTo, happenTo } from './relate-happenings.ts';
import { resolve, resolveRole } from './resolve.ts';
import { saidUnique } from './said-unique.ts';
import { targetOf } from './targets.ts';
import { tieByKind } from './ties.ts';
import { singular } from './words.ts';

/** Ties the drafts together: what the request says first, then what the lexicon knows, then guesses from word order. */
export function relate(model: Model, facts: readonly Fact[], context: Context): void {
  const mutual = mutualLinks(facts);
  for (const fact of facts) {
    if (fact.kind !== 'link' || fact.soft) continue;
    if (!mutual.has(fact)) saidLink(model, fact, context);
    else joinOf(model, fact.parent, fact.child, fact.why, context);
  }
  for (const one of [...model.drafts]) columnsToLinks(model, one, context);
  for (const fact of facts) {
    if (fact.kind !== 'many-to-many' || fact.soft) continue;
    joinOf(model, fact.left, fact.right, fact.why, context);
  }
  for (const fact of facts) if (fact.kind === 'happens') happenedTo(model, fact, context);
  for (const one of [...model.drafts]) lexiconLinks(model, one);
  for (const fact of facts) if (fact.kind === 'many-to-many' && fact.soft) softJoin(model, fact, context);
  for (const fact of facts) if (fact.kind === 'link' && fact.soft) softLink(model, fact, context);
  tieByKind(model, context.lexicon.ties);
  for (const one of model.drafts) if (one.links.length === 0 && !one.given) happenTo(model, one);
  for (const fact of facts) if (fact.kind === 'unique') saidUnique(model, fact, context);
  breakCycles(model);
}

/** "X has many Y" and "Y has many X": neither belongs to the other. */
function mutualLinks(facts: readonly Fact[]): ReadonlySet<Fact> {
  const links = facts.filter((fact) => fact.kind === 'link' && !fact.soft && fact.role === undefined);
  const key = (fact: Fact, turned: boolean) =>
    fact.kind === 'link' ? (turned ? `${fact.parent} ${fact.child}` : `${fact.child} ${fact.parent}`) : '';
  const said = new Set(links.map((fact) => key(fact, false)));
  return new Set(
    links.filter((fact) => said.has(key(fact, true)) && !(fact.kind === 'link' && fact.child === fact.parent)),
  );
}

function joinOf(model: Model, leftName: string, rightName: string, why: string, context: Context): void {
  const [left, right] = [resolve(model, leftName, context), resolve(model, rightName, context)];
  if (left && right) addJoin(model, left, right, quoted(why, context.source));
}

function saidLink(model: Model, fact: Extract<Fact, { kind: 'link' }>, context: Context): void {
  const child = resolve(model, fact.child, context);
  const parent =
    fact.role === undefined ? resolve(model, fact.parent, context) : resolveRole(model, fact.parent, context);
  if (!child) return;
  if (!parent) {
    if (fact.role === undefined) return;
    const known = context.lexicon.attributes.known(fact.role);
    const name = known ?? (fact.role === fact.parent ? `${fact.role}_id` : fact.role);
    if (!child.said.has(name)) child.said.set(name, { name, nullable: fact.nullable, why: fact.why });
    return;
  }
  const known = child.entity?.links.find((link) => link.targets.includes(parent.entity?.name ?? parent.name));
  const self = child === parent;
  const role = fact.role ?? (self ? 'parent' : (known?.role ?? parent.name));
  const nullable =
    fact.nullable ??
    (self || (fact.role !== undefined && !child.closed && known?.role === fact.role && known.nullable));
  const origin = quoted(fact.why, context.source);
  addLink(child, {
    role,
    parent,
    // Rows that are there have none yet.
    nullable: self || nullable || child.given !== null,
    unique: false,
    part: known?.part ?? false,
    said: true,
    origin,
  });
}

/** Who did it, by what was done. */
const DOER =
  /^(approved|created|assigned|reported|checked|done|signed|reviewed|written|uploaded|handled|verified|closed|opened|requested|issued|invited|updated|prepared|performed|measured|submitted|logged|recorded|referred|entered|edited|owned|supervised|confirmed|accepted|rejected|cancelled|inspected|delivered|received|booked|added|posted)_(by|to)$/;

/** Columns that name another thing are references to it: `Order(customer, status)`. */
function columnsToLinks(model: Model, one: Draft, context: Context): void {
  for (const [name, column] of [...one.said]) {
    if (column.kind !== undefined || column.sqlType !== undefined) continue;
    const isRole = context.lexicon.english.roles.has(name) || DOER.test(name);
    const target =
      isRole && !one.closed
        ? resolveRole(model, name, context)
        : one.closed
          ? namedDraft(model, singular(name))
          : findDraft(model, singular(name));
    if (!target || column.values || (target === one && !isRole)) continue;
    if (target.strength < STRENGTH.wanted && !isRole) continue;
    one.said.delete(name);
    if (!one.closed && target.entity?.links.some((link) => link.targets.includes(one.entity?.name ?? one.name)))
      continue;
    if (singular(name) !== name && target !== one) {
      const known = [...(one.entity?.links ?? []), ...(target.entity?.links ?? [])].length > 0;
      if (!known) addJoin(model, one, target, quoted(column.why, context.source));
      continue;
    }
    addLink(one, {
      role: name,
      parent: target,
      nullable: column.nullable ?? DOER.test(name),
      unique: column.unique ?? false,
      part: false,
      origin: quotedFor(name, column.why, context.source),
    });
  }
}

function addJoin(model: Model, left: Draft, right: Draft, origin: Origin): void {
  if (left === right || joined(model, left, right)) return;
  const name = `${left.name}_${right.name}`;
  const join = draft({ name, entity: null, strength: STRENGTH.wanted, origin }, { join: true });
  if (findDraft(model, join.name)) return;
  join.links.push(
    { role: left.name, parent: left, nullable: false, unique: false, part: true, origin },
    { role: right.name, parent: right, nullable: false, unique: false, part: true, origin },
  );
  model.drafts.push(join);
}

/** Some table stands between the two. */
function joined(model: Model, left: Draft, right: Draft): boolean {
  return model.drafts.some(
    (one) =>
      one.links.some(({ parent }) => parent === left) &&
      one.links.some(({ parent }) => parent === right) &&
      one !== left &&
      one !== right,
  );
}

function lexiconLinks(model: Model, one: Draft): void {
  for (const link of one.entity?.links ?? []) {
    const isSaid = one.links.some((said) => said.targets === link.targets);
    const parent = isSaid ? null : targetOf(model, link, one);
    if (link.unless !== null && findDraft(model, link.unless)) continue;
    if (!parent || (one.closed && (link.nullable || link.many) && link.role !== null)) continue;
    // What is there already stays as it is; it only learns of what is new.
    if (one.given && parent.given) continue;
    const origin = one.entity
      ? knownBy(one.entity, `how ${spoken(one.name)} and ${spoken(parent.name)} belong together`)
      : one.origin;
    if (link.many) {
      if (one.closed && parent.closed) continue;
      if (!related(one, parent) && !related(parent, one)) addJoin(model, one, parent, origin);
      continue;
    }
    const role = link.role ?? (parent === one ? 'parent' : parent.name);
    const there = one.links.some((other) => other.role === role || (other.parent === parent && link.role === null));
    const reversed =
      parent !== one && parent.links.some((other) => other.parent === one && other.role === one.name && !other.part);
    if (!there && !reversed)
      one.links.push({
        role,
        parent,
        nullable: link.nullable || one.given !== null,
        unique: link.unique,
        part: link.part,
        origin,
        targets: link.targets,
      });
  }
}

/** A guess is only taken when nothing else ties the two together, directly or over one table. */
function softLink(model: Model, fact: Extract<Fact, { kind: 'link' }>, context: Context): void {
  const child = resolve(model, fact.child, context);
  const parent = resolve(model, fact.parent, context);
  if (!child || !parent || child === parent || child.join || parent.join) return;
  const over = child.links.some((link) => related(link.parent, parent));
  if (related(child, parent) || related(parent, child) || over || joined(model, child, parent)) return;
  if (reaches(parent, child)) return;
  addLink(child, {
    role: parent.name,
    parent,
    nullable: fact.nullable ?? false,
    unique: false,
    part: child.entity === null,
    origin: quoted(fact.why, context.source),
  });
}

function softJoin(model: Model, fact: Extract<Fact, { kind: 'many-to-many' }>, context: Context): void {
  const [left, right] = [resolve(model, fact.left, context), resolve(model, fact.right, context)];
  if (!left || !right || left.join || right.join || related(left, right) || related(right, left)) return;
  addJoin(model, left, right, quoted(fact.why, context.source));
}

/**
 * Required references in a circle could never be inserted: where the request asks for both directions one may be empty,
 * the one with a role of its own first ("a department has a head"); what only the lexicon wants is left out.
 */
function breakCycles(model: Model): void {
  const isRole = ({ role, parent }: Link) => role !== parent.name && role !== parent.entity?.name;
  for (const roles of [true, false]) {
    for (const one of model.drafts) {
      for (const link of one.links.filter((each) => isRole(each) === roles)) {
        if (link.parent === one) link.nullable = true;
        else if (needs(link.parent, one)) breakAt(model, one, link);
      }
    }
  }
}

function breakAt(model: Model, one: Draft, link: Link): void {
  if (link.said) {
    link.nullable = true;
    return;
  }
  one.links.splice(one.links.indexOf(link), 1);
  model.circles.push(
    `${spoken(one.name)} does not refer to ${spoken(link.parent.name)}: they would need each other first`,
  );
}

/** One refers to the other, not counting what was asked for and may be empty. */
function needs(from: Draft, to: Draft, seen = new Set<Draft>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return from.links.some(({ parent, nullable, said }) => !(nullable && said) && needs(parent, to, seen));
}
