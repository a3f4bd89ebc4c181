import { APP_SCHEMA, JOURNAL_SCHEMA } from '../database.ts';
import type { SqlStatement } from '../sql-parse.ts';

/** Statements no migration may hold, by their node, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  TransactionStmt: 'each file is one transaction already: BEGIN, COMMIT, ROLLBACK and savepoints are refused',
  DoStmt: 'DO runs code that cannot be judged before it runs',
  CopyStmt: 'COPY needs a client or the files of the server: use INSERT',
  DiscardStmt: 'DISCARD would let go of the lock that keeps two migrations apart',
  LoadStmt: 'LOAD reaches beyond the database',
  CheckPointStmt: 'CHECKPOINT concerns the whole cluster',
  AlterSystemStmt: 'ALTER SYSTEM concerns the whole cluster',
  CreatedbStmt: 'databases are made by turbobackend provision',
  DropdbStmt: 'databases are taken away by turbobackend destroy',
  AlterDatabaseStmt: 'settings of the database belong to turbobackend provision',
  AlterDatabaseSetStmt: 'settings of the database belong to turbobackend provision',
  AlterDatabaseRefreshCollStmt: 'settings of the database belong to turbobackend provision',
  CreateRoleStmt: 'roles belong to turbobackend provision',
  AlterRoleStmt: 'roles belong to turbobackend provision',
  AlterRoleSetStmt: 'roles belong to turbobackend provision',
  DropRoleStmt: 'roles belong to turbobackend provision',
  GrantRoleStmt: 'roles belong to turbobackend provision',
  ReassignOwnedStmt: 'roles belong to turbobackend provision',
  DropOwnedStmt: 'it would drop everything the project has',
  CreateTableSpaceStmt: 'tablespaces concern the whole cluster',
  DropTableSpaceStmt: 'tablespaces concern the whole cluster',
  AlterTableSpaceOptionsStmt: 'tablespaces concern the whole cluster',
  CreatePublicationStmt: 'replication concerns the whole cluster',
  AlterPublicationStmt: 'replication concerns the whole cluster',
  CreateSubscriptionStmt: 'replication concerns the whole cluster',
  AlterSubscriptionStmt: 'replication concerns the whole cluster',
  DropSubscriptionStmt: 'replication concerns the whole cluster',
};

/** Settings that decide who runs the file, where its names lead, or how the server reads it after we have. */
const REFUSED_SETTINGS = new Set([
  'role',
  'session_authorization',
  'search_path',
  'standard_conforming_strings',
  'backslash_quote',
  'client_encoding',
]);

/** Functions that do what a refused statement does. */
const REFUSED_FUNCTIONS = new Set(['set_config', 'pg_advisory_unlock', 'pg_advisory_unlock_all']);

