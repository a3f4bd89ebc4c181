import type { Context } from './context.ts';
import type { Draft, Model } from './draft.ts';
import type { Fact } from './facts.ts';
import { isHappening } from './happening.ts';
import { addLink, reaches } from './links.ts';
import { quoted, rule, spoken } from './origin.ts';
import { resolve } from './resolve.ts';

/** "musicians take **instruments** home": the loan is of an instrument, whatever else there is to lend. */
export function happenedTo(model: Model, fact: Extract<Fact, { kind: 'happens' }>, context: Context): void {
  if (fact.object === undefined) return;
  const made = (context.lexicon.verbs.get(fact.verb) ?? []).map(({ entity }) => entity);
  const one = model.drafts.find(({ entity, given }) => entity !== null && made.includes(entity) && given === null);
  const object = resolve(model, fact.object, context);
  const open = one?.entity?.links.find(({ targets }) => targets.some((target) => /^(@thing|@event|\*)$/.test(target)));
  if (!one || !object || object === one || object.join || object.entity?.person || !open || reaches(object, one))
    return;
  if (one.links.some(({ parent }) => !parent.entity?.person)) return;
  const origin = quoted(fact.why, context.source);
  addLink(one, {
    role: object.name,
    parent: object,
    nullable: false,
    unique: false,
    part: open.part,
    origin,
    targets: open.targets,
  });
}

/** What happens, happens to something: the first thing of the request that is no happening itself. */
export function happenTo(model: Model, one: Draft): void {
  const isUnknown = one.entity === null && one.said.size === 0 && isHappening(one.name);
  if (one.join || one.entity?.person || one.entity?.lookup || !(isUnknown || hasHappened(one))) return;
  if (model.drafts.some((other) => other.links.some(({ parent }) => parent === one))) return;
  const things = model.drafts.filter(
    (other) => other !== one && !other.join && !other.entity?.lookup && !isHappening(other.name) && !hasHappened(other),
  );
  const parent = things.find(({ entity }) => !entity?.person) ?? things.find(({ entity }) => entity?.recorded);
  if (parent && !reaches(parent, one))
    addLink(one, {
      role: parent.name,
      parent,
      nullable: false,
      unique: false,
      part: true,
      origin: rule(`what happens, happens to something: to ${spoken(parent.name)}`),
    });
}

/** It has the time at which it was done: `measured_at`, `harvested_on`. */
function hasHappened({ said, entity }: Draft): boolean {
  // What the lexicon ties to nothing stands on its own.
  if (entity?.links.length === 0) return false;
  const names = [...said.keys(), ...(entity?.columns ?? []).map(({ name }) => name)];
  return names.some((name) =>
    /^(occurred|performed|measured|taken|recorded|harvested|treated|observed|scanned|detected|inspected|administered|weighed|fed|given)_(at|on)$/.test(
      name,
    ),
  );
}
