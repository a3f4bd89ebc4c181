import { accountsOf, guardedReferences, hasAdmins, isAccountsTable } from './access.ts';
import { parseColumnType } from './column-type.ts';
import type { Embedding } from './embedding.ts';
import type { Column, Schema, Table } from './schema.ts';

/**
 * How a table looks over HTTP. The generator, the sample rows and the verification all read this, so they cannot
 * disagree about a path or a field.
 */

/** Paths of the backend itself. */
const OWN_PATHS: ReadonlySet<string> = new Set(['health', 'ready', 'auth', 'openapi']);

/** The description of the API for programs, and for people. */
export const OPENAPI_PATH = '/openapi.json';
export const DOCS_PATH = '/openapi';

/** What people do with their account; there only when the schema has accounts. */
export const AUTH_PATHS = {
  register: '/auth/register',
  login: '/auth/login',
  refresh: '/auth/refresh',
  logout: '/auth/logout',
  me: '/auth/me',
  password: '/auth/password',
} as const;

/** `/order-items` for the table `order_items`; `/_health` for one named like a path of the backend itself. */
export function resourcePath(table: Pick<Table, 'name'>): string {
  return `/${OWN_PATHS.has(table.name) ? '_' : ''}${table.name.replaceAll('_', '-')}`;
}

/** A column the backend or the database fills in. */
export function isServerMade(column: Column): boolean {
  return column.default !== null && 'generate' in column.default;
}

/** A column whose value may come from a client. */
function isClientMade(column: Column): boolean {
  return !isServerMade(column) && !column.protected;
}

/** One field a client may send. */
export interface InputField {
  readonly name: string;
  readonly column: Column;
  /** Must be present on create: not nullable and without a default. */
  readonly required: boolean;
  /** The value is a password: stored as its scrypt hash, never as it came. */
  readonly hashed: boolean;
}

/** The fields of a create or update, in column order. A sensitive `password_hash` is sent as `password` and hashed. */
export function inputFields(table: Table): readonly InputField[] {
  return table.columns
    .filter((column) => isClientMade(column))
    .map((column) => {
      const hashed = column.sensitive && column.name.endsWith('_hash');
      return {
        name: hashed ? column.name.slice(0, -'_hash'.length) : column.name,
        column,
        required: !column.nullable && column.default === null,
        hashed,
      };
    });
}

/** What registering and signing in call the password, whatever its column is called. */
export const PASSWORD_FIELD = 'password';

/**
 * The fields of a registration, in column order; none without accounts. Who registers cannot see the rows of others
 * yet, so that references to those are left for later.
 */
export function registrationFields(schema: Schema): readonly InputField[] {
  const accounts = accountsOf(schema);
  if (!accounts) return [];
  const guarded = guardedReferences(accounts.table, schema).map(({ column }) => column);
  return inputFields(accounts.table)
    .map((field) => (field.column.name === schema.accounts?.password ? { ...field, name: PASSWORD_FIELD } : field))
    .filter(({ column, name, hashed }) => !guarded.includes(column) && (name !== PASSWORD_FIELD || hashed));
}

/** The fields a PATCH may change: all but the key. A table without any has no PATCH. */
export function patchFields(table: Table): readonly InputField[] {
  return inputFields(table).filter(({ column }) => !column.primaryKey);
}

/** The fields a PATCH or PUT may change. People do not change how they sign in like that. */
export function changeableFields(table: Table, { accounts }: Schema): readonly InputField[] {
  const fields = patchFields(table);
  if (accounts?.table !== table.name) return fields;
  return fields.filter(({ column: { name } }) => name !== accounts.login && name !== accounts.password);
}

/** What administrators may change beside, in a PATCH: what is protected and seen. Of accounts nothing: roles are not given over HTTP. */
export function adminFields(table: Table, schema: Schema): readonly InputField[] {
  if (!hasAdmins(schema) || isAccountsTable(table, schema) || changeableFields(table, schema).length === 0) return [];
  return table.columns
    .filter((column) => column.protected && !column.sensitive && !column.primaryKey && !isServerMade(column))
    .map((column) => ({ name: column.name, column, required: false, hashed: false }));
}

/** The columns a client gets to see. */
export function outputColumns(table: Table): readonly Column[] {
  return table.columns.filter((column) => !column.sensitive);
}

/** Whether lists can be filtered and sorted by a column: it is visible, and neither JSON nor a list. */
export function isComparable(column: Column): boolean {
  const type = parseColumnType(column.type);
  return !column.sensitive && (type === null || (!type.array && type.kind !== 'json'));
}

/** The last part of `/posts/{id}/post-comments`: children as they are listed below a row. */
export function nestedPath({ name }: Pick<Embedding, 'name'>): string {
  return name.replaceAll('_', '-');
}
