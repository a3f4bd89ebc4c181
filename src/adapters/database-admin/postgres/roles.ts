import { type DatabaseNames, LOGIN_ROLES, type LoginRole } from '../../../domain/database.ts';
import { identifier, literal } from '../../../domain/identifier.ts';
import type { DatabaseTarget } from '../../../domain/provisioning.ts';
import type { ClusterFacts, Grade } from './facts.ts';

/** What the server is told of the passwords. */
export type Verifiers = Readonly<Record<LoginRole, string>>;

interface RoleSpec {
  readonly name: string;
  readonly inherit: boolean;
  /** Connections at once; null for a role that cannot log in. */
  readonly connectionLimit: number | null;
}

/** The five roles of RELIABILITY 5.2: an access group for pg_hba's `samerole`, the owner, and the three logins. */
function roleSpecs({ names, limits }: DatabaseTarget): readonly RoleSpec[] {
  return [
    { name: names.group, inherit: true, connectionLimit: null },
    { name: names.owner, inherit: true, connectionLimit: null },
    { name: names.mig, inherit: false, connectionLimit: 4 },
    { name: names.app, inherit: true, connectionLimit: limits.connections },
    { name: names.ro, inherit: true, connectionLimit: 3 },
  ];
}

interface MembershipSpec {
  readonly role: string;
  readonly member: string;
  /** SET ROLE is what lets `_mig` act as the owner; nobody inherits anything. */
  readonly set: boolean;
}

function membershipSpecs(names: DatabaseNames): readonly MembershipSpec[] {
  return [
    { role: names.owner, member: names.mig, set: true },
    ...[names.mig, names.app, names.ro].map((member) => ({ role: names.group, member, set: false })),
  ];
}

type Membership = ClusterFacts['memberships'][number];

/** Options of a membership exist since PostgreSQL 16; before, NOINHERIT of the member is all there is. */
function isWanted(found: Membership, names: DatabaseNames): boolean {
  const spec = membershipSpecs(names).find((wanted) => wanted.role === found.role && wanted.member === found.member);
  if (!spec || found.admin) return false;
  return found.inherit !== true && (found.set === null || found.set === spec.set);
}

export function rolesVerdict(facts: ClusterFacts, target: DatabaseTarget): 'absent' | 'incomplete' | 'complete' {
  if (facts.roles.length === 0) return 'absent';
  const { names } = target;
  const rolesAreRight = roleSpecs(target).every((spec) => {
    const role = facts.roles.find((found) => found.name === spec.name);
    if (!role || role.powers || role.expires) return false;
    return (
      role.login === (spec.connectionLimit !== null) &&
      role.inherit === spec.inherit &&
      role.connectionLimit === (spec.connectionLimit ?? -1)
    );
  });
  const membershipsAreRight =
    facts.memberships.every((found) => isWanted(found, names)) &&
    membershipSpecs(names).every((spec) =>
      facts.memberships.some((found) => found.role === spec.role && found.member === spec.member),
    );
  const isInHand = facts.roles.every((role) => isHeld(role, names));
  return rolesAreRight && membershipsAreRight && isInHand ? 'complete' : 'incomplete';
}

/**
 * T1 without the passwords: brings roles, tags and memberships to what they must be, whatever is there already. The
 * first half of one transaction.
 */
export function roleStatements(facts: ClusterFacts, target: DatabaseTarget, grade: Grade): readonly string[] {
  const { names } = target;
  const statements: string[] = [];
  for (const spec of roleSpecs(target)) {
    const known = facts.roles.find((role) => role.name === spec.name);
    const verb = known ? 'ALTER' : 'CREATE';
    statements.push(`${verb} ROLE ${identifier(spec.name)} ${attributes(spec, grade, known?.excess ?? [])}`);
    if (!known) statements.push(`COMMENT ON ROLE ${identifier(spec.name)} IS ${literal(names.tag)}`);
  }
  for (const found of facts.memberships.filter((membership) => !isWanted(membership, names))) {
    const by = grade.version >= 160_000 && found.grantor ? ` GRANTED BY ${identifier(found.grantor)}` : '';
    statements.push(`REVOKE ${identifier(found.role)} FROM ${identifier(found.member)}${by} CASCADE`);
  }
  for (const { role, member, set } of membershipSpecs(names)) {
    statements.push(`GRANT ${identifier(role)} TO ${identifier(member)}${options(grade, false, set)}`);
  }
  // For what comes next: a message that fails all the same is not quoted in the log. Only a superuser may say so.
  if (grade.superuser) return [...statements, 'SET LOCAL log_min_error_statement = panic'];
  return [...statements, ...administratorGrants(names, grade, () => true)];
}

/**
 * The second half of T1, in a message of its own: a server writes the whole message into its log when any statement in
 * it fails, and the first half has tried by now whatever could.
 */
export function passwordStatements(names: DatabaseNames, verifiers: Verifiers): readonly string[] {
  return LOGIN_ROLES.map((role) => `ALTER ROLE ${identifier(names[role])} PASSWORD ${literal(verifiers[role])}`);
}

/**
 * An administrator without superuser powers may not even name those it lacks, so for them it relies on CREATE ROLE's
 * defaults. What somebody gave in excess is named all the same: the server's refusal tells what is wrong.
 */
function attributes(spec: RoleSpec, grade: Grade, excess: readonly string[]): string {
  const named = grade.superuser ? ['NOSUPERUSER', 'NOREPLICATION', 'NOBYPASSRLS'] : excess;
  const powers = ['NOCREATEDB', 'NOCREATEROLE', ...named].join(' ');
  const login =
    spec.connectionLimit === null ? 'NOLOGIN CONNECTION LIMIT -1' : `LOGIN CONNECTION LIMIT ${spec.connectionLimit}`;
  const inherit = spec.inherit ? 'INHERIT' : 'NOINHERIT';
  return `${powers} ${login} ${inherit} VALID UNTIL 'infinity'`;
}

function options(grade: Grade, inherit: boolean, set: boolean): string {
  return grade.version >= 160_000 ? ` WITH INHERIT ${inherit}, SET ${set}` : '';
}

type Role = ClusterFacts['roles'][number];

/** What a non-superuser needs to make the database for the owner and to end sessions of the logins (RELIABILITY 3.1). */
function isHeld({ name, inherited, settable }: Role, names: DatabaseNames): boolean {
  if (name === names.group) return true;
  return inherited && (settable || name !== names.owner);
}

/** Takes back what somebody took from the administrator; it may, of the roles it made. Nothing for a superuser. */
export function regainStatements(facts: ClusterFacts, { names }: DatabaseTarget, grade: Grade): readonly string[] {
  const lost = facts.roles.filter((role) => !isHeld(role, names)).map((role) => role.name);
  return administratorGrants(names, grade, (role) => lost.includes(role));
}

function administratorGrants(names: DatabaseNames, grade: Grade, wants: (role: string) => boolean): readonly string[] {
  const admin = identifier(grade.user);
  return [names.owner, names.mig, names.app, names.ro]
    .filter(wants)
    .map((role) => `GRANT ${identifier(role)} TO ${admin}${options(grade, true, role === names.owner)}`);
}
