import type { AccessHints, TableHints } from '../../../domain/access-hints.ts';
import { isMaker, ownerRank } from '../../../domain/owner-roles.ts';
import type { Accounts, Reader } from '../../../domain/schema.ts';
import type { Context } from './context.ts';
import { type Draft, findDraft, type Model } from './draft.ts';
import type { Fact } from './facts.ts';
import { resolve } from './resolve.ts';

interface Design {
  readonly model: Model;
  /** What each draft is called in the schema. */
  readonly names: ReadonlyMap<Draft, string>;
  readonly facts: readonly Fact[];
  readonly context: Context;
}

/** Who signs in and who may see and change what; null when nobody does. `accounts` are there where people sign in already. */
export function accessHints(design: Design, accountsThere: Accounts | null = null): AccessHints | null {
  const { names, facts, model } = design;
  const there = accountsThere && model.drafts.find(({ given }) => given?.name === accountsThere.table);
  const people = there ?? (wantsAccounts(design) ? accountsDraft(design) : null);
  const accounts = people && names.get(people);
  if (!people || !accounts) return null;
  const roles = facts.flatMap((fact) => (fact.kind === 'role' ? [fact.name] : []));
  const areStaff = isStaff(people, design);
  const said = saidOf(design);
  const situation = { people, areStaff, isTeam: areStaff && isTeam({ context: design.context, people }), said, model };
  const tables = new Map<string, TableHints>();
  for (const one of model.drafts) {
    if (one !== people) tables.set(names.get(one) ?? '', hintsOf(one, situation));
  }
  return { accounts, roles: [...new Set(roles)], isShared: areStaff, tables };
}

/** The request speaks of people who sign in, writes their password down, or is about something that lives from them. */
function wantsAccounts({ facts, context, model }: Design): boolean {
  const spoken = facts.flatMap((fact) => (fact.kind === 'accounts' ? [fact.wanted] : []));
  if (spoken.includes(false)) return false;
  const domain = context.domains[0];
  const lives = domain?.named === true && domain.domain.file.accounts;
  return spoken.includes(true) || lives || model.drafts.some(hasPassword);
}

/** People whose password is written down: a Wi-Fi network has one, too. */
function hasPassword(one: Draft): boolean {
  const said = [...one.said.keys()];
  const isPerson = one.entity?.person === true || said.some((name) => /^(?:e_?mail|username|login)$/.test(name));
  return isPerson && said.some((name) => name.startsWith('password'));
}

/** Of several kinds of people, those who usually have accounts. */
const USUAL = ['user', 'account', 'member', 'customer'];

/**
 * The people the request says; else users, accounts, members, customers, in this order; else those most things belong
 * to. People others keep notes about only when there is nobody else.
 */
function accountsDraft({ model, facts, context }: Design): Draft | null {
  const named = facts.flatMap((fact) => (fact.kind === 'accounts' && fact.wanted && fact.who ? [fact.who] : []));
  const said = [...new Set(named.map((who) => resolve(model, who, context)))].filter(
    (one) => one !== null && !one.join,
  );
  const secret = model.drafts.filter(hasPassword);
  const all = model.drafts.filter((one) => one.entity?.person);
  const signing = all.filter((one) => !one.entity?.recorded);
  const choice = [said.filter((one) => one !== null), secret, signing, all].find((some) => some.length > 0) ?? [];
  const usual = USUAL.map((name) => choice.find((one) => one.name === name || one.entity?.name === name));
  const best = usual.find((one) => one !== undefined);
  return best ?? [...choice].sort((a, b) => belongings(b, model) - belongings(a, model))[0] ?? findDraft(model, 'user');
}

function belongings(person: Draft, model: Model): number {
  const isOwn = (one: Draft) =>
    one.links.some(({ parent, role }) => parent === person && ownerRank(role, one.name) !== null);
  return model.drafts.filter((one) => one !== person && isOwn(one)).length;
}

/** Words for people who work somewhere: they keep everything together, and nobody else signs in. */
const STAFF =
  /^(?:employee|staff|worker|agent|doctor|nurse|teacher|waiter|mechanic|technician|librarian|manager|researcher|vet|veterinarian|operator|clerk|courier|adjuster|lawyer|receptionist|curator)$/;
const TEAM =
  /\b(?:our|the|my) (?:\w+ )?(?:team|staff|company|office|employees|colleagues|crew|agency|practice|shop staff)\b|\b(?:employees|staff|colleagues|coworkers|team members) (?:can |must |should )?(?:log|sign|share|see|use)|\bshared (?:by|among|between|with) (?:all|everyone|the)\b|\binternal tool\b|\bin-house\b/i;

