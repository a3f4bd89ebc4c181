import type { DatabaseTarget, ProvisionStep } from '../../../domain/provisioning.ts';
import {
  createDatabaseStatement,
  dropDatabaseStatements,
  dropRolesStatements,
  openDatabaseStatements,
} from './database.ts';
import type { ClusterFacts, Grade } from './facts.ts';
import { passwordStatements, regainStatements, roleStatements, type Verifiers } from './roles.ts';
import { dropTrashStatement, endSessionsStatement, renameStatement, shutStatements } from './trash.ts';

/** What a step is made of, and whether all of it happens or nothing. */
export interface StepStatements {
  readonly atomic: boolean;
  readonly statements: readonly string[];
  /** Those that hold a verifier: sent last and by themselves, in the same transaction. */
  readonly secret?: readonly string[];
}

/** Steps that are done inside the database. */
type InsideStep = 'prepare-inside' | 'refuse-writes' | 'allow-writes';

type OutsideStep = Exclude<ProvisionStep, InsideStep>;

/** The SQL of a step that is done from outside the database. */
export async function outsideStatements(
  step: OutsideStep,
  facts: ClusterFacts,
  target: DatabaseTarget,
  verifiers: () => Promise<Verifiers>,
  grade: Grade,
): Promise<StepStatements> {
  if (step === 'create-roles') {
    const secret = passwordStatements(target.names, await verifiers());
    return { atomic: true, statements: roleStatements(facts, target, grade), secret };
  }
  const { atomic, statements } = databaseStatements(step, facts, target, grade);
  // Also on the way out, where nobody looks whether the roles are complete.
  return { atomic, statements: [...regainStatements(facts, target, grade), ...statements] };
}

function databaseStatements(
  step: Exclude<OutsideStep, 'create-roles'>,
  facts: ClusterFacts,
  target: DatabaseTarget,
  grade: Grade,
): StepStatements {
  switch (step) {
    case 'create-database':
      return { atomic: false, statements: [createDatabaseStatement(target)] };
    case 'open-database':
      return { atomic: true, statements: openDatabaseStatements(facts, target, grade) };
    case 'shut-database':
      return { atomic: true, statements: shutStatements(facts, target) };
    case 'move-to-trash':
      return { atomic: false, statements: [endSessionsStatement(target), renameStatement(target, 'out')] };
    case 'restore-database':
      return { atomic: false, statements: [renameStatement(target, 'back')] };
    case 'drop-invalid-database':
    case 'drop-database':
      return { atomic: false, statements: dropDatabaseStatements(facts, target.names) };
    case 'drop-trash':
      return { atomic: false, statements: [dropTrashStatement(target)] };
    case 'drop-roles':
      return { atomic: true, statements: dropRolesStatements(facts, target.names) };
  }
}
