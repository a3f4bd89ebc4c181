import {
  accessOf,
  accountsOf,
  type Guard,
  type GuardedRelation,
  guardedRelations,
  guardsOf,
  profileColumns,
} from './access.ts';
import { formatColumnType, parseColumnType } from './column-type.ts';
import { readableIdentifier as name } from './identifier.ts';
import type { Column, Schema, Table } from './schema.ts';

/**
 * The second wall: row-level security. It says in the database what the statements of the backend say already, so that
 * a statement that forgets its condition shows and changes nothing. The backend tells in each transaction for whom it
 * asks; the owner of the tables is not bound.
 */

/** Who asks: the key of the account as text, and `true` for those who see everything. Set for one transaction. */
const ACCOUNT_SETTING = 'app.account';
const ADMIN_SETTING = 'app.admin';

/** The policy that lets the login for reports read every row; made after migrating, by turbobackend itself. */
export const REPORTS_POLICY = 'reports_read_all';

/** What everybody may see of an account; read by the backend like a table. */
export const PROFILES_VIEW = '_profiles';

/** True, in a policy, for those who see everything: administrators, and the server itself. */
export const IS_ADMIN = `current_setting('${ADMIN_SETTING}', true) = 'true'`;

/** The account in a policy. A setting that was never made is null, and empty after the transaction that made it. */
function accountSql(key: Column): string {
  const account = `nullif(current_setting('${ACCOUNT_SETTING}', true), '')`;
  const type = parseColumnType(key.type);
  if (type?.base === 'text' || type?.base === 'varchar') return account;
  // Without its length, which would cut the value.
  return `${account}::${type ? formatColumnType({ ...type, args: [] }) : name(key.type)}`;
}

/** The statements that put up the second wall; none for a schema without accounts. */
export function policyDdl(schema: Schema): string {
  const groups = [...policiesByTable(schema).values()].map((statements) => statements.join('\n'));
  return groups.length === 0 ? '' : `${[...groups, profilesView(schema)].join('\n\n')}\n`;
}

/** By table what turns row-level security on, then its policies; none for a schema without accounts. */
export function policiesByTable(schema: Schema): ReadonlyMap<string, readonly string[]> {
  const accounts = accountsOf(schema);
  if (!accounts) return new Map();
  const account = accountSql(accounts.key);
  return new Map(schema.tables.map((table) => [table.name, tablePolicies(table, schema, account)]));
}

/** What a policy asks; `nothing` of everybody, `never` is true for nobody but those who see everything. */
type Demand = 'nothing' | 'never' | { readonly sql: string };

function tablePolicies(table: Table, schema: Schema, account: string): string[] {
  const { read, write } = accessOf(table, schema);
  const guards = guardsOf(table, schema);
  const own = ownSql(table, name(table.name), schema, account);
  const readable = read === 'owner' ? readableSql(table, schema, account) : null;
  const demandOf = (guard: Guard | null, condition: string | null): Demand => {
    if (guard === null || guard === 'admin') return 'never';
    if (condition !== null) return { sql: condition };
    return guard === 'anybody' ? 'nothing' : { sql: `${account} IS NOT NULL` };
  };
  const changing = demandOf(guards.change, write === 'owner' ? own : readable);
  const { owner } = accessOf(table, schema);
  const making = demandOf(guards.create, write === 'owner' || owner?.kind === 'column' ? own : null);
  const policy = (title: string, command: string, clauses: readonly string[]) =>
    `${[`CREATE POLICY ${title} ON ${name(table.name)} FOR ${command}`, ...clauses].join('\n  ')};`;
  const using = (demand: Demand) => `USING (${conditionSql(demand, [])})`;
  const check = (demand: Demand, relations: readonly GuardedRelation[]) => {
    const references = relations.flatMap((guarded) => referenceSql(guarded, table, schema));
    return `WITH CHECK (${conditionSql(demand, references)})`;
  };
  const relations = guardedRelations(table, schema);
  // A row that was shared may not be any more; what refers to it can still be changed otherwise.
  const lasting = relations.filter(({ parent }) => accessOf(parent, schema).sharedWith.length === 0);
  const isChecked = lasting.some((guarded) => referenceSql(guarded, table, schema).length > 0);
  return [
    `ALTER TABLE ${name(table.name)} ENABLE ROW LEVEL SECURITY;`,
    policy('may_read', 'SELECT', [using(demandOf(guards.read, readable))]),
    policy('may_insert', 'INSERT', [check(making, relations)]),
    // Without a check of its own, the new row must be one that may be changed, as the old one.
    policy('may_update', 'UPDATE', [using(changing), ...(isChecked ? [check(changing, lasting)] : [])]),
    policy('may_delete', 'DELETE', [using(changing)]),
  ];
}