function isStaff(people: Draft, { context, facts }: Design): boolean {
  const everyoneForThemselves = facts.some((fact) => fact.kind === 'access' && fact.read === 'owner' && !fact.entity);
  if (everyoneForThemselves) return false;
  const domain = context.domains[0]?.domain.file;
  if (isTeam({ context, people })) return true;
  return (people.entity?.name === 'user' || people.name === 'user') && domain?.shared === true;
}

/** They work together on everything: they see what each of them does. */
function isTeam({ context, people }: { readonly context: Context; readonly people: Draft }): boolean {
  const isWork = [people.name, people.entity?.name ?? ''].some((name) => STAFF.test(name));
  if (isWork) return context.domains[0]?.domain.file.shared ?? true;
  return (people.entity?.name === 'user' || people.name === 'user') && TEAM.test(context.text);
}

interface Said {
  readonly read?: Reader | undefined;
  readonly write?: 'owner' | 'admins' | 'only-admins' | undefined;
}

/** What the request says about each thing, and about all of them. */
function saidOf({ facts, model, context }: Design): { readonly of: ReadonlyMap<Draft, Said>; readonly all: Said } {
  const of = new Map<Draft, Said>();
  let all: Said = {};
  for (const fact of facts) {
    if (fact.kind !== 'access') continue;
    const { read, write } = fact;
    if (fact.entity === null) {
      all = { read: all.read ?? read, write: all.write ?? write };
      continue;
    }
    const one = resolve(model, fact.entity, context);
    const before = one ? of.get(one) : undefined;
    if (one) of.set(one, { read: before?.read ?? read, write: before?.write ?? write });
  }
  return { of, all };
}

interface Situation {
  readonly people: Draft;
  readonly areStaff: boolean;
  readonly isTeam: boolean;
  readonly said: ReturnType<typeof saidOf>;
  readonly model: Model;
}

function hintsOf(one: Draft, situation: Situation): TableHints {
  const own = situation.said.of.get(one) ?? {};
  const isLookup = one.entity?.lookup === true && own.write === undefined;
  const write = keeperOf(one, own, situation);
  const shown = isLookup ? one.entity?.shown : sees(one, situation);
  const isManaged = own.write === 'admins' || own.write === 'only-admins';
  return { read: own.read ?? (isManaged ? (shown ?? 'accounts') : shown), write, isLookup };
}

function keeperOf(one: Draft, own: Said, { people, areStaff, model }: Situation): TableHints['write'] {
  const links = one.links.filter(({ parent }) => parent === people);
  if (own.write === 'only-admins') return 'admins';
  // Without "only", people still keep what cannot be without them.
  const isTheirs = links.some(({ role, nullable }) => !nullable && ownerRank(role, one.name) !== null);
  if (own.write === 'admins') return isTheirs ? undefined : 'admins';
  if (own.write) return own.write;
  const usual = usualKeeper(one, people, model);
  if (usual !== 'admins') return usual;
  if (links.some(({ role }) => isMaker(role))) return undefined;
  return areStaff ? 'accounts' : 'admins';
}

/** What the request says about everything does not open what is nobody else's business. */
function sees(one: Draft, { said, isTeam: areTeam }: Situation): Reader | undefined {
  const all = said.all.read;
  const shown = one.entity?.shown ?? (areTeam ? 'accounts' : undefined);
  if (all === 'owner') return one.entity?.keptBy === 'admins' ? shown : 'owner';
  const isPrivate =
    one.entity?.keptBy === 'admins' || one.entity?.person === true || /^(?:visitor|guest|stranger)$/.test(one.name);
  if (all === 'everyone') return isPrivate && shown === undefined ? undefined : 'everyone';
  return all === 'accounts' ? 'accounts' : shown;
}

/** What belongs to other people than those who sign in is kept for them: the courses of a teacher, the teachers. */
function usualKeeper(one: Draft, people: Draft, model: Model): TableHints['write'] {
  const known = one.entity?.keptBy;
  if (known || one.join || people.entity?.name === 'user') return known;
  const isOther = (other: Draft) => other !== people && other.entity?.person === true && !other.entity.recorded;
  const belongsToThem = one.links.some(({ parent }) => parent === people);
  const belongsToOthers = one.links.some(({ parent, role }) => isOther(parent) && ownerRank(role, one.name) !== null);
  const isPart = one.links.some(({ part, parent }) => part && model.drafts.includes(parent));
  const isShown = one.entity?.shown === 'everyone';
  return !belongsToThem && !isPart && (isOther(one) || belongsToOthers || isShown) ? 'admins' : undefined;
}
