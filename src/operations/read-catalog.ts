import type {
  Catalog,
  CatalogColumn,
  CatalogConstraint,
  CatalogIndex,
  CatalogObject,
  CatalogPolicy,
  ConstraintKind,
} from '../domain/catalog.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import { REPORTS_POLICY } from '../domain/policies.ts';
import type { SqlSession } from '../ports/sql.ts';

type Row = Readonly<Record<string, unknown>>;

const TABLES = `SELECT c.relname AS name, c.relrowsecurity AS row_security,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1`;

const COLUMNS = `SELECT c.relname AS table, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS not_null, a.attidentity AS identity, a.attgenerated AS generated,
    pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression, pg_catalog.col_description(c.oid, a.attnum) AS comment,
    (SELECT s.relname FROM pg_catalog.pg_depend o JOIN pg_catalog.pg_class s ON s.oid = o.objid AND s.relkind = 'S'
     WHERE o.refobjid = c.oid AND o.refobjsubid = a.attnum AND o.deptype = 'i' LIMIT 1) AS sequence
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('r', 'p')
  ORDER BY 1, a.attnum`;

/** NOT NULL stands at the columns; PostgreSQL 18 has it a second time as a constraint. */
const CONSTRAINTS = `SELECT c.relname AS table, k.conname AS name, k.contype AS kind,
    pg_catalog.pg_get_constraintdef(k.oid) AS definition, t.relname AS target,
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number ORDER BY u.place) AS columns,
    ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number ORDER BY u.place) AS target_columns
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  LEFT JOIN pg_catalog.pg_class t ON t.oid = k.confrelid
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND k.contype IN ('p', 'u', 'f', 'c', 'x')
  ORDER BY 1, 2`;

const INDEXES = `SELECT c.relname AS table, x.relname AS name, i.indisunique AS unique, i.indisvalid AS valid,
    pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid), pg_catalog.length(pg_catalog.format(
      'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname,
      CASE WHEN c.relkind = 'p' THEN 'ONLY ' ELSE '' END, n.nspname, c.relname)) + 1) AS definition,
    CASE WHEN 0 = ANY (i.indkey::smallint[]) THEN NULL ELSE
      ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS u (number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number ORDER BY u.place) END AS columns
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
      WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = c.oid)
  ORDER BY 1, 2`;

const POLICIES = `SELECT c.relname AS table, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
    ARRAY(SELECT r.rolname::text FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles) ORDER BY 1) AS roles,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND p.polname <> $2
  ORDER BY 1, 2`;

const TRIGGERS = `SELECT c.relname AS table, t.tgname AS name, pg_catalog.pg_get_triggerdef(t.oid) AS definition
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND NOT t.tgisinternal
  ORDER BY 1, 2`;

const ENUMS = `SELECT t.typname AS name,
    ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS values
  FROM pg_catalog.pg_type t
  WHERE t.typnamespace = pg_catalog.to_regnamespace($1) AND t.typtype = 'e'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
  ORDER BY 1`;

const VIEWS = `SELECT c.relname AS name, pg_catalog.pg_get_viewdef(c.oid) AS definition,
    pg_catalog.obj_description(c.oid, 'pg_class') AS comment
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('v', 'm')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1`;

/** What extensions brought along is theirs. */
const OTHERS = `SELECT name, definition FROM (
    SELECT p.oid, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS name,
      CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE pg_catalog.pg_get_functiondef(p.oid) END AS definition
    FROM pg_catalog.pg_proc p WHERE p.pronamespace = pg_catalog.to_regnamespace($1)
    UNION ALL
    SELECT c.oid, c.relname, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'foreign table' END
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = pg_catalog.to_regnamespace($1) AND c.relkind IN ('S', 'f')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('i', 'a'))
    UNION ALL
    SELECT t.oid, t.typname, 'domain of ' || pg_catalog.format_type(t.typbasetype, t.typtypmod)
    FROM pg_catalog.pg_type t WHERE t.typnamespace = pg_catalog.to_regnamespace($1) AND t.typtype = 'd'
  ) AS found
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = found.oid AND d.deptype = 'e')
  ORDER BY 1`;

/**
 * Reads what a project's database holds, as one of its own roles: every one may. Nothing in it depends on the names of
 * the project's roles, so databases of several projects can be compared. The policy that lets reports read everything
 * is left out: turbobackend makes it, not a migration. Throws `SqlError`.
 */
export async function readCatalog(session: SqlSession): Promise<Catalog> {
  const read = async (query: string, ...more: unknown[]): Promise<readonly Row[]> =>
    (await session.query(query, [APP_SCHEMA, ...more])).rows;
  const tables = await read(TABLES);
  const columns = byTable(await read(COLUMNS), columnOf);
  const constraints = byTable(await read(CONSTRAINTS), constraintOf);
  const indexes = byTable(await read(INDEXES), indexOf);
  const policies = byTable(await read(POLICIES, REPORTS_POLICY), policyOf);
  const triggers = byTable(await read(TRIGGERS), objectOf);
  return {
    tables: tables.map((row) => {
      const name = String(row.name);
      return {
        name,
        comment: text(row.comment),
        rowSecurity: row.row_security === true,
        columns: columns.get(name) ?? [],
        constraints: constraints.get(name) ?? [],
        indexes: indexes.get(name) ?? [],
        policies: policies.get(name) ?? [],
        triggers: triggers.get(name) ?? [],
      };
    }),
    enums: (await read(ENUMS)).map((row) => ({ name: String(row.name), values: list(row.values) })),
    views: (await read(VIEWS)).map((row) => ({ ...objectOf(row), comment: text(row.comment) })),
    others: (await read(OTHERS)).map(objectOf),
  };
}

function byTable<T>(rows: readonly Row[], make: (row: Row) => T): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const table = String(row.table);
    found.set(table, [...(found.get(table) ?? []), make(row)]);
  }
  return found;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function columnOf(row: Row): CatalogColumn {
  const isGenerated = row.generated !== '';
  const expression = text(row.expression);
  return {
    name: String(row.name),
    type: String(row.type),
    notNull: row.not_null === true,
    default: isGenerated ? null : expression,
    identity: row.identity === 'a' || row.identity === 'd' ? row.identity : null,
    sequence: text(row.sequence),
    generated: isGenerated ? expression : null,
    comment: text(row.comment),
  };
}

const KINDS: Readonly<Record<string, ConstraintKind>> = { p: 'primary', u: 'unique', f: 'foreign', c: 'check' };

function constraintOf(row: Row): CatalogConstraint {
  const target = text(row.target);
  return {
    kind: KINDS[String(row.kind)] ?? 'other',
    name: String(row.name),
    columns: list(row.columns),
    definition: String(row.definition),
    target: target === null ? null : { table: target, columns: list(row.target_columns) },
  };
}

function indexOf(row: Row): CatalogIndex {
  return {
    name: String(row.name),
    unique: row.unique === true,
    valid: row.valid === true,
    definition: String(row.definition),
    columns: Array.isArray(row.columns) ? list(row.columns) : null,
  };
}

const COMMANDS: Readonly<Record<string, string>> = { r: 'SELECT', a: 'INSERT', w: 'UPDATE', d: 'DELETE' };

function policyOf(row: Row): CatalogPolicy {
  return {
    name: String(row.name),
    command: COMMANDS[String(row.command)] ?? 'ALL',
    permissive: row.permissive === true,
    roles: list(row.roles),
    using: text(row.using_),
    check: text(row.check_),
  };
}

function objectOf(row: Row): CatalogObject {
  return { name: String(row.name), definition: String(row.definition) };
}