function conditionSql(demand: Demand, references: readonly string[]): string {
  if (demand === 'never') return IS_ADMIN;
  const all = [...(demand === 'nothing' ? [] : [demand.sql]), ...references];
  return all.length === 0 ? 'true' : `${all.join('\n    AND ')}\n    OR ${IS_ADMIN}`;
}

/**
 * True for the rows of an account; null where rows have no owner. Row by row: a list of all keys that are its own would
 * be made for each statement, as PostgreSQL does not join what stands in a policy.
 */
function ownSql(table: Table, row: string, schema: Schema, account: string): string | null {
  const { owner } = accessOf(table, schema);
  if (!owner) return null;
  const column = `${row}.${name(owner.column)}`;
  if (owner.kind !== 'parent') return `${column} = ${account}`;
  const parent = schema.tables.find((candidate) => candidate.name === owner.table);
  const alias = row.startsWith(PARENT) ? `${row}s` : PARENT;
  const inner = parent ? ownSql(parent, alias, schema, account) : null;
  if (inner === null) return null;
  const same = `${alias}.${name(owner.parentColumn)} = ${column}`;
  return `EXISTS (SELECT FROM ${name(owner.table)} AS ${alias} WHERE ${same} AND ${inner})`;
}

/** The row that another one refers to. No table is called like that. */
const PARENT = '_parent';

function readableSql(table: Table, schema: Schema, account: string): string | null {
  const row = name(table.name);
  const own = ownSql(table, row, schema, account);
  if (own === null) return null;
  const shared = accessOf(table, schema).sharedWith.map((column) => `${row}.${name(column)} = ${account}`);
  return shared.length === 0 ? own : `(${[own, ...shared].join(' OR ')})`;
}

/** A reference is empty or leads to a row that the policies of its own table show. */
function referenceSql({ relation, parent, demand }: GuardedRelation, table: Table, schema: Schema): string[] {
  // The former is the condition of the row itself.
  if (demand === 'own' || runsInCircle(parent, table, schema)) return [];
  const row = name(table.name);
  const same = relation.columns.map(
    (column, index) => `${PARENT}.${name(relation.target.columns[index] ?? '')} = ${row}.${name(column)}`,
  );
  const empty = table.columns.filter((column) => column.nullable && relation.columns.includes(column.name));
  const alternatives = [
    ...empty.map((column) => `${row}.${name(column.name)} IS NULL`),
    `EXISTS (SELECT FROM ${name(parent.name)} AS ${PARENT} WHERE ${same.join(' AND ')})`,
  ];
  return [alternatives.length === 1 ? alternatives.join() : `(${alternatives.join(' OR ')})`];
}

/** PostgreSQL refuses a policy that comes back to its own table when that one's policy looks further. */
function runsInCircle(parent: Table, table: Table, schema: Schema): boolean {
  const { owner } = accessOf(parent, schema);
  const next = owner?.kind === 'parent' ? schema.tables.find((candidate) => candidate.name === owner.table) : undefined;
  if (parent === table) return next !== undefined;
  return next !== undefined && runsInCircle(next, table, schema);
}

/**
 * Makes the view of what everybody may see of an account; nothing for a schema without accounts. WITH keeps the view from
 * being written through, which would be a way past the policies of the accounts.
 */
export function profilesView(schema: Schema): string {
  const accounts = accountsOf(schema);
  if (!accounts) return '';
  const columns = profileColumns(schema)
    .map((column) => name(column.name))
    .join(', ');
  return [
    `CREATE VIEW ${PROFILES_VIEW} AS`,
    `  WITH accounts AS (SELECT ${columns} FROM ${name(accounts.table.name)})`,
    `  SELECT ${columns} FROM accounts;`,
    `COMMENT ON VIEW ${PROFILES_VIEW} IS 'What everybody may see of an account.';`,
  ].join('\n');
}
