import pluralize from 'pluralize';
import { accountsTable, insertBeforeTimes } from './access-design/accounts.ts';
import { withoutHolds } from './access-design/holds.ts';
import { type Plan, planAccess, settledPlan } from './access-design/plan.ts';
import { withRole } from './access-design/role.ts';
import { withTrusted } from './access-design/trusted.ts';
import type { AccessHints } from './access-hints.ts';
import { TurboError } from './errors.ts';
import { type Column, primaryKey, type Schema, type Table } from './schema.ts';

/**
 * A design of tables with people who sign in, and with who may see and change what. The accounts table gets a login and
 * a password, and a role where something is left to administrators. Rows belong to whom a reference to an account says,
 * to whom the thing belongs that they are a part of, or to their maker, in a new column; they are private unless the
 * hints say otherwise. Where people sign in already, accounts and tables whose access is said stay as they are. Where
 * there are administrators, owners do not say themselves that something is paid or approved. No row keeps somebody else
 * from deleting what is theirs, except records of money and promises. The same schema and hints
 * give the same result. Throws `schema.invalid` when there is no such table, or nobody could sign in as its rows.
 */
export function withAccess(schema: Schema, hints: AccessHints): Schema {
  const people = schema.tables.find(({ name }) => name === hints.accounts);
  if (!people) {
    throw new TurboError('schema.invalid', `Nobody can sign in as ${hints.accounts}: there is no such table`, {
      hint: `Name one of ${schema.tables.map(({ name }) => name).join(', ')}.`,
    });
  }
  const base = schema.accounts ? { table: people, accounts: schema.accounts } : accountsTable(people, schema);
  const plans = planAccess(schema, hints);
  const needsRole =
    hints.roles.length > 0 ||
    [...plans.values()].some(({ write }) => write === 'admins' && base.accounts.role === null);
  const full = { ...base, enums: schema.enums };
  const signed = needsRole ? withRole(full, hints.roles, pluralize.singular(people.name), schema) : full;
  const key = primaryKey(signed.table)[0];
  const hasAdmins = signed.accounts.role !== null && signed.accounts.admins.length > 0;
  const tables = schema.tables.map((table) => {
    if (table === people) return withoutOwned(signed.table, schema, plans);
    const plan = settledPlan(table, schema) ? undefined : plans.get(table);
    if (!plan || !key) return table;
    const planned = withPlan(table, plan, { name: people.name, key });
    return hasAdmins && plan.write === 'owner' ? withTrusted(planned, signed.enums) : planned;
  });
  const designed = { ...schema, tables, enums: signed.enums, accounts: signed.accounts };
  const settled = new Set(schema.tables.filter((table) => settledPlan(table, schema)).map(({ name }) => name));
  return withoutHolds(designed, ({ name }) => !settled.has(name) && !(schema.accounts && name === people.name));
}

/** An account is there before anything belongs to it: what belongs to accounts cannot be required of one. */
function withoutOwned(accounts: Table, schema: Schema, plans: ReadonlyMap<Table, Plan>): Table {
  const needsAccount = (table: Table, seen: ReadonlySet<Table>): boolean => {
    if (seen.has(table)) return false;
    if (plans.get(table)?.owner) return true;
    const next = new Set([...seen, table]);
    return table.columns.some(({ nullable, references }) => {
      const parent = nullable ? undefined : schema.tables.find(({ name }) => name === references?.table);
      return parent !== undefined && needsAccount(parent, next);
    });
  };
  const columns = accounts.columns.map((column): Column => {
    const parent = schema.tables.find(({ name }) => name === column.references?.table);
    const isOptional = column.nullable || column.primaryKey || !column.references || !parent;
    if (isOptional || !needsAccount(parent, new Set())) return column;
    return { ...column, nullable: true, references: { ...column.references, onDelete: 'set-null' } };
  });
  return { ...accounts, columns };
}

interface AccountsKey {
  readonly name: string;
  readonly key: Column;
}

function withPlan(table: Table, plan: Plan, accounts: AccountsKey): Table {
  const { read, write, owner, sharedWith } = plan;
  const through = owner?.kind === 'through' ? owner.column : null;
  const withAccessOf = { ...table, access: { read, write, through, sharedWith } };
  const withNames = (one: Table, column: string) =>
    read === 'owner' && write === 'owner' ? withOwnNames(one, column) : one;
  if (owner?.kind === 'column') return withOwner(withNames(withAccessOf, owner.column), owner.column, accounts);
  if (owner?.kind !== 'made') return through === null ? withAccessOf : withIndex(withAccessOf, through);
  const name = freeOwnerName(table, accounts.name);
  const made: Column = {
    name,
    type: accounts.key.type,
    description: `The ${pluralize.singular(accounts.name).replaceAll('_', ' ')} who made it.`,
    nullable: false,
    default: null,
    unique: false,
    primaryKey: false,
    references: null,
    check: null,
    sensitive: false,
    protected: false,
  };
  const widened = { ...withAccessOf, columns: insertBeforeTimes(table.columns, made) };
  return withOwner(withNames(widened, name), name, accounts);
}

/** The backend fills the column in, and the rows go with the account. */
function withOwner(table: Table, name: string, accounts: AccountsKey): Table {
  const columns = table.columns.map((column): Column => {
    if (column.name !== name) return column;
    return {
      ...column,
      nullable: false,
      protected: false,
      default: { generate: 'owner' },
      references: {
        onUpdate: 'no-action',
        ...column.references,
        table: accounts.name,
        column: accounts.key.name,
        onDelete: 'cascade',
      },
    };
  });
  return withIndex({ ...table, columns }, name);
}

/** Names that only have to differ among the rows that one account sees. */
const OWN_NAMES: ReadonlySet<string> = new Set(['name', 'title', 'label', 'keyword', 'term', 'day', 'date']);

/** A name somebody else has taken on a row one cannot see must not be in the way, nor be told by refusing it. */
function withOwnNames(table: Table, owner: string): Table {
  const own = table.columns.filter(({ name, unique }) => unique && OWN_NAMES.has(name)).map(({ name }) => name);
  return {
    ...table,
    columns: table.columns.map((column) => (own.includes(column.name) ? { ...column, unique: false } : column)),
    uniques: [...table.uniques, ...own.map((name) => [owner, name]).filter((group) => !isUnique(group, table))],
  };
}

function isUnique(group: readonly string[], table: Table): boolean {
  return table.uniques.some((known) => [...known].sort().join() === [...group].sort().join());
}

function withIndex(table: Table, name: string): Table {
  const leading = [
    primaryKey(table)[0]?.name,
    ...table.uniques.map(([first]) => first),
    ...table.indexes.map(({ columns: [first] }) => first),
    ...table.columns.filter(({ unique }) => unique).map((column) => column.name),
  ];
  return leading.includes(name) ? table : { ...table, indexes: [...table.indexes, { columns: [name] }] };
}

function freeOwnerName(table: Table, accounts: string): string {
  const wishes = [`${pluralize.singular(accounts).slice(0, 50)}_id`, 'owner_id', 'account_id', 'created_by_id'];
  const isFree = (name: string) => !table.columns.some((column) => column.name === name);
  let name = wishes.find(isFree) ?? 'made_by_id';
  while (!isFree(name)) name = `own_${name}`;
  return name;
}
