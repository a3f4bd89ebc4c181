import type { Powers } from './isolation-limits.ts';

/**
 * The isolation checklist of RELIABILITY 5.3: each query must return no row. V checks look at the cluster, as
 * administrator; D checks at the catalogue of one project database, as its reading login. All run with search_path =
 * pg_catalog in a read-only session.
 */
export interface IsolationCheck {
  readonly id: string;
  /** What the administrator must be able to do: to look, or to have made what is looked for. */
  readonly needs?: (powers: Powers) => boolean;
  /** One column, `object`. */
  readonly sql: string;
}

const OURS = "'^turbobackend_proj_'";
/** The project a role belongs to: its name without the part. */
const project = (role: string) => `regexp_replace(${role}, '_(own|mig|app|ro)$', '')`;
const name = (oid: string) => `pg_get_userbyid(${oid})::text`;
const grantee = `CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE ${name('a.grantee')} END`;

export const CLUSTER_CHECKS: readonly IsolationCheck[] = [
  {
    // A project database that PUBLIC may connect to or make temporary tables in.
    id: 'V1',
    sql: `SELECT DISTINCT datname::text AS object FROM pg_database d,
        LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      WHERE datname ~ ${OURS} AND a.grantee = 0`,
  },
  {
    // Any other database open to PUBLIC: postgres, template1, the metadata.
    id: 'V2',
    sql: `SELECT DISTINCT datname::text AS object FROM pg_database d,
        LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      WHERE datname !~ ${OURS} AND d.datallowconn AND a.grantee = 0`,
  },
  {
    // A project role with a power over the cluster.
    id: 'V3',
    sql: `SELECT rolname::text AS object FROM pg_roles WHERE rolname ~ ${OURS}
        AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)`,
  },
  {
    // No connection limit, or an owner or access group that can log in.
    id: 'V4',
    sql: `SELECT rolname::text AS object FROM pg_roles WHERE rolname ~ ${OURS} AND rolcanlogin
        AND (rolconnlimit = -1 OR rolname !~ '_(mig|app|ro)$')
      UNION ALL
      SELECT datname::text FROM pg_database WHERE datname ~ ${OURS} AND datconnlimit = -1`,
  },
  {
    // A membership in another project or a predefined role, with ADMIN, or one that inherits the owner.
    id: 'V5',
    sql: `SELECT ${name('m.member')} || ' in ' || ${name('m.roleid')} AS object FROM pg_auth_members m
      WHERE ${name('m.member')} ~ ${OURS} AND (m.admin_option
        OR ${project(name('m.member'))} <> ${project(name('m.roleid'))}
        OR (${name('m.roleid')} ~ '_own$' AND coalesce((to_jsonb(m) ->> 'inherit_option')::boolean,
          (SELECT rolinherit FROM pg_roles r WHERE r.oid = m.member))))`,
  },
  {
    // Wrong owner, half-dropped, closed, or a template anybody could copy; or in the trash and yet open.
    id: 'V6',
    sql: `SELECT datname || ' owned by ' || ${name('datdba')} || ', limit ' || datconnlimit
        || CASE WHEN datallowconn THEN '' ELSE ', closed' END || CASE WHEN datistemplate THEN ', template' ELSE '' END
        AS object
      FROM pg_database WHERE datname ~ ${OURS}
        AND (${name('datdba')} <> datname || '_own' OR datconnlimit = -2 OR NOT datallowconn OR datistemplate)
      UNION ALL
      SELECT datname || ' is open' FROM pg_database WHERE datname ~ '^turbobackend_trash_' AND datallowconn`,
  },
  {
    // A password that is not a SCRAM verifier.
    id: 'V7',
    needs: (powers) => powers.readsVerifiers,
    sql: `SELECT rolname::text AS object FROM pg_authid WHERE rolcanlogin AND rolname ~ ${OURS}
        AND (rolpassword IS NULL OR rolpassword !~ '^SCRAM-SHA-256\\$')`,
  },
  {
    // A privilege on a project database for anybody but its own roles.
    id: 'V8',
    sql: `SELECT DISTINCT d.datname || ' to ' || ${name('a.grantee')} AS object
      FROM pg_database d, LATERAL aclexplode(d.datacl) a
      WHERE d.datname ~ ${OURS} AND a.grantee <> 0 AND a.grantee <> d.datdba
        AND ${project(name('a.grantee'))} <> d.datname`,
  },
  {
    // Settings that bound what a backend may use; temp_file_limit is a superuser's to set.
    id: 'V9',
    sql: `SELECT r.rolname::text AS object FROM pg_roles r JOIN pg_database d ON d.datname || '_app' = r.rolname
        LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = d.oid
      WHERE r.rolname ~ ${OURS} AND NOT (coalesce(s.setconfig::text, '') ~ 'statement_timeout='
        AND (s.setconfig::text ~ 'temp_file_limit=' OR NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
        AND s.setconfig::text ~ 'search_path=')`,
  },
  {
    // pg_hba.conf: no proof of identity, a proof that can be read or replayed, a door that a project's role can find
    // into another database than its own, or a broken line.
    id: 'V10',
    needs: (powers) => powers.readsHbaRules,
    sql: `SELECT 'line ' || line_number || coalesce(': ' || type || ' ' || array_to_string(database, ',') || ' '
        || array_to_string(user_name, ',') || ' ' || auth_method, '') || coalesce(' ' || error, '') AS object
      FROM pg_hba_file_rules WHERE auth_method IN ('trust', 'password', 'md5', 'ident') OR error IS NOT NULL
        OR (auth_method <> 'reject'
          AND EXISTS (SELECT FROM unnest(database) d WHERE d = 'all' OR d ~ '^/' OR d ~ ${OURS})
          AND EXISTS (SELECT FROM unnest(user_name) u WHERE u = 'all' OR u ~ '^[/+]' OR u ~ ${OURS}))`,
  },
];

