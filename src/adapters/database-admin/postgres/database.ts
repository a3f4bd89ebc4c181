import { APP_SCHEMA, type DatabaseLimits, type DatabaseNames } from '../../../domain/database.ts';
import { identifier, literal } from '../../../domain/identifier.ts';
import type { DatabaseTarget } from '../../../domain/provisioning.ts';
import type { ClusterFacts, Grade } from './facts.ts';

/** Connections at once beside those of the backend: migrations, readers, and some to spare for an administrator. */
const OTHER_CONNECTIONS = 10;

/** Connections at once over all logins of a project. */
const connectionLimit = ({ connections }: DatabaseLimits): number => connections + OTHER_CONNECTIONS;

/** What pg_database.datconnlimit says of a database whose DROP was interrupted. */
export const INVALID_DATABASE = -2;

type Setting = readonly [name: string, value: string];

/**
 * Settings of the logins in their database. Limits of time are defaults the role may raise; temp_file_limit is a wall,
 * because only a superuser may change it, which is also why a lesser administrator has to leave it out.
 */
function settings({ names, limits }: DatabaseTarget, grade: Grade): Readonly<Record<string, readonly Setting[]>> {
  const path: Setting = ['search_path', `${APP_SCHEMA}, pg_catalog`];
  const wall: readonly Setting[] = grade.superuser ? [['temp_file_limit', '256MB']] : [];
  return {
    [names.app]: [
      path,
      ['statement_timeout', `${limits.statementTimeoutSeconds}s`],
      ['lock_timeout', '5s'],
      ['idle_in_transaction_session_timeout', '30s'],
      ...wall,
    ],
    // Everything made through `_mig` belongs to the owner.
    [names.mig]: [['role', names.owner], path],
    [names.ro]: [path, ['statement_timeout', '10s'], ['default_transaction_read_only', 'on'], ...wall],
  };
}

function settingsAreRight(facts: ClusterFacts, target: DatabaseTarget, grade: Grade): boolean {
  const { names } = target;
  const wanted = settings(target, grade);
  return (
    facts.settings.every((found) => found.database === names.database && Object.hasOwn(wanted, found.role)) &&
    Object.entries(wanted).every(([role, pairs]) => {
      const config = facts.settings.find((found) => found.role === role)?.config ?? [];
      return config.length === pairs.length && pairs.every(([name, value]) => config.includes(`${name}=${value}`));
    })
  );
}

const OWNER_PRIVILEGES = ['CONNECT', 'CREATE', 'TEMPORARY'];

/** Who else has a privilege here and must not: PUBLIC, roles of other projects; strangers are the administrator's wish. */
function intruders(facts: ClusterFacts, names: DatabaseNames): readonly string[] {
  const own = [names.owner, names.mig, names.app, names.ro];
  const found = (facts.database?.grants ?? []).map((grant) => grant.grantee);
  return [...new Set(found)].filter(
    (grantee) => grantee === '' || (grantee.startsWith('turbobackend_proj_') && !own.includes(grantee)),
  );
}

function grantsAreRight(facts: ClusterFacts, names: DatabaseNames): boolean {
  if (intruders(facts, names).length > 0) return false;
  const of = (role: string) => facts.database?.grants.filter((grant) => grant.grantee === role) ?? [];
  const ownerHasAll = OWNER_PRIVILEGES.every((privilege) =>
    of(names.owner).some((grant) => grant.privilege === privilege),
  );
  return (
    ownerHasAll &&
    [names.mig, names.app, names.ro].every((role) => {
      const [only, ...more] = of(role);
      return more.length === 0 && only?.privilege === 'CONNECT' && !only.grantable;
    })
  );
}

export function databaseVerdict(
  facts: ClusterFacts,
  target: DatabaseTarget,
  grade: Grade,
): 'absent' | 'invalid' | 'closed' | 'open' {
  const { database } = facts;
  if (!database) return 'absent';
  if (database.connectionLimit === INVALID_DATABASE) return 'invalid';
  const right =
    database.open &&
    !database.template &&
    database.connectionLimit === connectionLimit(target.limits) &&
    grantsAreRight(facts, target.names) &&
    settingsAreRight(facts, target, grade);
  return right ? 'open' : 'closed';
}

/** Born closed: between this statement and T2 nobody can connect, whatever PUBLIC may do by default. */
export function createDatabaseStatement({ names, limits }: DatabaseTarget): string {
  return `CREATE DATABASE ${identifier(names.database)} OWNER ${identifier(names.owner)} TEMPLATE template0 ENCODING 'UTF8' CONNECTION LIMIT ${connectionLimit(limits)} ALLOW_CONNECTIONS false`;
}

/** T2: grants and settings first, the door opens last. One transaction. Never for an invalid database. */
export function openDatabaseStatements(facts: ClusterFacts, target: DatabaseTarget, grade: Grade): readonly string[] {
  const { names, limits } = target;
  const database = identifier(names.database);
  const logins = [names.mig, names.app, names.ro].map(identifier).join(', ');
  const statements = [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    ...intruders(facts, names)
      .filter((grantee) => grantee !== '')
      .map((grantee) => `REVOKE ALL ON DATABASE ${database} FROM ${identifier(grantee)} CASCADE`),
    `REVOKE ALL ON DATABASE ${database} FROM ${logins} CASCADE`,
    `GRANT ALL ON DATABASE ${database} TO ${identifier(names.owner)}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${logins}`,
  ];
  for (const found of facts.settings) {
    const where = found.database === '' ? '' : ` IN DATABASE ${identifier(found.database)}`;
    statements.push(`ALTER ROLE ${identifier(found.role)}${where} RESET ALL`);
  }
  for (const [role, pairs] of Object.entries(settings(target, grade))) {
    for (const [name, value] of pairs) {
      // A quoted list would be one name.
      const constant = name === 'search_path' ? value : literal(value);
      statements.push(`ALTER ROLE ${identifier(role)} IN DATABASE ${database} SET ${name} = ${constant}`);
    }
  }
  statements.push(
    `ALTER DATABASE ${database} WITH IS_TEMPLATE false CONNECTION LIMIT ${connectionLimit(limits)} ALLOW_CONNECTIONS true`,
  );
  return statements;
}

/** An invalid database takes no ALTER and has no sessions; a template refuses to be dropped. */
export function dropDatabaseStatements(facts: ClusterFacts, names: DatabaseNames): readonly string[] {
  const database = identifier(names.database);
  if (!facts.database) return [];
  if (facts.database.connectionLimit === INVALID_DATABASE) return [`DROP DATABASE IF EXISTS ${database}`];
  return [
    ...(facts.database.template ? [`ALTER DATABASE ${database} WITH IS_TEMPLATE false`] : []),
    `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`,
  ];
}

/** After the database is gone they own nothing. One transaction. */
export function dropRolesStatements(facts: ClusterFacts, names: DatabaseNames): readonly string[] {
  const order = [names.app, names.mig, names.ro, names.owner, names.group];
  return order
    .filter((name) => facts.roles.some((role) => role.name === name))
    .map((name) => `DROP ROLE IF EXISTS ${identifier(name)}`);
}
