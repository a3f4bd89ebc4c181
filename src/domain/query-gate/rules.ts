import { APP_SCHEMA } from '../database.ts';
import { isPlainIdentifier } from '../identifier.ts';
import { PROFILES_VIEW } from '../policies.ts';
import { tableHint } from '../query-hint.ts';
import type { Schema, Table } from '../schema.ts';
import { FIELDS, FUNCTIONS, NODES, OPERATORS, TYPES, VALUE_FUNCTIONS } from './grammar.ts';
import { at, type Fields, listOf, nameParts, type Place, placesOf } from './tree.ts';

/** What a place of a statement is judged by. */
export interface Ground {
  readonly schema: Schema;
  /** Names that `with` gives. */
  readonly ctes: ReadonlySet<string>;
  /** Names that a whole row could be meant by. */
  readonly ranges: ReadonlySet<string>;
  /** Columns of the tables in use that nobody may see. */
  readonly hidden: ReadonlySet<string>;
}

export function groundOf(tree: unknown, schema: Schema): Ground {
  const places = [...placesOf('', tree)];
  const text = (value: unknown) => (typeof value === 'string' ? [value] : []);
  const relations = places.flatMap(({ value }) => text(value.relname));
  const used = schema.tables.filter(({ name }) => relations.includes(name));
  return {
    schema,
    ctes: new Set(places.flatMap(({ value }) => text(value.ctename))),
    ranges: new Set(places.flatMap(({ value }) => namesOfTable(value))),
    hidden: new Set(
      used.flatMap(({ columns }) => columns.filter(({ sensitive }) => sensitive).map(({ name }) => name)),
    ),
  };
}

/** What a table is called in a query; a row of anything else has only what the query itself gave it. */
function namesOfTable({ relname, alias }: Fields): readonly string[] {
  return [relname, relname === undefined ? undefined : at(alias, 'aliasname')].flatMap((name) =>
    typeof name === 'string' ? [name] : [],
  );
}

/** Why a place may not be in a query; null when it may. */
export function refusalOf(place: Place, ground: Ground): string | null {
  return misplaced(place) ?? refusedName(place, ground) ?? refusedNode(place, ground);
}

function misplaced({ name, value }: Place): string | null {
  if (/^[A-Z]/.test(name)) return NODES.has(name) ? null : `${name} is not allowed`;
  if (name !== '' && !FIELDS.has(name)) return `${name} is not allowed`;
  if (value.isNatural === true) return 'name the columns of a join: natural joins are not allowed';
  return null;
}

/** Names of tables, and those a query gives. */
function refusedName({ value }: Place, { schema, ctes, hidden }: Ground): string | null {
  const { relname, schemaname, catalogname, ctename, aliasname } = value;
  if (typeof relname === 'string') {
    const isTable = schema.tables.some((table) => table.name === relname);
    const isProfiles = relname === PROFILES_VIEW && schema.accounts !== null;
    if (catalogname !== undefined || (schemaname !== undefined && schemaname !== APP_SCHEMA)) {
      return `only tables of the schema ${APP_SCHEMA} can be used`;
    }
    if (!isTable && !isProfiles && !(ctes.has(relname) && schemaname === undefined)) {
      const hint = tableHint(relname, schema);
      return `there is no table ${relname}${hint === null ? '' : `: ${hint}`}`;
    }
    if (at(value.alias, 'colnames') !== undefined) return 'columns of a table cannot be given other names in its alias';
  }
  const given = [ctename, aliasname, ...nameParts(value.colnames), ...nameParts(value.aliascolnames)];
  for (const name of given) {
    if (name === undefined) continue;
    if (typeof name !== 'string' || !isPlainIdentifier(name) || name.length > 55 || name.startsWith('pg_')) {
      return `${JSON.stringify(name)} is no name: use lower-case letters, digits and _, at most 55`;
    }
    if (hidden.has(name)) return `${name} is kept from everybody`;
  }
  if (typeof ctename === 'string' && schema.tables.some(({ name }) => name === ctename)) {
    return `${ctename} is a table: give the with query another name`;
  }
  const joined = nameParts(value.usingClause).find((name) => hidden.has(name));
  return joined === undefined ? null : `${joined} is kept from everybody`;
}