const USER_SCHEMA = `n.nspname !~ '^(pg_|information_schema$)'`;
const LESSER = "'_(app|ro)$'";
/** Objects of an extension come with the extension's own rights. */
const ofExtension = (catalog: string, oid: string) =>
  `EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e' AND x.classid = '${catalog}'::regclass AND x.objid = ${oid})`;

export const DATABASE_CHECKS: readonly IsolationCheck[] = [
  {
    id: 'D1',
    needs: (powers) => powers.closesPublic,
    sql: `SELECT 'schema ' || n.nspname AS object FROM pg_namespace n WHERE n.nspname = 'public'`,
  },
  {
    id: 'D2',
    sql: `SELECT 'create in schema ' || n.nspname || ' by ' || ${grantee} AS object
      FROM pg_namespace n, LATERAL aclexplode(n.nspacl) a
      WHERE ${USER_SCHEMA} AND a.privilege_type = 'CREATE' AND (a.grantee = 0 OR ${name('a.grantee')} ~ ${LESSER})
        -- Before PostgreSQL 15 public is the server's own, born open: a matter of D1.
        AND NOT (n.nspname = 'public' AND n.nspowner = 10)`,
  },
  {
    id: 'D3',
    sql: `SELECT c.relname || ' owned by ' || ${name('c.relowner')} AS object
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${USER_SCHEMA} AND ${name('c.relowner')} <> current_database() || '_own'
        AND NOT ${ofExtension('pg_class', 'c.oid')}`,
  },
  {
    id: 'D4',
    sql: `SELECT c.relname || ' ' || a.privilege_type || ' to ' || ${grantee} AS object
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL aclexplode(c.relacl) a
      WHERE ${USER_SCHEMA} AND NOT ${ofExtension('pg_class', 'c.oid')} AND (a.grantee = 0
        OR (${name('a.grantee')} ~ '_app$' AND a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE'))
        OR (${name('a.grantee')} ~ '_ro$' AND a.privilege_type <> 'SELECT'))`,
  },
  {
    id: 'D5',
    sql: `SELECT 'function ' || p.proname AS object FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE ${USER_SCHEMA} AND NOT ${ofExtension('pg_proc', 'p.oid')}
        AND (p.prosecdef OR has_function_privilege('public', p.oid, 'execute'))`,
  },
  { id: 'D6', sql: `SELECT 'trigger ' || t.tgname AS object FROM pg_trigger t WHERE NOT t.tgisinternal` },
  {
    id: 'D7',
    sql: `SELECT 'extension ' || e.extname AS object FROM pg_extension e WHERE e.extname NOT IN
      ('plpgsql', 'pgcrypto', 'citext', 'pg_trgm', 'uuid-ossp', 'btree_gin', 'unaccent', 'hstore')`,
  },
  {
    id: 'D8',
    sql: `SELECT 'invalid index ' || c.relname AS object FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid`,
  },
  {
    // Only a superuser could have closed them.
    id: 'D9',
    needs: (powers) => powers.superuser,
    sql: `SELECT 'language ' || l.lanname AS object FROM pg_language l
        WHERE l.lanname = 'plpgsql' AND has_language_privilege('public', l.oid, 'usage')
      UNION ALL
      SELECT 'function ' || p.oid::regprocedure::text FROM pg_proc p
        WHERE p.proname IN ('lo_create', 'lo_creat', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_open')
          AND p.pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege('public', p.oid, 'execute')`,
  },
];
