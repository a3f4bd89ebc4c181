import type { Draft, Link } from './draft.ts';

/** Gives a table a reference, unless it has one of that role. */
export function addLink(child: Draft, link: Link): void {
  if (!child.links.some(({ role }) => role === link.role)) child.links.push(link);
}

/** One refers to the other directly. */
export function related(child: Draft, parent: Draft): boolean {
  return child.links.some((link) => link.parent === parent);
}

/** One refers to the other over any number of tables. */
export function reaches(from: Draft, to: Draft, seen = new Set<Draft>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return from.links.some((link) => reaches(link.parent, to, seen));
}
