/** Catalog queries that tell one database from another; each row is compared. */

/** What the metadata say is so; histories are left out, for a step that is repeated is written down twice. */
export function metadataQueries(id: string): Readonly<Record<string, string>> {
  // The id comes from our own table and is checked there: 16 letters and digits.
  const of = (column: string) => `${column} = '${id}'`;
  return {
    project: `select name, request, directory, status, created_at from turbobackend.projects where ${of('id')}`,
    database: `select env, db_name, desired, status, last_error from turbobackend.project_databases where ${of('project_id')}`,
    service: `select name, framework, directory from turbobackend.services where ${of('project_id')}`,
    deployment: `select service, target, url, port, status from turbobackend.deployments where ${of('project_id')}`,
    run: `select status from turbobackend_runs.workflow_status where workflow_uuid = 'create:${id}'`,
    step: `select function_id, function_name, error from turbobackend_runs.operation_outputs where workflow_uuid = 'create:${id}'`,
  };
}

/** Everything inside and about a project's database. `name` is one of ours. */
export function databaseQueries(name: string): Readonly<Record<string, string>> {
  const mine = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
  return {
    setting:
      "select setdatabase <> 0 as of_database, coalesce(r.rolname, '-') as role, setconfig from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole" +
      ` where setdatabase = (select oid from pg_database where datname = '${name}') or r.rolname like '${name}%'`,
    database: `select datname, pg_get_userbyid(datdba) as owner, datacl::text[], datallowconn, datconnlimit, datistemplate, datcollate, datctype, pg_encoding_to_char(encoding) as encoding from pg_database where datname = '${name}'`,
    role: `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil, shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname like '${name}%'`,
    member: `select pg_get_userbyid(roleid) as role, pg_get_userbyid(member) as member, admin_option, to_jsonb(m) - 'oid' - 'roleid' - 'member' - 'grantor' as options from pg_auth_members m where pg_get_userbyid(roleid) like '${name}%' or pg_get_userbyid(member) like '${name}%'`,
    comment: `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = '${name}'`,
    schema: `select n.nspname, pg_get_userbyid(n.nspowner) as owner, n.nspacl::text[], obj_description(n.oid, 'pg_namespace') as comment from pg_namespace n where ${mine}`,
    relation: `select n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner) as owner, c.relacl::text[], c.relrowsecurity, c.reloptions, obj_description(c.oid, 'pg_class') as comment from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${mine}`,
    column: `select n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity, a.attgenerated, a.attacl::text[], pg_get_expr(d.adbin, d.adrelid) as default, col_description(c.oid, a.attnum) as comment from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where ${mine} and a.attnum > 0 and not a.attisdropped and c.relkind <> 'i'`,
    constraint: `select n.nspname, c.conrelid::regclass::text as relation, c.conname, pg_get_constraintdef(c.oid) as definition, c.convalidated from pg_constraint c join pg_namespace n on n.oid = c.connamespace where ${mine}`,
    index: `select n.nspname, c.relname, pg_get_indexdef(i.indexrelid) as definition, i.indisvalid, i.indisready from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${mine}`,
    type: `select n.nspname, t.typname, t.typtype, pg_get_userbyid(t.typowner) as owner, t.typacl::text[], (select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${mine}`,
    function: `select n.nspname, p.proname, pg_get_userbyid(p.proowner) as owner, p.proacl::text[], case p.prokind when 'f' then pg_get_functiondef(p.oid) end as definition from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${mine}`,
    trigger: `select tgrelid::regclass::text as relation, tgname, pg_get_triggerdef(oid) as definition, tgenabled from pg_trigger where not tgisinternal`,
    extension: 'select extname, extversion from pg_extension',
    language: 'select lanname, lanacl::text[] from pg_language',
    // Of the system's own functions only those whose rights were changed.
    closed: `select p.oid::regprocedure::text as function, p.proacl::text[] from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'pg_catalog' and p.proacl is not null`,
    'default privilege':
      'select pg_get_userbyid(defaclrole) as role, defaclobjtype, defaclnamespace::regnamespace::text as schema, defaclacl::text[] from pg_default_acl',
    migration:
      'select version, name, checksum, status, statements, done_statements, cardinality(statement_sums) as sums, tool_version from tb.schema_migrations',
    rows: `select n.nspname, c.relname, (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, '')))[1]::text as rows from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${mine} and c.relkind in ('r', 'p')`,
  };
}
