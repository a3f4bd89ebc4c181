import pluralize from 'pluralize';
import type { AccessHints, TableHints } from '../access-hints.ts';
import { mayRead, ownerRank, roleOf } from '../owner-roles.ts';
import type { Column, Reader, Schema, Table, Writer } from '../schema.ts';

/** Whose the rows of a table are, and who may do what with them. */
export interface Plan {
  readonly read: Reader;
  readonly write: Writer;
  /** `made`: a new column is needed. */
  readonly owner:
    | { readonly kind: 'column'; readonly column: string }
    | { readonly kind: 'through'; readonly column: string }
    | { readonly kind: 'made' }
    | null;
  readonly sharedWith: readonly string[];
}

/** A row says that somebody takes part in something, which its owner decides. */
const PARTICIPATION =
  /(?:^|_)(?:member|membership|participant|participation|collaborator|invitation|invite|assignment|share|access|permission)s?$/;

/** A word to whoever the whole belongs to: the owner of a ticket has to see the replies to it. */
const CONVERSATION = /(?:^|_)(?:reply|replies|comment|message|note|answer|response|update)s?$/;

/** Plans the access of every table but the accounts themselves. */
export function planAccess(schema: Schema, hints: AccessHints): ReadonlyMap<Table, Plan> {
  const plans = new Map<Table, Plan>();
  const underWay = new Set<Table>();
  const planOf = (table: Table): Plan | null => {
    const known = plans.get(table);
    if (known || underWay.has(table)) return known ?? null;
    underWay.add(table);
    const one = { table, schema, hints, planOf };
    const plan = settledPlan(table, schema) ?? noWiderThanItsWhole(planTable(one), one);
    underWay.delete(table);
    plans.set(table, plan);
    return plan;
  };
  for (const table of schema.tables) if (table.name !== hints.accounts) planOf(table);
  return plans;
}

/** What holds for a table already, where people signed in before. */
export function settledPlan({ access, columns }: Table, { accounts }: Schema): Plan | null {
  if (!accounts || !access) return null;
  const own = columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'owner');
  const through = access.through === null ? null : ({ kind: 'through', column: access.through } as const);
  const owner = own ? ({ kind: 'column', column: own.name } as const) : through;
  return { read: access.read, write: access.write, owner, sharedWith: access.sharedWith };
}

interface Case {
  readonly table: Table;
  readonly schema: Schema;
  readonly hints: AccessHints;
  /** Null for a table that is being planned. */
  readonly planOf: (table: Table) => Plan | null;
}

function planTable(one: Case): Plan {
  const { table, hints } = one;
  const said = hints.tables.get(table.name) ?? {};
  const people = accountColumns(table, hints);
  const parent = ownedParent(one);
  const owner = chooseOwner(people, one, parent);
  if (said.isLookup && !owner) return sorting(one, said);
  if (said.write === 'admins') return kept(said, people, parent);
  if (owner) return owned(said, { kind: 'column', column: owner.name }, people);
  if (said.write === 'owner') return owned(said, { kind: 'made' }, people);
  if (parent) return below(said, parent, people);
  const whole = said.read === 'owner' ? null : wholeOf(one);
  if (whole) return { ...whole, read: said.read ?? whole.read };
  const isShared = said.write === 'accounts' || (hints.isShared && said.read !== 'owner');
  if (isShared) return together(said.read);
  return owned(said, { kind: 'made' }, people);
}

/** What is a part of private things only is not shown to more people than these: its rows tell about them. */
function noWiderThanItsWhole(plan: Plan, { table, schema, hints, planOf }: Case): Plan {
  if (plan.read === 'owner' || plan.owner === null) return plan;
  const wholes = partOf(table, schema).filter(({ parent }) => parent.name !== hints.accounts);
  const isPrivate = wholes.length > 0 && wholes.every(({ parent }) => planOf(parent)?.read === 'owner');
  if (!isPrivate) return plan;
  return { ...plan, read: 'owner', sharedWith: others(accountColumns(table, hints), plan.owner) };
}

function accountColumns(table: Table, { accounts }: AccessHints): readonly Column[] {
  return table.columns.filter(({ references }) => references?.table === accounts);
}

