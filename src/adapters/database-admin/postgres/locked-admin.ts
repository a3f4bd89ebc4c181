import { type DatabaseNames, LOGIN_ROLES, type Login, type LoginRole } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import type { DatabaseTarget, Observation } from '../../../domain/provisioning.ts';
import { maskVerifiers, verifierMatches } from '../../../domain/scram.ts';
import type { LockedAdmin, Passwords } from '../../../ports/database-admin.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { databaseVerdict } from './database.ts';
import { type ClusterFacts, findForeign, type Grade, readClusterFacts } from './facts.ts';
import { insideVerdict, ownerStatements, readInsideFacts, systemStatements } from './inside.ts';
import { rolesVerdict } from './roles.ts';
import { outsideStatements } from './statements.ts';
import { isShut, trashVerdict } from './trash.ts';

/**
 * Catalogue lookups never meet a look-alike, and nothing waits for ever. What an owner may have set for the whole
 * database (ALTER DATABASE … SET role, read-only) does not reach these sessions.
 */
export const SESSION_SETTINGS = {
  search_path: 'pg_catalog',
  role: 'none',
  default_transaction_read_only: 'off',
  statement_timeout: '120s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '60s',
};

interface Workbench {
  readonly sql: Sql;
  /** The connection that holds the project's lock. */
  readonly session: SqlSession;
  readonly grade: Grade;
  readonly connect: (database: string) => Login | Promise<Login>;
}

/** The work under one lock, and how to let go of the connections it opened. */
export function lockedAdmin(bench: Workbench): LockedAdmin & { close(): Promise<void> } {
  // `_mig`'s connection is kept between two looks; it must be gone before the database is dropped.
  let visitor: SqlSession | null = null;
  const leave = async () => {
    await visitor?.close();
    visitor = null;
  };
  const visit = async (names: DatabaseNames, passwords: Passwords) => {
    visitor ??= await bench.sql.connect(await projectLogin(bench, names, 'mig', passwords), SESSION_SETTINGS);
    return visitor;
  };
  const known: Knowledge = { facts: null, born: new Set(), verifiers: new Map() };
  return {
    close: leave,

    async observe(target, passwords) {
      const { names } = target;
      const facts = await readClusterFacts(bench.session, target, bench.grade);
      known.facts = { database: names.database, facts };
      const outside = {
        foreign: findForeign(facts, target),
        roles: rolesVerdict(facts, target),
        database: databaseVerdict(facts, target, bench.grade),
        trash: trashVerdict(facts),
        shut: isShut(facts),
        passwordsWork: passwords === null || (await verifiersMatch(facts, names, passwords, known)),
      };
      const ready = outside.foreign === null && outside.roles === 'complete' && outside.database === 'open';
      if (!ready || passwords === null || !outside.passwordsWork) return { ...outside, inside: 'unknown' };
      if (known.born.has(names.database)) return { ...outside, inside: 'incomplete' };
      return { ...outside, ...(await lookInside(bench, names, passwords, () => visit(names, passwords))) };
    },

    async apply(step, target, passwords, onStatement) {
      const { names } = target;
      if (step === 'prepare-inside') {
        const isBorn = known.born.delete(names.database);
        const enter = () => visit(names, needed(passwords));
        // The next look needs `_mig`'s connection anyway; a failure here is met again, and told, by that look.
        const early = isBorn ? enter().catch(() => null) : null;
        await prepareInside(bench, names, isBorn, onStatement, enter).finally(() => early);
        return;
      }
      await leave();
      const facts = await takeFacts(bench, target, known);
      const { atomic, statements } = await outsideStatements(step, facts, target, passwords, bench.grade);
      if (atomic) await transaction(bench.session, statements, onStatement);
      else for (const statement of statements) await single(bench.session, statement, onStatement);
      if (step === 'create-database') known.born.add(names.database);
      if (step === 'drop-database' || step === 'drop-invalid-database') known.born.delete(names.database);
    },
  };
}

/** What this session has learnt and need not ask again while it holds the lock. */
interface Knowledge {
  /** The last look; good for one step. */
  facts: { readonly database: string; readonly facts: ClusterFacts } | null;
  /** Databases made by this session and not prepared yet: nothing can be inside. */
  readonly born: Set<string>;
  /** Verifiers and the password they belong to: telling costs 4096 rounds of hashing. */
  readonly verifiers: Map<string, string>;
}

/** The facts of the look right before, or of a new one. What is not ours is left alone, whoever asks. */
async function takeFacts(bench: Workbench, target: DatabaseTarget, known: Knowledge): Promise<ClusterFacts> {
  const last = known.facts?.database === target.names.database ? known.facts.facts : null;
  known.facts = null;
  const facts = last ?? (await readClusterFacts(bench.session, target, bench.grade));
  const foreign = findForeign(facts, target);
  if (foreign) throw new TurboError('database.foreign', `The cluster has ${foreign}, which is not ours.`);
  return facts;
}