function refusedNode({ name, value }: Place, ground: Ground): string | null {
  switch (name) {
    case 'ColumnRef':
      return refusedColumn(value, ground);
    case 'ResTarget':
      return typeof value.name === 'string' && ground.hidden.has(value.name)
        ? `${value.name} is kept from everybody`
        : null;
    case 'FuncCall':
      return refusedFunction(value);
    case 'A_Expr':
      return refusedOperator(value.name);
    case 'SubLink':
      return value.operName === undefined ? null : refusedOperator(value.operName);
    case 'SortBy':
      return value.useOp === undefined ? null : 'sort by asc or desc';
    case 'typeName':
      return refusedType(value, ground.schema);
    case 'SQLValueFunction':
      return VALUE_FUNCTIONS.test(String(value.op)) ? null : 'who the backend logs in as is not for queries';
    case 'JoinExpr':
      return value.alias === undefined ? null : 'give names to tables, not to a join';
    case 'CommonTableExpr':
      return at(value.ctequery, 'SelectStmt') === undefined ? 'a with query can only select' : null;
    default:
      return null;
  }
}

function refusedColumn(value: Fields, { ranges, hidden }: Ground): string | null {
  const parts = nameParts(value.fields);
  const column = parts.at(-1) ?? '*';
  if (parts.includes('*')) return 'name the columns: * is not allowed';
  if (parts.length > 2) return `write ${parts.slice(-2).join('.')} instead of ${parts.join('.')}`;
  if (parts.length === 1 && ranges.has(column)) {
    return `${column} stands for a whole row: name its columns, or give the table another alias`;
  }
  return hidden.has(column) ? `${column} is kept from everybody` : null;
}

function refusedFunction(value: Fields): string | null {
  const parts = nameParts(value.funcname);
  const name = parts.at(-1) ?? '';
  const isOurs = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog');
  return isOurs && FUNCTIONS.has(name) ? null : `the function ${parts.join('.')}() is not allowed`;
}

function refusedOperator(name: unknown): string | null {
  const parts = nameParts(name);
  const [operator = ''] = parts;
  const isKnown = OPERATORS.has(operator) || /^(?:NOT )?BETWEEN(?: SYMMETRIC)?$/.test(operator);
  return parts.length === 1 && isKnown ? null : `the operator ${parts.join('.')} is not allowed`;
}

function refusedType(value: Fields, { enums }: Schema): string | null {
  const parts = nameParts(value.names);
  const name = parts.at(-1) ?? '';
  const isBuiltIn = TYPES.has(name) && (parts.length === 1 || parts[0] === 'pg_catalog');
  const isEnum = enums.some((type) => type.name === name) && (parts.length === 1 || parts[0] === APP_SCHEMA);
  return parts.length <= 2 && (isBuiltIn || isEnum) ? null : `the type ${parts.join('.')} is not allowed`;
}

/** What may not be written, whoever asks. */
export function refusedWrite(kind: string, tree: unknown, schema: Schema): string | null {
  if (kind === 'SelectStmt') return null;
  const target = schema.tables.find(({ name }) => name === at(tree, 'relation', 'relname'));
  if (!target) return 'only tables can be written to';
  if (kind !== 'InsertStmt' && at(tree, 'whereClause') === undefined) {
    return 'say which rows: an update or delete needs a where';
  }
  if (kind === 'InsertStmt' && listOf(at(tree, 'cols')).length === 0) return 'name the columns that are inserted';
  return refusedTarget(kind, tree, target, schema);
}

function refusedTarget(kind: string, tree: unknown, target: Table, { accounts }: Schema): string | null {
  const isAccounts = accounts?.table === target.name;
  if (isAccounts && kind !== 'UpdateStmt') {
    return `${target.name} are people who sign in: they register, and leave, through the endpoints for that`;
  }
  const set = [...listOf(at(tree, 'targetList')), ...listOf(at(tree, 'onConflictClause', 'targetList'))];
  const names = set.map((item) => at(item, 'ResTarget', 'name'));
  const kept = isAccounts ? [accounts.login, accounts.password, accounts.role, keyOf(target)] : [];
  const owner = target.columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'owner');
  const fixed = names.find((name) => typeof name === 'string' && (kept.includes(name) || name === owner?.name));
  return fixed === undefined ? null : `${String(fixed)} of ${target.name} cannot be changed by an endpoint`;
}

const keyOf = (table: Table) => table.columns.find(({ primaryKey }) => primaryKey)?.name ?? null;
