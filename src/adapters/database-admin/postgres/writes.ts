import { z } from 'zod';
import { type DatabaseNames, JOURNAL_SCHEMA } from '../../../domain/database.ts';
import { identifier, literal } from '../../../domain/identifier.ts';
import { SqlError, type SqlSession } from '../../../ports/sql.ts';

/**
 * A database that has outgrown its storage takes no more rows: INSERT and UPDATE are taken from the backend's login on
 * everything of the owner's, and remembered in a table, so that exactly those come back. Whoever took a right away
 * before, or gives one to a table of tomorrow, is not overruled. DELETE stays, so that there is a way back.
 */
const MEMORY_NAME = 'refused_writes';
const MEMORY = `${identifier(JOURNAL_SCHEMA)}.${identifier(MEMORY_NAME)}`;

/** True while writes are refused; for the look inside. Looked up, not resolved: the reader may not enter that schema. */
export const HAS_MEMORY = `EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ${literal(JOURNAL_SCHEMA)} AND c.relname = ${literal(MEMORY_NAME)})`;

const given = (acl: string) => `aclexplode(${acl}) a
    WHERE a.privilege_type IN ('INSERT', 'UPDATE') AND a.grantor = c.relowner
      AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) = $1)`;

/** Rights to add or change rows which the owner gave to $1 or to everybody: one row each; of a whole relation `column` is ''. */
const RIGHTS = `
  WITH c AS (
    SELECT c.oid, c.relacl, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^(pg_|information_schema$)' AND n.nspname <> ${literal(JOURNAL_SCHEMA)}
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_get_userbyid(c.relowner) = $2)
  SELECT c.oid AS relation, '' AS "column", a.privilege_type AS privilege, a.grantee = 0 AS everybody
    FROM c, ${given('c.relacl')}
  UNION ALL
  SELECT c.oid, t.attname::text, a.privilege_type, a.grantee = 0
    FROM c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped, ${given('t.attacl')}`;

/** Some of what was taken away is there again, on a new table for one. Only to be asked while writes are refused. */
export async function isWritable(session: SqlSession, { app, owner }: DatabaseNames): Promise<boolean> {
  const { rows } = await session.query(`SELECT EXISTS (${RIGHTS}) AS writable`, [app, owner]);
  return rows[0]?.writable === true;
}

const rightShape = z.object({
  schema: z.string(),
  relation: z.string(),
  column: z.string(),
  privilege: z.enum(['INSERT', 'UPDATE']),
  everybody: z.boolean(),
});

const NAMED = (rights: string) => `
  SELECT n.nspname::text AS schema, c.relname::text AS relation, r."column", r.privilege, r.everybody
  FROM ${rights} r JOIN pg_class c ON c.oid = r.relation JOIN pg_namespace n ON n.oid = c.relnamespace`;

/** Not there any more: a relation, a column, a schema. What is gone has no rights: the next look passes over it. */
const GONE = ['42P01', '42703', '3F000'];

/**
 * Something was dropped between the look and the statements. No lock would help: REVOKE itself takes none, and some
 * kinds of relations cannot be locked.
 */
export function isGone(error: unknown): boolean {
  return error instanceof SqlError && GONE.includes(error.state);
}

/** Takes the rights away. For a session that acts as the owner, in a transaction; gives the statements to run in it. */
export async function refuseWritesStatements(session: SqlSession, names: DatabaseNames): Promise<readonly string[]> {
  const { rows } = await session.query(NAMED(`(${RIGHTS})`), [names.app, names.owner]);
  const rights = z.array(rightShape).parse(rows);
  const relations = new Set(rights.map(nameOf));
  const remembered = rights.map(
    (right) =>
      `(${literal(nameOf(right))}::regclass, ${literal(right.column)}, ${literal(right.privilege)}, ${right.everybody})`,
  );
  return [
    `CREATE TABLE IF NOT EXISTS ${MEMORY} (
       relation regclass NOT NULL, "column" text NOT NULL, privilege text NOT NULL, everybody boolean NOT NULL,
       CONSTRAINT ${identifier(`${MEMORY_NAME}_key`)} UNIQUE (relation, "column", privilege, everybody))`,
    ...(remembered.length === 0
      ? []
      : [`INSERT INTO ${MEMORY} VALUES ${remembered.join(', ')} ON CONFLICT DO NOTHING`]),
    // Rights on single columns go with those on the table.
    ...[...relations].map((relation) => `REVOKE INSERT, UPDATE ON ${relation} FROM PUBLIC, ${identifier(names.app)}`),
  ];
}

/** Gives back what was taken away, to what is still there. For a session that acts as the owner, in a transaction. */
export async function allowWritesStatements(session: SqlSession, names: DatabaseNames): Promise<readonly string[]> {
  const { rows } = await session.query(
    `${NAMED(MEMORY)} WHERE r."column" = '' OR EXISTS (SELECT FROM pg_attribute t
       WHERE t.attrelid = r.relation AND t.attname = r."column" AND NOT t.attisdropped)`,
  );
  const grants = z
    .array(rightShape)
    .parse(rows)
    .map((right) => {
      const columns = right.column === '' ? '' : ` (${identifier(right.column)})`;
      const grantee = right.everybody ? 'PUBLIC' : identifier(names.app);
      return `GRANT ${right.privilege}${columns} ON ${nameOf(right)} TO ${grantee}`;
    });
  return [...grants, `DROP TABLE ${MEMORY}`];
}

function nameOf({ schema, relation }: { readonly schema: string; readonly relation: string }): string {
  return `${identifier(schema)}.${identifier(relation)}`;
}