function needed(passwords: Passwords | null): Passwords {
  if (passwords === null) throw new RangeError('this step needs the passwords');
  return passwords;
}

async function projectLogin(
  bench: Workbench,
  names: DatabaseNames,
  role: LoginRole,
  passwords: Passwords,
): Promise<Login> {
  const admin = await bench.connect(names.database);
  return { ...admin, database: names.database, user: names[role], password: passwords[role] };
}

/** Before the roles exist, or when the administrator may not read verifiers, nothing can be told. */
async function verifiersMatch(
  { verifiers }: ClusterFacts,
  names: DatabaseNames,
  passwords: Passwords,
  known: Knowledge,
): Promise<boolean> {
  if (verifiers === null || Object.keys(verifiers).length === 0) return true;
  const matches = await Promise.all(
    LOGIN_ROLES.map(async (role) => {
      const verifier = verifiers[names[role]] ?? null;
      if (verifier === null) return false;
      if (known.verifiers.get(verifier) === passwords[role]) return true;
      if (!(await verifierMatches(verifier, passwords[role]))) return false;
      known.verifiers.set(verifier, passwords[role]);
      return true;
    }),
  );
  return matches.every(Boolean);
}

/** Looks as `_mig`, not as administrator; where verifiers cannot be read, the other logins are tried too. */
async function lookInside(
  bench: Workbench,
  names: DatabaseNames,
  passwords: Passwords,
  visit: () => Promise<SqlSession>,
): Promise<Pick<Observation, 'inside' | 'passwordsWork'>> {
  try {
    const facts = await readInsideFacts(await visit(), names);
    if (!bench.grade.superuser) {
      for (const role of ['app', 'ro'] as const) {
        const session = await bench.sql.connect(await projectLogin(bench, names, role, passwords));
        await session.close();
      }
    }
    return { inside: insideVerdict(facts, names, bench.grade), passwordsWork: true };
  } catch (error) {
    // 28P01 is a wrong password; 28000 (pg_hba) is not cured by setting it again and passes through.
    if (error instanceof TurboError && error.details?.state === '28P01') {
      return { inside: 'unknown', passwordsWork: false };
    }
    throw error;
  }
}

/**
 * T3. The administrator enters only while nobody has made anything inside. Afterwards the owner's part is repaired as
 * the owner; only what the server brought along, opened again by somebody, takes a superuser to close.
 */
async function prepareInside(
  bench: Workbench,
  names: DatabaseNames,
  isBorn: boolean,
  onStatement: (sql: string) => void,
  visit: () => Promise<SqlSession>,
): Promise<void> {
  const { holdsData, openDoors } = isBorn
    ? { holdsData: false, openDoors: true }
    : await readInsideFacts(await visit(), names);
  // No code of the tenant's runs in there: every name is pg_catalog's, and REVOKE calls nobody.
  const mustEnter = !holdsData || (bench.grade.superuser && openDoors);
  const isEmpty = mustEnter && (await enterAsAdministrator(bench, names, isBorn, onStatement));
  if (isEmpty) return;
  const owner = await visit();
  await owner.query(`SET ROLE ${identifier(names.owner)}`);
  await transaction(owner, ownerStatements(names), onStatement);
}

/**
 * The administrator's part of T3, with the owner's as long as the database is empty, which is told. An own lock inside
 * the database keeps out a former process whose statement outlived it.
 */
async function enterAsAdministrator(
  bench: Workbench,
  names: DatabaseNames,
  isBorn: boolean,
  onStatement: (sql: string) => void,
): Promise<boolean> {
  const session = await bench.sql.connect(await bench.connect(names.database), SESSION_SETTINGS);
  try {
    const begin = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('turbobackend:prepare'))";
    if (!isBorn) await session.query(begin);
    const holdsData = !isBorn && (await readInsideFacts(session, names)).holdsData;
    const system = systemStatements(bench.grade, holdsData);
    const statements = holdsData ? system : [...system, ...ownerStatements(names)];
    await session.query([...(isBorn ? [begin] : []), ...statements, 'COMMIT'].join(';\n'));
    for (const statement of statements) onStatement(statement);
    return !holdsData;
  } finally {
    await session.close();
  }
}

/** One round trip. A failure leaves nothing behind, neither in the cluster nor in the session. */
async function transaction(
  session: SqlSession,
  statements: readonly string[],
  onStatement: (sql: string) => void,
): Promise<void> {
  if (statements.length === 0) return;
  try {
    await session.query(['BEGIN', ...statements, 'COMMIT'].join(';\n'));
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {});
    throw error;
  }
  for (const statement of statements) onStatement(maskVerifiers(statement));
}

async function single(session: SqlSession, statement: string, onStatement: (sql: string) => void): Promise<void> {
  await session.query(statement);
  onStatement(statement);
}
