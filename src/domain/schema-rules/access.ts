import { guardedReferences } from '../access.ts';
import { parseColumnType } from '../column-type.ts';
import { type Column, primaryKey, type Table } from '../schema.ts';
import { columnPath, isEnum, type RuleContext, resolveType, show, tablePath } from './context.ts';

/** Who signs in, and what rows belong to whom. */
export function checkAccess(context: RuleContext): void {
  checkAccounts(context);
  for (const table of context.schema.tables) {
    checkOwnerColumns(table, context);
    checkTableAccess(table, context);
    checkRegistration(table, context);
    for (const column of table.columns.filter((candidate) => candidate.protected)) {
      if (!column.nullable && column.default === null) {
        const path = `${columnPath(column, table, context.schema)}.protected`;
        context.report(path, 'nobody can give a protected column its value: it needs a default, or must be nullable');
      }
    }
  }
}

function checkAccounts(context: RuleContext): void {
  const { accounts } = context.schema;
  if (!accounts || context.unreadable.has(accounts.table)) return;
  const report = (key: string, message: string) => context.report(`accounts.${key}`, message);
  const table = context.tables.get(accounts.table);
  if (!table) {
    report('table', `there is no table ${show(accounts.table)}`);
    return;
  }
  if (primaryKey(table).length !== 1) report('table', 'accounts need a key of one column');
  const columnOf = (key: 'login' | 'password' | 'role', name: string): Column | null => {
    const column = table.columns.find((candidate) => candidate.name === name) ?? null;
    if (!column) report(key, `there is no column ${show(name)} in ${show(table.name)}`);
    return column;
  };
  const login = columnOf('login', accounts.login);
  const isText = ({ type }: Column) => parseColumnType(type)?.kind === 'text' && !parseColumnType(type)?.array;
  if (login && !(login.unique && !login.nullable && !login.sensitive && !login.protected && isText(login))) {
    report('login', 'people sign in with a text that is unique, required and visible');
  }
  const password = columnOf('password', accounts.password);
  if (password && !(password.sensitive && !password.nullable && isText(password) && password.name.endsWith('_hash'))) {
    report('password', 'the hash of a password is kept in a required, sensitive text called …_hash');
  }
  const role = accounts.role === null ? null : columnOf('role', accounts.role);
  if (role) checkRole(role, accounts.admins, context, report);
  else if (accounts.admins.length > 0 && accounts.role === null) report('admins', 'administrators need a role column');
}

/** Who registers sees no rows of others yet, and the first of all has none of its own. */
function checkRegistration(table: Table, context: RuleContext): void {
  const { schema } = context;
  if (table.name !== schema.accounts?.table) return;
  for (const { column, parent } of guardedReferences(table, schema)) {
    if (column.nullable || column.default !== null) continue;
    const rows = `rows of ${show(parent.name)} that only some may see`;
    const message = `nobody could register: an account would have to refer to ${rows}; make it nullable`;
    context.report(`${columnPath(column, table, schema)}.references`, message);
  }
}

function checkRole(
  role: Column,
  admins: readonly string[],
  context: RuleContext,
  report: (key: string, message: string) => void,
): void {
  if (!role.protected) report('role', 'a role must be protected, or people would give it to themselves');
  const type = resolveType(role, context);
  if (type && !isEnum(type) && type.kind !== 'text') report('role', 'a role is a text or an enum');
  const unknown = type && isEnum(type) ? admins.find((value) => !type.values.includes(value)) : undefined;
  if (unknown !== undefined) report('admins', `${show(unknown)} is not one of the values of the role`);
  const given = role.default && 'value' in role.default ? role.default.value : null;
  if (given !== null && admins.includes(String(given))) report('admins', 'new accounts would be administrators');
}

function ownerColumns(table: Table): readonly Column[] {
  return table.columns.filter(({ default: made }) => made && 'generate' in made && made.generate === 'owner');
}

function checkOwnerColumns(table: Table, context: RuleContext): void {
  const { schema, report } = context;
  for (const [index, column] of ownerColumns(table).entries()) {
    const path = `${columnPath(column, table, schema)}.default`;
    const accounts = context.tables.get(schema.accounts?.table ?? '');
    const [key] = accounts ? primaryKey(accounts) : [];
    if (index > 0) report(path, 'a row has one owner only');
    if (table === accounts) report(path, 'an account has no owner but itself');
    if (!accounts || column.references?.table !== accounts.name || column.references.column !== key?.name) {
      report(path, 'an owner is a reference to the key of the accounts table');
    }
    if (column.nullable) report(path, 'an owner is required');
  }
}

function checkTableAccess(table: Table, context: RuleContext): void {
  const { access } = table;
  if (!access) return;
  const { schema } = context;
  const path = `${tablePath(table, schema)}.access`;
  const report = (message: string) => context.report(path, message);
  const { accounts } = schema;
  if (!accounts || accounts.table === table.name) {
    report(accounts ? 'accounts are always their own' : 'nobody signs in: the schema has no accounts');
    return;
  }
  const hasColumn = ownerColumns(table).length > 0;
  if (hasColumn && access.through !== null) report('a row has one owner only: a column, or through another row');
  const problem = access.through === null ? null : throughProblem(table, access.through, context);
  if (problem !== null) report(problem);
  const isOwned = hasColumn || access.through !== null;
  if (!isOwned && (access.read === 'owner' || access.write === 'owner')) report('its rows have no owner');
  if (access.write === 'admins' && (accounts.role === null || accounts.admins.length === 0)) {
    report('nobody is an administrator: the accounts have no such role');
  }
  for (const name of access.sharedWith) {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column?.references?.table !== accounts.table) report(`${show(name)} does not refer to an account`);
  }
}

/** Each step leads to a table whose rows have an owner, and none in a circle; otherwise what is wrong. */
function throughProblem(table: Table, through: string, context: RuleContext): string | null {
  const seen = new Set<Table>();
  let [current, column]: [Table, string | null] = [table, through];
  while (column !== null) {
    seen.add(current);
    const name: string = column;
    const link = current.columns.find((candidate) => candidate.name === name);
    if (!link?.references) return `${show(name)} is no column that refers to another table`;
    if (link.nullable) return `${show(name)} may be empty, and such a row would have no owner`;
    const parent = context.tables.get(link.references.table);
    if (!parent) return null;
    if (seen.has(parent)) return 'the way to its owner runs in a circle';
    if (parent.name === context.schema.accounts?.table) return null;
    if (ownerColumns(parent).length > 0) return null;
    if (!parent.access?.through) return `the rows of ${show(parent.name)} have no owner`;
    [current, column] = [parent, parent.access.through];
  }
  return null;
}
