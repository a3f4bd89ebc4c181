import { z } from 'zod';
import { APP_SCHEMA, type DatabaseNames, JOURNAL_SCHEMA } from '../../../domain/database.ts';
import { identifier } from '../../../domain/identifier.ts';
import type { SqlSession } from '../../../ports/sql.ts';
import type { Grade } from './facts.ts';
import { HAS_MEMORY } from './writes.ts';

const insideFactsShape = z.object({
  schemas: z.record(z.string(), z.object({ owner: z.string(), grants: z.array(z.string()) })),
  defaults: z.array(z.object({ schema: z.string().nullable(), type: z.string(), grants: z.array(z.string()) })),
  /** PUBLIC may run code blocks or write large objects. */
  openDoors: z.boolean(),
  holdsData: z.boolean(),
  /** Writes were taken from the backend. */
  writesRefused: z.boolean(),
});

/** What the catalogue of the project's own database says. */
export type InsideFacts = z.output<typeof insideFactsShape>;

/** Functions every role may call by default and which write beside the tables, into large objects. */
const LARGE_OBJECT_FUNCTIONS = [
  'lo_create(oid)',
  'lo_creat(integer)',
  'lo_from_bytea(oid,bytea)',
  'lo_put(oid,bigint,bytea)',
  'lowrite(integer,bytea)',
  'lo_open(oid,integer)',
].map((signature) => `pg_catalog.${signature}`);

const GRANTS = (acl: string) => `(SELECT coalesce(jsonb_agg(
    CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END || ':' || a.privilege_type), '[]')
  FROM aclexplode(${acl}) a)`;

const USER_SCHEMA = `n.nspname !~ '^(pg_|information_schema$)'`;

const HOLDS_DATA = `(
  EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMA})
  OR EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${USER_SCHEMA})
  OR EXISTS (SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ${USER_SCHEMA}))`;

const FACTS = `
  SELECT
    (SELECT coalesce(jsonb_object_agg(n.nspname, jsonb_build_object('owner', pg_get_userbyid(n.nspowner),
        'grants', ${GRANTS("coalesce(n.nspacl, acldefault('n', n.nspowner))")})), '{}')
      FROM pg_namespace n WHERE n.nspname = ANY ($1)) AS schemas,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', n.nspname, 'type', d.defaclobjtype,
        'grants', ${GRANTS('d.defaclacl')})), '[]')
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
      WHERE pg_get_userbyid(d.defaclrole) = $2) AS defaults,
    (has_language_privilege('public', 'plpgsql', 'usage')
      OR EXISTS (SELECT FROM unnest($3::text[]) f WHERE has_function_privilege('public', f, 'execute'))) AS "openDoors",
    ${HOLDS_DATA} AS "holdsData", ${HAS_MEMORY} AS "writesRefused"`;

/** One round trip, catalogue only; for a session whose search_path is pg_catalog. */
export async function readInsideFacts(session: SqlSession, names: DatabaseNames): Promise<InsideFacts> {
  const schemas = [APP_SCHEMA, JOURNAL_SCHEMA, 'public'];
  const { rows } = await session.query(FACTS, [schemas, names.owner, LARGE_OBJECT_FUNCTIONS]);
  return insideFactsShape.parse(rows[0]);
}

const has = (grants: readonly string[] | undefined, role: string, ...privileges: string[]): boolean =>
  privileges.every((privilege) => grants?.includes(`${role}:${privilege}`));

const isNobodys = (grants: readonly string[], role: string): boolean =>
  !grants.some((grant) => grant.startsWith(`${role}:`));

/** Before PostgreSQL 15 `public` belongs to the superuser, and a lesser administrator has to leave it. */
const canDropPublic = (grade: Grade): boolean => grade.superuser || grade.version >= 150_000;

function schemasAreRight({ schemas, holdsData }: InsideFacts, names: DatabaseNames, grade: Grade): boolean {
  const app = schemas[APP_SCHEMA];
  const journal = schemas[JOURNAL_SCHEMA];
  if (!app || !journal || app.owner !== names.owner || journal.owner !== names.owner) return false;
  // With data inside, a `public` is somebody's; it is reported by the isolation checks, not dropped.
  if (schemas.public && !holdsData && canDropPublic(grade)) return false;
  return (
    [names.app, names.ro].every((role) => has(app.grants, role, 'USAGE') && !has(app.grants, role, 'CREATE')) &&
    isNobodys(app.grants, '') &&
    ['', names.app, names.ro].every((role) => isNobodys(journal.grants, role))
  );
}

function defaultsAreRight({ defaults }: InsideFacts, names: DatabaseNames): boolean {
  const of = (schema: string | null, type: string) =>
    defaults.find((found) => found.schema === schema && found.type === type)?.grants;
  const functions = of(null, 'f');
  return (
    has(of(APP_SCHEMA, 'r'), names.app, 'SELECT', 'INSERT', 'UPDATE', 'DELETE') &&
    has(of(APP_SCHEMA, 'r'), names.ro, 'SELECT') &&
    has(of(APP_SCHEMA, 'S'), names.app, 'SELECT', 'USAGE') &&
    functions !== undefined &&
    isNobodys(functions, '')
  );
}

export function insideVerdict(facts: InsideFacts, names: DatabaseNames, grade: Grade): 'incomplete' | 'complete' {
  const doors = !grade.superuser || !facts.openDoors;
  return doors && schemasAreRight(facts, names, grade) && defaultsAreRight(facts, names) ? 'complete' : 'incomplete';
}

/** The half of T3 that touches only what the server brought along; needs the administrator. */
export function systemStatements(grade: Grade, holdsData: boolean): readonly string[] {
  return [
    ...(holdsData || !canDropPublic(grade) ? [] : ['DROP SCHEMA IF EXISTS public']),
    ...(grade.superuser
      ? [
          // No DO blocks for anybody but superusers.
          'REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC',
          `REVOKE EXECUTE ON FUNCTION ${LARGE_OBJECT_FUNCTIONS.join(', ')} FROM PUBLIC`,
        ]
      : []),
  ];
}

/** The half of T3 the owner can do, and repairs later through `_mig`. */
export function ownerStatements(names: DatabaseNames): readonly string[] {
  const [owner, app, ro] = [names.owner, names.app, names.ro].map(identifier);
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner}`;
  return [
    `CREATE SCHEMA IF NOT EXISTS ${APP_SCHEMA} AUTHORIZATION ${owner}`,
    `CREATE SCHEMA IF NOT EXISTS ${JOURNAL_SCHEMA} AUTHORIZATION ${owner}`,
    `REVOKE ALL ON SCHEMA ${APP_SCHEMA}, ${JOURNAL_SCHEMA} FROM PUBLIC, ${app}, ${ro}`,
    `GRANT USAGE ON SCHEMA ${APP_SCHEMA} TO ${app}, ${ro}`,
    `${defaults} IN SCHEMA ${APP_SCHEMA} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app}`,
    `${defaults} IN SCHEMA ${APP_SCHEMA} GRANT SELECT ON TABLES TO ${ro}`,
    `${defaults} IN SCHEMA ${APP_SCHEMA} GRANT USAGE, SELECT ON SEQUENCES TO ${app}`,
    `${defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
  ];
}
