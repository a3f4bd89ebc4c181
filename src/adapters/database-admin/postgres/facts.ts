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
      connectionLimit: z.number(),
      expires: z.boolean(),
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

/** PostgreSQL fills in `infinity` when the end was set to it: the same as no end. */
const FACTS = `
  SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'name', r.rolname, 'tag', shobj_description(r.oid, 'pg_authid'),
        'login', r.rolcanlogin, 'inherit', r.rolinherit,
        'powers', r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls,
        'connectionLimit', r.rolconnlimit, 'expires', coalesce(r.rolvaliduntil <> 'infinity', false))), '[]')
      FROM pg_roles r WHERE r.rolname = ANY ($1)) AS roles,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'role', r.rolname, 'member', m.rolname, 'grantor', g.rolname, 'admin', a.admin_option,
        'inherit', to_jsonb(a) -> 'inherit_option', 'set', to_jsonb(a) -> 'set_option')), '[]')
      FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
        LEFT JOIN pg_roles g ON g.oid = a.grantor
      WHERE m.rolname = ANY ($1) OR (r.rolname = ANY ($1) AND m.rolname ~ '^turbobackend_proj_')) AS memberships,
    (SELECT jsonb_build_object(
        'owner', pg_get_userbyid(d.datdba), 'open', d.datallowconn, 'template', d.datistemplate,
        'connectionLimit', d.datconnlimit,
        'grants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'grantee', CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
            'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
          FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a))
      FROM pg_database d WHERE d.datname = $2) AS database,
    (SELECT jsonb_build_object(
        'owner', pg_get_userbyid(d.datdba), 'open', d.datallowconn, 'connectionLimit', d.datconnlimit)
      FROM pg_database d WHERE d.datname = $3) AS trash,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'role', r.rolname, 'database', coalesce(d.datname, ''), 'config', s.setconfig)), '[]')
      FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE r.rolname = ANY ($1)) AS settings`;

/** Superusers only: the planner of anybody else refuses the whole query. */
const VERIFIERS = `, (SELECT coalesce(jsonb_object_agg(a.rolname, a.rolpassword), '{}')
      FROM pg_authid a WHERE a.rolcanlogin AND a.rolname = ANY ($1)) AS verifiers`;

/** One round trip. The session's search_path is pg_catalog, so nobody's look-alike is called. */
export async function readClusterFacts(
  session: SqlSession,
  { names, trash }: DatabaseTarget,
  grade: Grade,
): Promise<ClusterFacts> {
  const roles = [names.group, names.owner, names.mig, names.app, names.ro];
  const text = FACTS + (grade.superuser ? VERIFIERS : ', NULL AS verifiers');
  const { rows } = await session.query(text, [roles, names.database, trash]);
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
