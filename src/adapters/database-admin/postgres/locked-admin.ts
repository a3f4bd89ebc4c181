import type { DatabaseNames, Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import type { DatabaseTarget, Observation } from '../../../domain/provisioning.ts';
import { maskVerifiers } from '../../../domain/scram.ts';
import { storageLevel } from '../../../domain/storage.ts';
import type { LockedAdmin, Passwords } from '../../../ports/database-admin.ts';
import type { Sql, SqlSession } from '../../../ports/sql.ts';
import { databaseVerdict } from './database.ts';
import { type ClusterFacts, findForeign, type Grade, readClusterFacts } from './facts.ts';
import { insideVerdict, ownerStatements, readInsideFacts, systemStatements } from './inside.ts';
import { rolesVerdict } from './roles.ts';
import { outsideStatements } from './statements.ts';
import { isShut, trashVerdict } from './trash.ts';
import { type VerifierMemory, verifierMemory } from './verifiers.ts';
import { projectLogin, type Visits, visits } from './visits.ts';
import { allowWritesStatements, isGone, isWritable, refuseWritesStatements } from './writes.ts';

interface Workbench {
  readonly sql: Sql;
  /** The connection that holds the project's lock. */
  readonly session: SqlSession;
  readonly grade: Grade;
  /** Nothing of this project was there when the lock was taken: it is going to be made. A guess, for speed only. */
  readonly isBlank: boolean;
  readonly connect: (database: string) => Login | Promise<Login>;
}

/** What this session has learnt and need not ask again while it holds the lock. */
interface Knowledge {
  /** The last look; good for one step. */
  facts: { readonly database: string; readonly facts: ClusterFacts } | null;
  /** Databases made by this session and not prepared yet: nothing can be inside. */
  readonly born: Set<string>;
  readonly verifiers: VerifierMemory;
  readonly inside: Visits;
}

/** The work under one lock, and how to let go of the connections it opened. */
export function lockedAdmin(bench: Workbench): LockedAdmin & { close(): Promise<void> } {
  const known: Knowledge = { facts: null, born: new Set(), verifiers: verifierMemory(), inside: visits(bench) };
  return {
    close: () => known.inside.leave(),

    async observe(target, passwords) {
      const { names } = target;
      if (bench.isBlank && passwords) void known.verifiers.make(passwords).catch(() => {});
      // Where we are inside already, both looks are taken at once.
      const wasInside = passwords !== null && known.inside.hasMigrator && !known.born.has(names.database);
      const early = wasInside ? lookInside(bench, known, names, passwords) : null;
      early?.catch(() => {});
      const facts = await readClusterFacts(bench.session, target, bench.grade);
      known.facts = { database: names.database, facts };
      const outside = {
        foreign: findForeign(facts, target),
        roles: rolesVerdict(facts, target),
        database: databaseVerdict(facts, target, bench.grade),
        trash: trashVerdict(facts),
        shut: isShut(facts),
        ...storageOf(facts, target),
        writes: 'unknown' as const,
      };
      const match = passwords === null || known.verifiers.match(facts.verifiers, names, passwords);
      const ready = outside.foreign === null && outside.roles === 'complete' && outside.database === 'open';
      if (!ready || passwords === null) return { ...outside, inside: 'unknown', passwordsWork: await match };
      if (known.born.has(names.database)) return { ...outside, inside: 'incomplete', passwordsWork: await match };
      const [passwordsMatch, look] = await Promise.all([match, early ?? lookInside(bench, known, names, passwords)]);
      if (!passwordsMatch) return { ...outside, inside: 'unknown', passwordsWork: false };
      return { ...outside, ...look };
    },

    async apply(step, target, passwords, onStatement) {
      const { names } = target;
      if (step === 'prepare-inside') {
        await prepareInside(bench, known, names, needed(passwords), onStatement);
        return;
      }
      if (step === 'refuse-writes' || step === 'allow-writes') {
        await changeWrites(step, known, names, needed(passwords), onStatement);
        return;
      }
      await known.inside.leave();
      const facts = await takeFacts(bench, target, known);
      const verifiers = () => known.verifiers.make(needed(passwords));
      const { atomic, statements, secret } = await outsideStatements(step, facts, target, verifiers, bench.grade);
      if (atomic) await transaction(bench.session, statements, onStatement, secret);
      else for (const statement of statements) await single(bench.session, statement, onStatement);
      if (step === 'create-database') known.born.add(names.database);
      if (step === 'drop-database' || step === 'drop-invalid-database') known.born.delete(names.database);
      // It opens for the first time: what comes next is done inside.
      if (step === 'open-database' && passwords && known.born.has(names.database)) {
        known.inside.prepare(names, passwords);
      }
    },
  };
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

/** Looks as `_mig`, not as administrator; where verifiers cannot be read, the other logins are tried too. */
async function lookInside(
  bench: Workbench,
  { inside }: Knowledge,
  names: DatabaseNames,
  passwords: Passwords,
): Promise<Pick<Observation, 'inside' | 'passwordsWork'> & Partial<Pick<Observation, 'writes'>>> {
  try {
    const session = await inside.asMigrator(names, passwords);
    const facts = await readInsideFacts(session, names);
    const still = facts.writesRefused && (await isWritable(session, names));
    const writes = facts.writesRefused ? (still ? 'mixed' : 'refused') : 'allowed';
    if (!bench.grade.superuser) {
      for (const role of ['app', 'ro'] as const) {
        const session = await bench.sql.connect(await projectLogin(bench, names, role, passwords));
        await session.close();
      }
    }
    return { inside: insideVerdict(facts, names, bench.grade), passwordsWork: true, writes };
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
  { born, inside }: Knowledge,
  names: DatabaseNames,
  passwords: Passwords,
  onStatement: (sql: string) => void,
): Promise<void> {
  const isBorn = born.delete(names.database);
  // The next look needs `_mig`'s connection anyway.
  if (isBorn) inside.prepare(names, passwords);
  const { holdsData, openDoors } = isBorn
    ? { holdsData: false, openDoors: true }
    : await readInsideFacts(await inside.asMigrator(names, passwords), names);
  // No code of the tenant's runs in there: every name is pg_catalog's, and REVOKE calls nobody.
  const mustEnter = !holdsData || (bench.grade.superuser && openDoors);
  const isEmpty = mustEnter && (await enterAsAdministrator(bench, inside, names, isBorn, onStatement));
  if (isEmpty) return;
  const owner = await inside.asMigrator(names, passwords);
  await owner.query(`SET ROLE ${identifier(names.owner)}`);
  await transaction(owner, ownerStatements(names), onStatement);
}

/**
 * The administrator's part of T3, with the owner's as long as the database is empty, which is told. An own lock inside
 * the database keeps out a former process whose statement outlived it.
 */
async function enterAsAdministrator(
  { grade }: Workbench,
  inside: Visits,
  names: DatabaseNames,
  isBorn: boolean,
  onStatement: (sql: string) => void,
): Promise<boolean> {
  try {
    const session = await inside.asAdministrator(names);
    const begin = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('turbobackend:prepare'))";
    if (!isBorn) await session.query(begin);
    const holdsData = !isBorn && (await readInsideFacts(session, names)).holdsData;
    const system = systemStatements(grade, holdsData);
    const statements = holdsData ? system : [...system, ...ownerStatements(names)];
    await session.query([...(isBorn ? [begin] : []), ...statements, 'COMMIT'].join(';\n'));
    for (const statement of statements) onStatement(statement);
    return !holdsData;
  } finally {
    inside.endAdministrator();
  }
}

function storageOf({ database }: ClusterFacts, { limits }: DatabaseTarget): Pick<Observation, 'bytes' | 'full'> {
  const bytes = database?.bytes ?? null;
  return { bytes, full: bytes !== null && storageLevel(bytes, limits.storageMb) === 'over' };
}

/** How often the rights are read again when something went away between the look and the change. */
const WRITES_TRIES = 5;

/** Done as the owner, through `_mig`, like everything inside. */
async function changeWrites(
  step: 'refuse-writes' | 'allow-writes',
  { inside }: Knowledge,
  names: DatabaseNames,
  passwords: Passwords,
  onStatement: (sql: string) => void,
): Promise<void> {
  const owner = await inside.asMigrator(names, passwords);
  await owner.query(`SET ROLE ${identifier(names.owner)}`);
  const statements = step === 'refuse-writes' ? refuseWritesStatements : allowWritesStatements;
  for (let left = WRITES_TRIES - 1; ; left -= 1) {
    try {
      await transaction(owner, await statements(owner, names), onStatement);
      return;
    } catch (error) {
      if (left === 0 || !isGone(error)) throw error;
    }
  }
}

/** One round trip, two with secrets. A failure leaves nothing behind, neither in the cluster nor in the session. */
async function transaction(
  session: SqlSession,
  statements: readonly string[],
  onStatement: (sql: string) => void,
  secret: readonly string[] = [],
): Promise<void> {
  if (statements.length === 0) return;
  try {
    const first = ['BEGIN', ...statements];
    for (const message of secret.length === 0 ? [[...first, 'COMMIT']] : [first, [...secret, 'COMMIT']]) {
      await session.query(message.join(';\n'));
    }
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {});
    throw error;
  }
  for (const statement of [...statements, ...secret]) onStatement(maskVerifiers(statement));
}

async function single(session: SqlSession, statement: string, onStatement: (sql: string) => void): Promise<void> {
  await session.query(statement);
  onStatement(statement);
}
