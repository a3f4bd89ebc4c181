import { readableIdentifier } from './identifier.ts';
import { type Relation, relationsOf } from './relations.ts';
import { type Column, primaryKey, type Reader, type Schema, type Table, type Writer } from './schema.ts';

/**
 * Who may see and change which rows. The statements of the generated backend, the row-level security of its database,
 * its documentation and the attacks on it all read this, so they cannot disagree.
 */

/** How a row tells whose it is. */
export type Owner =
  /** A row of the accounts table is its own. */
  | { readonly kind: 'self'; readonly column: string }
  /** A column holds the key of the account; the backend fills it in. */
  | { readonly kind: 'column'; readonly column: string }
  /** It belongs to whom the row belongs that a column refers to. */
  | { readonly kind: 'parent'; readonly column: string; readonly table: string; readonly parentColumn: string };

export interface Access {
  readonly read: Reader;
  readonly write: Writer;
  readonly owner: Owner | null;
  /** Columns with the key of an account that may read the row too. */
  readonly sharedWith: readonly string[];
}

/** Nobody signs in. */
const OPEN: Access = { read: 'everyone', write: 'everyone', owner: null, sharedWith: [] };

export function isAccountsTable(table: Pick<Table, 'name'>, { accounts }: Schema): boolean {
  return accounts?.table === table.name;
}

/** The table people sign in as, and its key; null when nobody does. */
export function accountsOf(schema: Schema): { readonly table: Table; readonly key: Column } | null {
  const table = schema.tables.find((candidate) => isAccountsTable(candidate, schema));
  const [key] = table ? primaryKey(table) : [];
  return table && key ? { table, key } : null;
}

/** What others may know of somebody; never how to reach them or how they sign in by mail. */
const PUBLIC_NAME =
  /^(?:(?:user|display|first|last|middle|given|family|full|nick|screen|pen|public)_?)?name$|^(?:nick|handle|avatar(?:_url)?|(?:profile_)?(?:picture|photo|image)(?:_url)?|bio)$/;

/** The columns of an account that are shown to people who may see what it made: its key and what it is called by. */
export function profileColumns(schema: Schema): readonly Column[] {
  const accounts = accountsOf(schema);
  if (!accounts) return [];
  const isPublic = ({ name, sensitive }: Column) => !sensitive && PUBLIC_NAME.test(name);
  return accounts.table.columns.filter((column) => column.primaryKey || isPublic(column));
}

/**
 * What holds for a table. Where nothing is said, rows with an owner are their owner's alone, and all others are seen by
 * everybody and changed by whoever is signed in. People see and change their own account; it is made by registering.
 */
export function accessOf(table: Table, schema: Schema): Access {
  const accounts = accountsOf(schema);
  if (!accounts) return OPEN;
  if (accounts.table === table) {
    return { read: 'owner', write: 'owner', owner: { kind: 'self', column: accounts.key.name }, sharedWith: [] };
  }
  const owner = ownerOf(table);
  const said = table.access;
  if (said) return { read: said.read, write: said.write, owner, sharedWith: said.sharedWith };
  return owner
    ? { read: 'owner', write: 'owner', owner, sharedWith: [] }
    : { read: 'everyone', write: 'accounts', owner: null, sharedWith: [] };
}

function ownerOf(table: Table): Owner | null {
  const own = table.columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'owner');
  if (own) return { kind: 'column', column: own.name };
  const link = table.columns.find(({ name }) => name === table.access?.through);
  if (!link?.references) return null;
  const { table: parent, column: parentColumn } = link.references;
  return { kind: 'parent', column: link.name, table: parent, parentColumn };
}

/** How a condition names things. */
export interface ConditionText {
  /** The account in SQL: `$3`, or a function call. */
  readonly account: string;
  /** A table in SQL, by name. */
  readonly table: (name: string) => string;
  /** What stands before the columns of the row itself, with its dot; nothing by default. */
  readonly prefix?: string;
}

/** SQL that is true for the rows of an account; null where rows have no owner. */
export function ownerCondition(table: Table, schema: Schema, text: ConditionText): string | null {
  const { owner } = accessOf(table, schema);
  if (!owner) return null;
  const column = `${text.prefix ?? ''}${readableIdentifier(owner.column)}`;
  if (owner.kind !== 'parent') return `${column} = ${text.account}`;
  const parent = schema.tables.find(({ name }) => name === owner.table);
  const inner = parent ? ownerCondition(parent, schema, { ...text, prefix: '' }) : null;
  if (inner === null) return null;
  return `${column} in (select ${readableIdentifier(owner.parentColumn)} from ${text.table(owner.table)} where ${inner})`;
}