function chooseOwner(people: readonly Column[], { table, hints }: Case, parent: Parent | null): Column | null {
  const isPrivate = parent?.isPart === true && parent.plan.read === 'owner';
  // Whoever runs a project says who is a member of it.
  if (isPrivate && PARTICIPATION.test(table.name)) return null;
  if (isPrivate && people.length < 2 && CONVERSATION.test(table.name)) return null;
  const ranked = people.flatMap((column) => {
    const rank = rankOf(roleOf(column.name), table, hints);
    return rank === null ? [] : [{ column, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.column ?? null;
}

/** Where agents sign in, what has an agent is the agent's; where all work together, the agent only works on it. */
function rankOf(role: string, table: Table, { accounts, isShared }: AccessHints): number | null {
  return !isShared && role === pluralize.singular(accounts) ? 0 : ownerRank(role, table.name);
}

function owned(said: TableHints, owner: Plan['owner'], people: readonly Column[]): Plan {
  const read = said.read ?? 'owner';
  return { read, write: 'owner', owner, sharedWith: read === 'owner' ? others(people, owner) : [] };
}

function others(people: readonly Column[], owner: Plan['owner']): readonly string[] {
  const own = owner?.kind === 'column' ? owner.column : null;
  return people.map(({ name }) => name).filter((name) => name !== own && mayRead(roleOf(name)));
}

function together(read: Reader | undefined): Plan {
  return { read: read === 'owner' ? 'accounts' : (read ?? 'accounts'), write: 'accounts', owner: null, sharedWith: [] };
}

/** Kept by administrators: for everybody, or about somebody, who may then read it. */
function kept(said: TableHints, people: readonly Column[], parent: Parent | null): Plan {
  if (said.read !== undefined && said.read !== 'owner') {
    return { read: said.read, write: 'admins', owner: null, sharedWith: [] };
  }
  if (people.length > 0)
    return { read: 'owner', write: 'admins', owner: { kind: 'made' }, sharedWith: others(people, null) };
  if (parent?.plan.read === 'owner') {
    return { read: 'owner', write: 'admins', owner: { kind: 'through', column: parent.column.name }, sharedWith: [] };
  }
  return { read: 'owner', write: 'admins', owner: { kind: 'made' }, sharedWith: [] };
}

interface Parent {
  readonly column: Column;
  readonly plan: Plan;
  /** The row is a part of it and goes with it. */
  readonly isPart: boolean;
}

/** The parent whose owner owns the row, too: what it is a part of before what it only refers to, private ones first. */
function ownedParent({ table, schema, hints, planOf }: Case): Parent | null {
  const found = parentsOf(table, schema).flatMap(({ column, parent }): readonly Parent[] => {
    if (parent.name === hints.accounts || parent === table || column.nullable) return [];
    if (hints.tables.get(parent.name)?.isLookup) return [];
    const plan = planOf(parent);
    return plan?.owner ? [{ column, plan, isPart: isPart(column) }] : [];
  });
  const weight = ({ isPart: part, plan }: Parent) => (part ? 0 : 2) + (plan.read === 'owner' ? 0 : 1);
  return [...found].sort((a, b) => weight(a) - weight(b))[0] ?? null;
}

function parentsOf(table: Table, schema: Schema): readonly { readonly column: Column; readonly parent: Table }[] {
  return table.columns.flatMap((column) => {
    const parent = schema.tables.find(({ name }) => name === column.references?.table);
    return parent ? [{ column, parent }] : [];
  });
}

function partOf(table: Table, schema: Schema) {
  return parentsOf(table, schema).filter(
    ({ column, parent }) => parent !== table && !column.nullable && isPart(column),
  );
}

function isPart(column: Column): boolean {
  return column.references?.onDelete === 'cascade';
}

/** A part is seen by whoever sees the whole; what only refers to it is private. */
function below(said: TableHints, { column, plan, isPart: part }: Parent, people: readonly Column[]): Plan {
  const owner = { kind: 'through', column: column.name } as const;
  const read = said.read ?? (part ? plan.read : 'owner');
  const write = plan.write === 'admins' ? 'admins' : 'owner';
  return { read, write, owner, sharedWith: read === 'owner' ? others(people, null) : [] };
}

/** The plan of the unowned thing it is a part of. */
function wholeOf({ table, schema, hints, planOf }: Case): Plan | null {
  for (const { parent } of partOf(table, schema)) {
    if (parent.name === hints.accounts || hints.tables.get(parent.name)?.isLookup) continue;
    const plan = planOf(parent);
    if (plan && plan.owner === null) return { ...plan, sharedWith: [] };
  }
  return null;
}

/** Lookups are private when they sort private things only. */
function sorting(one: Case, said: TableHints): Plan {
  const sorted = sortedBy(one);
  const isPrivate = sorted.length > 0 && sorted.every((plan) => plan === null || (plan.read === 'owner' && plan.owner));
  if (said.read === 'owner' || (isPrivate && said.read !== 'everyone'))
    return owned({ ...said, read: 'owner' }, { kind: 'made' }, []);
  const isOpen = sorted.some((plan) => plan?.read === 'everyone');
  if (sorted.length > 0 && !isOpen) return together(said.read ?? 'accounts');
  const write = said.write === 'admins' ? 'admins' : 'accounts';
  return { read: said.read ?? 'everyone', write, owner: null, sharedWith: [] };
}

/** What refers to a table, directly or over a join table. */
function sortedBy({ table, schema, hints, planOf }: Case): readonly (Plan | null)[] {
  return schema.tables.flatMap((other) => {
    const isReferring = other.columns.some(({ references }) => references?.table === table.name);
    if (other === table || other.name === hints.accounts || !isReferring) return [];
    const isJoin = other.columns.filter(({ primaryKey }) => primaryKey).length > 1;
    if (!isJoin) return [planOf(other)];
    return parentsOf(other, schema).flatMap(({ parent }) =>
      parent === table || parent.name === hints.accounts ? [] : [planOf(parent)],
    );
  });
}
