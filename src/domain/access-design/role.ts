import { parseColumnType } from '../column-type.ts';
import type { Accounts, Column, EnumType, Schema, Table } from '../schema.ts';
import { insertBeforeTimes } from './accounts.ts';

/** Roles that may do everything. */
const ADMINS = /^(?:(?:super_?|site_?|system_?)?admins?|(?:super_?)?administrators?|moderators?|superusers?|root)$/;
const ADMIN = 'admin';
/** What accounts are at first where their table is called after administrators. */
const ORDINARY = 'member';
/** Longest name of a role; PostgreSQL allows 63 bytes in a value of an enum. */
const MAX_ROLES = 20;

/** A schema whose accounts have a role, and who of them are administrators. */
export interface WithRole {
  readonly table: Table;
  readonly accounts: Accounts;
  readonly enums: readonly EnumType[];
}

/**
 * Gives the accounts a role, protected, with an administrator among its values and none of those by default. A column
 * that is there already is used; `ordinary` is what everybody is at first.
 */
export function withRole(
  { table, accounts, enums }: WithRole,
  roles: readonly string[],
  ordinary: string,
  taken: Pick<Schema, 'tables'>,
): WithRole {
  const there = table.columns.find((column) => isRole(column, enums));
  const type = enums.find(({ name }) => name === there?.type);
  const known = type?.values ?? [];
  const wanted = [...new Set([...known, ...roles])].slice(0, MAX_ROLES);
  const first = known.find((value) => !ADMINS.test(value)) ?? (ADMINS.test(ordinary) ? ORDINARY : ordinary);
  const plain = wanted.some((value) => !ADMINS.test(value)) && known.length > 0 ? wanted : [first, ...wanted];
  const values = [...new Set(plain.some((value) => ADMINS.test(value)) ? plain : [...plain, ADMIN])];
  const admins = values.filter((value) => ADMINS.test(value));
  if (there && !type) {
    const column: Column = { ...there, default: { value: first }, nullable: false, protected: true };
    return { table: replaced(table, there, column), accounts: { ...accounts, role: there.name, admins }, enums };
  }
  const name = type?.name ?? freeEnum(`${ordinary}_role`, enums, taken);
  const before = there?.default && 'value' in there.default ? String(there.default.value) : null;
  const start = before !== null && !ADMINS.test(before) ? before : first;
  const column: Column = {
    name: there?.name ?? freeColumn('role', table),
    type: name,
    description: there?.description || 'What the account may do; given by administrators.',
    nullable: false,
    default: { value: start },
    unique: false,
    primaryKey: false,
    references: null,
    check: null,
    sensitive: false,
    protected: true,
  };
  return {
    table: there ? replaced(table, there, column) : { ...table, columns: insertBeforeTimes(table.columns, column) },
    accounts: { ...accounts, role: column.name, admins },
    enums: [...enums.filter((one) => one.name !== name), { name, values }],
  };
}

/** A role of the account, not a reference to a table of roles. */
function isRole(column: Column, enums: readonly EnumType[]): boolean {
  if (!/^(?:role|user_role|account_role|account_type|user_type)$/.test(column.name) || column.references) return false;
  const type = parseColumnType(column.type);
  return type ? type.kind === 'text' && !type.array : enums.some(({ name }) => name === column.type);
}

function replaced(table: Table, old: Column, column: Column): Table {
  return { ...table, columns: table.columns.map((one) => (one === old ? column : one)) };
}

function freeColumn(wish: string, table: Table): string {
  let name = wish;
  while (table.columns.some((column) => column.name === name)) name = `account_${name}`;
  return name;
}

function freeEnum(wish: string, enums: readonly EnumType[], { tables }: Pick<Schema, 'tables'>): string {
  const taken = new Set([...enums, ...tables].map(({ name }) => name));
  let name = wish.slice(0, 50);
  while (taken.has(name) || parseColumnType(name) !== null) name = `${name}_kind`;
  return name;
}
