import type { Draft, Model } from './draft.ts';
import { findDraft } from './draft.ts';
import { isHappening } from './happening.ts';
import type { LinkDraft } from './notation.ts';

/** Target of links from things that can hang on anything: comments, tags, attachments. */
const ANYTHING = '*';

/** The draft a link of the lexicon points to here; null when none of its targets is in the request. */
export function targetOf(model: Model, link: LinkDraft, self: Draft | null): Draft | null {
  for (const target of link.targets) {
    const found =
      target === ANYTHING ? null : target.startsWith('@') ? ofKind(model, target, self) : findDraft(model, target);
    if (found) return found;
    if (target === 'user' && !link.nullable && self !== null) {
      const people = model.drafts.filter((one) => one !== self && one.entity?.person && !one.entity.recorded);
      if (people.length === 1 && people[0]) return people[0];
    }
  }
  return link.targets.includes(ANYTHING) ? mainDraft(model, self) : null;
}

/** Whatever the request is about of one kind: its people, what takes place, the things that are there. */
function ofKind(model: Model, kind: string, self: Draft | null): Draft | null {
  const others = model.drafts.filter((one) => one !== self && !one.join && !pointsAtKinds(one));
  if (kind === '@person') {
    const people = others.filter((one) => one.entity?.person);
    return people.find((one) => one.entity?.recorded) ?? people[0] ?? null;
  }
  if (kind === '@event') return others.find(takesPlace) ?? null;
  return others.find((one) => !one.entity?.person && !takesPlace(one) && !isHappening(one.name)) ?? null;
}

/** Itself something between others: an attendance, a loan, an inspection. */
function pointsAtKinds(one: Draft): boolean {
  return one.entity?.links.some((link) => link.targets.some((target) => /^[@*]/.test(target))) ?? false;
}

/** Has a time at which it starts: a rehearsal, a concert. */
function takesPlace(one: Draft): boolean {
  const names = [...one.said.keys(), ...(one.entity?.columns ?? []).map(({ name }) => name)];
  return !one.entity?.person && names.some((name) => /^(starts_at|starts_on|held_on|held_at|departs_at)$/.test(name));
}

/** What the rest hangs on: the strongest thing that is no person and no such thing itself. */
function mainDraft(model: Model, self: Draft | null): Draft | null {
  const others = model.drafts.filter((one) => one !== self && !one.join && !one.entity?.person && !pointsAtKinds(one));
  return [...others].sort((a, b) => b.strength - a.strength)[0] ?? null;
}