/** SQL that is true for the rows an account may read, where only owners read; null where others do too. */
export function readCondition(table: Table, schema: Schema, text: ConditionText): string | null {
  const { read, sharedWith } = accessOf(table, schema);
  if (read !== 'owner') return null;
  const own = ownerCondition(table, schema, text);
  if (own === null) return null;
  const shared = sharedWith.map((name) => `${text.prefix ?? ''}${readableIdentifier(name)} = ${text.account}`);
  return shared.length === 0 ? own : `(${[own, ...shared].join(' or ')})`;
}

/** References of a table to rows that only some may read: a row may not be tied to what its maker cannot see. */
export function guardedReferences(
  table: Table,
  schema: Schema,
): readonly { readonly column: Column; readonly parent: Table }[] {
  return table.columns.flatMap((column) => {
    const parent = schema.tables.find(({ name }) => name === column.references?.table);
    if (!parent || isAccountsTable(parent, schema) || accessOf(parent, schema).read !== 'owner') return [];
    return [{ column, parent }];
  });
}

/** Whether some accounts see and change everything. */
export function hasAdmins({ accounts }: Schema): boolean {
  return accounts !== null && accounts.role !== null && accounts.admins.length > 0;
}

/** Who has to ask: anybody, somebody who is signed in, or an administrator. */
export type Guard = 'anybody' | 'account' | 'admin';

/** Who may try to read, make and change rows of a table; which rows these then are is said by the conditions. */
export interface Guards {
  readonly read: Guard;
  /** Null: rows are not made like that, accounts only by registering. */
  readonly create: Guard | null;
  readonly change: Guard;
}

export function guardsOf(table: Table, schema: Schema): Guards {
  const { read, write, owner } = accessOf(table, schema);
  const reading = read === 'everyone' ? 'anybody' : 'account';
  if (isAccountsTable(table, schema)) return { read: reading, create: null, change: 'account' };
  if (write === 'admins') return { read: reading, create: 'admin', change: 'admin' };
  if (write !== 'everyone') return { read: reading, create: 'account', change: 'account' };
  // A row needs somebody to belong to, and what cannot be seen cannot be changed.
  return { read: reading, create: owner?.kind === 'column' ? 'account' : 'anybody', change: reading };
}

/** SQL that is true for the rows an account may change; null where these are all it can see, and it sees all. */
export function changeCondition(table: Table, schema: Schema, text: ConditionText): string | null {
  const condition = accessOf(table, schema).write === 'owner' ? ownerCondition : readCondition;
  return condition(table, schema, text);
}

/** Whether an account may see rows of others that it may not change: it is told so, and not that they are not there. */
export function seesMoreThanItChanges(table: Table, schema: Schema): boolean {
  const { read, write, owner, sharedWith } = accessOf(table, schema);
  return owner !== null && write === 'owner' && (read !== 'owner' || sharedWith.length > 0);
}

/** A reference that may not lead to just any row. */
export interface GuardedRelation {
  readonly relation: Relation;
  readonly parent: Table;
  /** The row must be the account's own, or one that it may read. */
  readonly demand: 'own' | 'readable';
}

/**
 * References to rows that only some may read, over one column or several, and the one through which a row gets its
 * owner: nobody makes or moves a row into somebody else's.
 */
export function guardedRelations(table: Table, schema: Schema): readonly GuardedRelation[] {
  const { owner, write } = accessOf(table, schema);
  return relationsOf(table).flatMap((relation): GuardedRelation[] => {
    const parent = schema.tables.find(({ name }) => name === relation.target.table);
    if (!parent || !schema.accounts) return [];
    const [first] = relation.columns;
    const isThrough = owner?.kind === 'parent' && relation.columns.length === 1 && first === owner.column;
    if (isThrough && write === 'owner') return [{ relation, parent, demand: 'own' }];
    if (isAccountsTable(parent, schema) || accessOf(parent, schema).read !== 'owner') return [];
    return [{ relation, parent, demand: 'readable' }];
  });
}

/** The column of the owner, where an account may have one row of a table: a cart, a profile. Null elsewhere. */
export function singleOwner(table: Table, schema: Schema): string | null {
  const { owner } = accessOf(table, schema);
  if (owner?.kind !== 'column') return null;
  const key = primaryKey(table);
  const isUnique = table.columns.some(
    ({ name, unique, primaryKey: isKey }) => name === owner.column && (unique || (isKey && key.length === 1)),
  );
  const isAlone = table.uniques.some((columns) => columns.length === 1 && columns[0] === owner.column);
  return isUnique || isAlone ? owner.column : null;
}
