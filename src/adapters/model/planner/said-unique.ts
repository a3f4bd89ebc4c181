import type { Context } from './context.ts';
import type { Draft, Model } from './draft.ts';
import { findLink } from './draft.ts';
import type { Fact } from './facts.ts';
import { addLink, reaches } from './links.ts';
import { quoted } from './origin.ts';
import { resolve } from './resolve.ts';

/** "one vote per user and post": the columns together are unique; missing references are added. */
export function saidUnique(model: Model, fact: Extract<Fact, { kind: 'unique' }>, context: Context): void {
  const child = fact.verb === undefined ? resolve(model, fact.entity, context) : madeBy(model, fact.verb, context);
  if (!child) return;
  const origin = quoted(fact.why, context.source);
  const parts: string[] = [];
  for (const part of fact.parts) {
    const own = child.links.find(({ role }) => role === part || `${role}_id` === part);
    if (part === DAY && fact.verb !== undefined) {
      parts.push(dayOf(child, fact.why));
      continue;
    }
    if (own || child.said.has(part)) {
      parts.push(own ? `${own.role}_id` : part);
      continue;
    }
    const parent = resolve(model, part, context);
    if (parent && parent !== child && !findLink(child, parent.name) && !reaches(parent, child)) {
      addLink(child, { role: parent.name, parent, nullable: false, unique: false, part: false, origin });
    }
    const link = parent && parent !== child ? findLink(child, parent.name) : findLink(child, part);
    const column = link ? `${link.role}_id` : (context.lexicon.attributes.known(part) ?? null);
    if (column) parts.push(column);
  }
  const doer = fact.verb === undefined ? null : child.links.find(({ parent }) => parent.entity?.person);
  if (doer && parts.length === 1 && !parts.includes(`${doer.role}_id`)) parts.push(`${doer.role}_id`);
  if (fact.verb !== undefined && parts.length < 2) return;
  const implied = child.entity?.unique.some(
    (group) =>
      group.length > 1 &&
      fact.parts.some(
        (part) => group.includes(part) || group.includes(resolve(model, part, context)?.entity?.name ?? ''),
      ),
  );
  if (parts.length === 1 && implied) return;
  if (parts.length > 0) child.uniques.push({ parts: [...new Set(parts)], origin });
}

const DAY = 'date';

/** The table of what somebody does. */
function madeBy(model: Model, verb: string, context: Context): Draft | null {
  const made = (context.lexicon.verbs.get(verb) ?? []).map(({ entity }) => entity);
  return (
    model.drafts.find(({ entity }) => entity !== null && made.includes(entity)) ??
    model.drafts.find(({ entity, name }) => made.some((one) => one.name === name || one.name === entity?.name)) ??
    null
  );
}

/** "once a day": the column that says which. */
function dayOf(child: Draft, why: string): string {
  const there = child.entity?.columns.find(({ kind }) => kind === 'date')?.name ?? DAY;
  if (!child.said.has(there)) child.said.set(there, { name: there, kind: 'date', nullable: false, why });
  return there;
}