const KEPT_SCHEMAS = new Set([APP_SCHEMA, JOURNAL_SCHEMA]);

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands in a node under names, one in the other; undefined when nothing does. */
export function field(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((inner, name) => (isFields(inner) ? inner[name] : undefined), value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Every node below a tree, with the key it stands under (the name of its kind). Without recursion: trees can be deep. */
export function* nodesOf(tree: unknown): Generator<readonly [string, Fields]> {
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (Array.isArray(next)) for (const item of next) waiting.push(item);
    else if (isFields(next)) {
      for (const [key, value] of Object.entries(next)) {
        if (isFields(value)) yield [key, value];
        if (typeof value === 'object' && value !== null) waiting.push(value);
      }
    }
  }
}

/** The parts of a dotted name: a list of String nodes, or one alone. */
export function nameParts(object: unknown): string[] {
  const items = list(field(object, 'List', 'items') ?? object);
  const parts = items.length > 0 ? items : [object];
  return parts.map((part) => field(part, 'String', 'sval')).filter((part) => typeof part === 'string');
}

function refusedSetting(tree: unknown): string | null {
  const name = String(field(tree, 'name') ?? '').toLowerCase();
  if (field(tree, 'kind') === 'VAR_RESET_ALL') return 'RESET ALL would undo what the runner has set';
  if (field(tree, 'kind') === 'VAR_SET_MULTI') return 'the transaction belongs to the runner';
  return REFUSED_SETTINGS.has(name) ? `${name} belongs to the runner and cannot be set by a migration` : null;
}

/** Dropping or renaming the schemas that provisioning made, or anything done to the database itself. */
function refusedTarget({ kind, tree }: SqlStatement): string | null {
  const type = field(tree, 'removeType') ?? field(tree, 'renameType') ?? field(tree, 'objectType');
  if (type === 'OBJECT_DATABASE' && kind !== 'CommentStmt') return 'the database belongs to turbobackend provision';
  if (kind === 'GrantStmt' && ['OBJECT_DATABASE', 'OBJECT_SCHEMA'].includes(String(field(tree, 'objtype')))) {
    return 'privileges on the database and its schemas belong to turbobackend provision';
  }
  if (field(tree, 'newschema') === JOURNAL_SCHEMA)
    return `the schema ${JOURNAL_SCHEMA} holds the journal of migrations`;
  const isSchema = type === 'OBJECT_SCHEMA' && kind !== 'CommentStmt';
  const targets = [...list(field(tree, 'objects')), field(tree, 'object')].map(nameParts);
  const named = [...targets.map((parts) => parts[0]), field(tree, 'subname')];
  const kept = named.find((name) => typeof name === 'string' && KEPT_SCHEMAS.has(name));
  if (isSchema && kept !== undefined) return `the schema ${String(kept)} belongs to turbobackend provision`;
  const touchesJournal = targets.some((parts) => parts.length > 1 && parts[0] === JOURNAL_SCHEMA);
  return touchesJournal ? `the schema ${JOURNAL_SCHEMA} holds the journal of migrations` : null;
}

function refusedInside(tree: unknown): string | null {
  for (const [kind, node] of nodesOf({ tree })) {
    if (node.schemaname === JOURNAL_SCHEMA) return `the schema ${JOURNAL_SCHEMA} holds the journal of migrations`;
    const called = kind === 'FuncCall' ? nameParts(node.funcname).at(-1) : undefined;
    if (called !== undefined && REFUSED_FUNCTIONS.has(called)) return `${called}() works against the runner`;
  }
  return null;
}

const isConcurrentReindex = (tree: unknown): boolean =>
  list(field(tree, 'params')).some((item) => field(item, 'DefElem', 'defname') === 'concurrently');

/** Rules that let an interrupted concurrent statement be taken up again. */
function refusedConcurrently({ kind, tree }: SqlStatement): string | null {
  if (kind !== 'IndexStmt' || field(tree, 'concurrent') !== true) return null;
  if (field(tree, 'if_not_exists') === true) {
    return 'IF NOT EXISTS would keep the invalid index that an interrupted run leaves behind';
  }
  return typeof field(tree, 'idxname') === 'string' ? null : 'an index made concurrently needs a name';
}

/** Why a statement may not be in a migration; null when it may. */
export function findRefusal(statement: SqlStatement): string | null {
  const { kind, tree } = statement;
  if (Object.hasOwn(REFUSED, kind)) return REFUSED[kind] ?? null;
  if (kind === 'VariableSetStmt') return refusedSetting(tree);
  return refusedTarget(statement) ?? refusedConcurrently(statement) ?? refusedInside(tree);
}

/** What PostgreSQL calls a statement that it does not run inside a transaction; null for all others. */
export function nonTransactionalKind({ kind, tree }: SqlStatement): string | null {
  if (kind === 'IndexStmt' && field(tree, 'concurrent') === true) return 'CREATE INDEX CONCURRENTLY';
  if (kind === 'DropStmt' && field(tree, 'concurrent') === true) return 'DROP INDEX CONCURRENTLY';
  if (kind === 'VacuumStmt' && field(tree, 'is_vacuumcmd') === true) return 'VACUUM';
  if (kind === 'ClusterStmt' && field(tree, 'relation') === undefined) return 'CLUSTER of all tables';
  if (kind === 'ReindexStmt') {
    const whole = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'];
    if (isConcurrentReindex(tree)) return 'REINDEX CONCURRENTLY';
    return whole.includes(String(field(tree, 'kind'))) ? 'REINDEX of many tables' : null;
  }
  const detaches = [...nodesOf(tree)].some(([name, node]) => name === 'PartitionCmd' && node.concurrent === true);
  return kind === 'AlterTableStmt' && detaches ? 'DETACH PARTITION CONCURRENTLY' : null;
}

/** The index a statement makes concurrently, so that an interrupted attempt can be looked up; null for others. */
export function concurrentIndex({ kind, tree }: SqlStatement): ConcurrentIndex | null {
  if (kind !== 'IndexStmt' || field(tree, 'concurrent') !== true) return null;
  const name = field(tree, 'idxname');
  const table = field(tree, 'relation', 'relname');
  const schema = field(tree, 'relation', 'schemaname');
  if (typeof name !== 'string' || typeof table !== 'string') return null;
  const columns = list(field(tree, 'indexParams')).map((item) => field(item, 'IndexElem', 'name'));
  return {
    name,
    schema: typeof schema === 'string' ? schema : APP_SCHEMA,
    table,
    columns: columns.filter((column) => typeof column === 'string'),
    plainColumns: columns.every((column) => typeof column === 'string') && field(tree, 'whereClause') === undefined,
  };
}

export interface IndexName {
  readonly schema: string;
  readonly name: string;
}

/** An index made by CREATE INDEX CONCURRENTLY. */
export interface ConcurrentIndex extends IndexName {
  readonly table: string;
  readonly columns: readonly string[];
  /** No expression and no WHERE: duplicates can be looked for by the columns alone. */
  readonly plainColumns: boolean;
}

/** The index a statement drops concurrently; null for others. */
export function droppedIndex({ kind, tree }: SqlStatement): IndexName | null {
  if (kind !== 'DropStmt' || field(tree, 'concurrent') !== true) return null;
  const parts = list(field(tree, 'objects')).map(nameParts)[0] ?? [];
  const name = parts.at(-1);
  return name === undefined ? null : { schema: parts.length > 1 ? (parts[0] ?? APP_SCHEMA) : APP_SCHEMA, name };
}
