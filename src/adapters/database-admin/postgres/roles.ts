import type { DatabaseNames, LoginRole } from '../../../domain/database.ts';
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
  readonly verifier: string | null;
}

/** The five roles of RELIABILITY 5.2: an access group for pg_hba's `samerole`, the owner, and the three logins. */
function roleSpecs({ names, limits }: DatabaseTarget, verifiers: Verifiers | null): readonly RoleSpec[] {
  return [
    { name: names.group, inherit: true, connectionLimit: null, verifier: null },
    { name: names.owner, inherit: true, connectionLimit: null, verifier: null },
    { name: names.mig, inherit: false, connectionLimit: 4, verifier: verifiers?.mig ?? null },
    { name: names.app, inherit: true, connectionLimit: limits.connections, verifier: verifiers?.app ?? null },
    { name: names.ro, inherit: true, connectionLimit: 3, verifier: verifiers?.ro ?? null },
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
  const rolesAreRight = roleSpecs(target, null).every((spec) => {
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
  return rolesAreRight && membershipsAreRight ? 'complete' : 'incomplete';
}

/** T1: brings roles, tags and memberships to what they must be, whatever is there already. One transaction. */
export function roleStatements(
  facts: ClusterFacts,
  target: DatabaseTarget,
  verifiers: Verifiers,
  grade: Grade,
): readonly string[] {
  const { names } = target;
  const statements: string[] = [];
  for (const spec of roleSpecs(target, verifiers)) {
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
  return grade.superuser ? statements : [...statements, ...administratorGrants(names, grade)];
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
  const password = spec.verifier === null ? '' : ` PASSWORD ${literal(spec.verifier)}`;
  const inherit = spec.inherit ? 'INHERIT' : 'NOINHERIT';
  return `${powers} ${login} ${inherit} VALID UNTIL 'infinity'${password}`;
}

function options(grade: Grade, inherit: boolean, set: boolean): string {
  return grade.version >= 160_000 ? ` WITH INHERIT ${inherit}, SET ${set}` : '';
}

/** What a non-superuser needs to make the database for the owner and to end sessions of the logins (RELIABILITY 3.1). */
function administratorGrants(names: DatabaseNames, grade: Grade): readonly string[] {
  const admin = identifier(grade.user);
  return [
    `GRANT ${identifier(names.owner)} TO ${admin}${options(grade, true, true)}`,
    ...[names.mig, names.app, names.ro].map(
      (login) => `GRANT ${identifier(login)} TO ${admin}${options(grade, true, false)}`,
    ),
  ];
}
