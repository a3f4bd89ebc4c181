import type { Draft, Model } from './draft.ts';
import type { Tie } from './lexicon-files.ts';
import { addLink, reaches, related } from './links.ts';
import type { LinkDraft } from './notation.ts';
import { rule, spoken } from './origin.ts';

/** Ties what nothing else has tied: neither the request nor what the lexicon knows about the two. */
export function tieByKind(model: Model, ties: readonly Tie[]): void {
  for (const child of model.drafts) {
    if (child.join || child.given || isWrittenOut(child)) continue;
    const names = namesOf(child);
    for (const { children, link } of ties) {
      if (!names.some((name) => children.has(name))) continue;
      if (child.links.some(({ parent }) => namesOf(parent).some((name) => link.targets.includes(name)))) continue;
      const parent = parentAmong(model, link, child);
      if (!parent || isTied(model, child, parent) || isUnwanted(model, child, parent)) continue;
      addLink(child, {
        role: parent.name,
        parent,
        nullable: link.nullable,
        unique: false,
        part: false,
        origin: rule(`a ${spoken(child.name)} usually belongs to a ${spoken(parent.name)}`),
      });
    }
  }
}

/** Whoever gave types to its columns, or a reference, has said what it belongs to. */
function isWrittenOut({ closed, links, said }: Draft): boolean {
  return closed && (links.length > 0 || [...said.values()].some(({ kind, sqlType }) => kind ?? sqlType));
}

/** What a table may be meant by: its name, what the lexicon calls it, the last word of its name. */
function namesOf({ name, entity }: Draft): readonly string[] {
  const last = name.slice(name.lastIndexOf('_') + 1);
  return [name, ...(entity ? [entity.name] : []), last];
}

function parentAmong(model: Model, { targets }: LinkDraft, child: Draft): Draft | null {
  const others = model.drafts.filter((one) => one !== child && !one.join);
  for (const target of targets) {
    const found = others.find(({ name }) => name === target) ?? others.find((other) => namesOf(other).includes(target));
    if (found) return found;
  }
  return null;
}

/** The lexicon knows a reason against it: a secret vote has no voter. */
function isUnwanted({ drafts }: Model, { entity }: Draft, parent: Draft): boolean {
  const names = namesOf(parent);
  return (entity?.links ?? []).some(
    ({ unless, targets }) =>
      unless !== null &&
      targets.some((target) => names.includes(target)) &&
      drafts.some((one) => namesOf(one).includes(unless)),
  );
}

/** Directly, over one table, or so that the new reference would close a circle. */
function isTied(model: Model, child: Draft, parent: Draft): boolean {
  const over = child.links.some((link) => related(link.parent, parent));
  const between = model.drafts.some((one) => related(one, child) && related(one, parent) && one.join);
  return over || between || related(child, parent) || reaches(parent, child);
}
