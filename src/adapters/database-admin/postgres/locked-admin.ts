import type { DatabaseNames, Login, LoginRole } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import type { Observation, ProvisionStep } from '../../../domain/provisioning.ts';
import { maskVerifiers, verifierMatches } from '../../../domain/scram.ts';
import type { LockedAdmin, Passwords } from '../../../ports/database-admin.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import {
  createDatabaseStatement,
  databaseVerdict,
  dropDatabaseStatements,
  dropRolesStatements,
  openDatabaseStatements,
} from './database.ts';
import { type ClusterFacts, findForeign, type Grade, readClusterFacts } from './facts.ts';
import { insideVerdict, ownerStatements, readInsideFacts, systemStatements } from './inside.ts';
import { roleStatements, rolesVerdict } from './roles.ts';

/** Catalogue lookups never meet a look-alike, and nothing waits for ever. */
export const SESSION_SETTINGS = {
  search_path: 'pg_catalog',
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
  return {
    close: leave,

    async observe(names, passwords) {
      const facts = await readClusterFacts(bench.session, names, bench.grade);
      const outside = {
        foreign: findForeign(facts, names),
        roles: rolesVerdict(facts, names),
        database: databaseVerdict(facts, names, bench.grade),
        passwordsWork: passwords === null || verifiersMatch(facts, names, passwords),
      };
      const ready = outside.foreign === null && outside.roles === 'complete' && outside.database === 'open';
      if (!ready || passwords === null || !outside.passwordsWork) return { ...outside, inside: 'unknown' };
      return { ...outside, ...(await lookInside(bench, names, passwords, () => visit(names, passwords))) };
    },

    async apply(step, names, passwords, onStatement) {
      if (step !== 'prepare-inside') await leave();
      const facts = await readClusterFacts(bench.session, names, bench.grade);
      // Seen and done are two moments: what became somebody else's in between is left alone.
      const foreign = findForeign(facts, names);
      if (foreign) throw new TurboError('database.foreign', `The cluster has ${foreign}, which is not ours.`);
      if (step === 'prepare-inside') {
        await prepareInside(bench, names, onStatement, () => visit(names, needed(passwords)));
        return;
      }
      const statements = outsideStatements(step, facts, names, passwords, bench.grade);
      if (step === 'create-roles' || step === 'open-database' || step === 'drop-roles') {
        await transaction(bench.session, statements, onStatement);
      } else {
        for (const statement of statements) await single(bench.session, statement, onStatement);
      }
    },
  };
}

function needed(passwords: Passwords | null): Passwords {
  if (passwords === null) throw new RangeError('this step needs the passwords');
  return passwords;
}

function outsideStatements(
  step: Exclude<ProvisionStep, 'prepare-inside'>,
  facts: ClusterFacts,
  names: DatabaseNames,
  passwords: Passwords | null,
  grade: Grade,
): readonly string[] {
  switch (step) {
    case 'create-roles':
      return roleStatements(facts, names, needed(passwords), grade);
    case 'create-database':
      return [createDatabaseStatement(names)];
    case 'open-database':
      return openDatabaseStatements(facts, names, grade);
    case 'drop-invalid-database':
    case 'drop-database':
      return dropDatabaseStatements(facts, names);
    case 'drop-roles':
      return dropRolesStatements(facts, names);
  }
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
function verifiersMatch({ verifiers }: ClusterFacts, names: DatabaseNames, passwords: Passwords): boolean {
  if (verifiers === null || Object.keys(verifiers).length === 0) return true;
  return (['mig', 'app', 'ro'] as const).every((role) =>
    verifierMatches(verifiers[names[role]] ?? null, passwords[role]),
  );
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
 * T3. The administrator works inside only while nobody has made anything there; afterwards it only takes away rights on
 * what the server brought along, and the owner's part is done as the owner. An own lock inside the database keeps out
 * a former process whose statement outlived it.
 */
async function prepareInside(
  bench: Workbench,
  names: DatabaseNames,
  onStatement: (sql: string) => void,
  visit: () => Promise<SqlSession>,
): Promise<void> {
  const session = await bench.sql.connect(await bench.connect(names.database), SESSION_SETTINGS);
  let holdsData = false;
  try {
    await session.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('turbobackend:prepare'))");
    ({ holdsData } = await readInsideFacts(session, names));
    const system = systemStatements(bench.grade, holdsData);
    const statements = holdsData ? system : [...system, ...ownerStatements(names)];
    await session.query([...statements, 'COMMIT'].join(';\n'));
    for (const statement of statements) onStatement(statement);
  } finally {
    await session.close();
  }
  if (!holdsData) return;
  const owner = await visit();
  await owner.query(`SET ROLE ${identifier(names.owner)}`);
  await transaction(owner, ownerStatements(names), onStatement);
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
