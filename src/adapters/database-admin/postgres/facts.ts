import { z } from 'zod';
import type { DatabaseTarget } from '../../../domain/provisioning.ts';
import type { SqlSession } from '../../../ports/sql.ts';

/** What the administrator is and talks to; decides which statements exist and are allowed. */
export interface Grade {
  /** server_version_num */
  readonly version: number;
  readonly superuser: boolean;
  readonly user: string;
}

const grantShape = z.object({ grantee: z.string(), privilege: z.string(), grantable: z.boolean() });

const clusterFactsShape = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      tag: z.string().nullable(),
      login: z.boolean(),
      inherit: z.boolean(),
      /** Any cluster-wide power: superuser, create database or role, replication, bypassing row security. */
      powers: z.boolean(),
      /** The words that take away those powers that only a superuser may give. */
      excess: z.array(z.string()),
      connectionLimit: z.number(),
      expires: z.boolean(),
      /** The administrator may act with its rights, and may become it; a superuser always. */
      inherited: z.boolean(),
      settable: z.boolean(),
    }),
  ),
  memberships: z.array(
    z.object({
      role: z.string(),
      member: z.string(),
      grantor: z.string().nullable(),
      admin: z.boolean(),
      /** Null before PostgreSQL 16. */
      inherit: z.boolean().nullable(),
      set: z.boolean().nullable(),
    }),
  ),
  database: z
    .object({
      owner: z.string(),
      open: z.boolean(),
      template: z.boolean(),
      connectionLimit: z.number(),
      /** Null when it was not asked for, or the administrator may not know. */
      bytes: z.number().nullable(),
      /** Grantee '' is PUBLIC. */
      grants: z.array(grantShape),
    })
    .nullable(),
  /** The database under its name in the trash. */
  trash: z.object({ owner: z.string(), open: z.boolean(), connectionLimit: z.number() }).nullable(),
  /** Settings of our roles: in our database, in another one ('' stands for everywhere). */
  settings: z.array(z.object({ role: z.string(), database: z.string(), config: z.array(z.string()) })),
  /** Password verifiers by role; null when the administrator may not read them. */
  verifiers: z.record(z.string(), z.string().nullable()).nullable(),
});

/** Everything about a project that can be seen from outside its database. */
export type ClusterFacts = z.output<typeof clusterFactsShape>;

/**
 * Our roles are looked up once, and everything else by their oids: no part reads more of a large cluster than it must.
 * PostgreSQL fills in `infinity` when the end of a password was set to it: the same as no end. Passwords are for
 * superusers only: the planner refuses anybody else the whole query. Before PostgreSQL 16 a membership has no options.
 */
const facts = ({ superuser, version }: Grade): string => `
  WITH ours AS MATERIALIZED (
    SELECT * FROM ${superuser ? 'pg_authid' : 'pg_roles'} WHERE rolname = ANY ($1::name[]))
  SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', r.rolname, 'tag', c.description,
        'login', r.rolcanlogin, 'inherit', r.rolinherit,
        'powers', r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls,
        'excess', array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'NOSUPERUSER' END,
          CASE WHEN r.rolreplication THEN 'NOREPLICATION' END, CASE WHEN r.rolbypassrls THEN 'NOBYPASSRLS' END], NULL),
        'connectionLimit', r.rolconnlimit, 'expires', coalesce(r.rolvaliduntil <> 'infinity', false),
        'inherited', pg_has_role(r.oid, '${version >= 160_000 ? 'USAGE' : 'MEMBER'}'),
        'settable', pg_has_role(r.oid, '${version >= 160_000 ? 'SET' : 'MEMBER'}'))), '[]')
      FROM ours r LEFT JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass) AS roles,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'role', pg_get_userbyid(a.roleid), 'member', pg_get_userbyid(a.member),
        'grantor', pg_get_userbyid(a.grantor), 'admin', a.admin_option,
        'inherit', to_jsonb(a) -> 'inherit_option', 'set', to_jsonb(a) -> 'set_option')), '[]')
      FROM pg_auth_members a
      WHERE a.member = ANY (ARRAY(SELECT oid FROM ours)) OR (a.roleid = ANY (ARRAY(SELECT oid FROM ours))
        AND pg_get_userbyid(a.member) ~ '^turbobackend_proj_')) AS memberships,
    (SELECT jsonb_build_object(
        'owner', pg_get_userbyid(d.datdba), 'open', d.datallowconn, 'template', d.datistemplate,
        'connectionLimit', d.datconnlimit,
        'bytes', CASE WHEN $4 AND has_database_privilege(d.oid, 'connect') THEN pg_database_size(d.oid) END,
        'grants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'grantee', CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
            'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
          FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a))
      FROM pg_database d WHERE d.datname = $2::name) AS database,
    (SELECT jsonb_build_object(
        'owner', pg_get_userbyid(d.datdba), 'open', d.datallowconn, 'connectionLimit', d.datconnlimit)
      FROM pg_database d WHERE d.datname = $3::name) AS trash,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('role', pg_get_userbyid(s.setrole), 'database',
        coalesce((SELECT d.datname FROM pg_database d WHERE d.oid = s.setdatabase), ''), 'config', s.setconfig)), '[]')
      FROM pg_db_role_setting s WHERE s.setrole = ANY (ARRAY(SELECT oid FROM ours))) AS settings,
    ${superuser ? "(SELECT coalesce(jsonb_object_agg(r.rolname, r.rolpassword), '{}') FROM ours r WHERE r.rolcanlogin)" : 'NULL'} AS verifiers`;

/** One round trip. The session's search_path is pg_catalog, so nobody's look-alike is called. */
export async function readClusterFacts(
  session: SqlSession,
  { names, trash, limits }: DatabaseTarget,
  grade: Grade,
): Promise<ClusterFacts> {
  const roles = [names.group, names.owner, names.mig, names.app, names.ro];
  const { rows } = await session.query(facts(grade), [roles, names.database, trash, limits.storageMb !== null]);
  return clusterFactsShape.parse(rows[0]);
}

/** The object of our name that is not ours, in words; null when there is none. */
export function findForeign(facts: ClusterFacts, { names, trash }: DatabaseTarget): string | null {
  const role = facts.roles.find((found) => found.tag !== names.tag);
  if (role) return `role "${role.name}"`;
  // An owner of our name that exists has passed the line above: it carries our tag.
  if (facts.database && facts.database.owner !== names.owner) return `database "${names.database}"`;
  if (facts.trash && facts.trash.owner !== names.owner) return `database "${trash}"`;
  return null;
}
