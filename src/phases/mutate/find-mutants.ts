import type { Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { type Mutant, mutantsOf, type Operator } from './mutant.ts';
import { ACCOUNT_OPERATORS, SERVER_OPERATORS } from './server-operators.ts';
import { ROUTE_OPERATORS, SCHEMA_OPERATORS, statementOperators } from './table-operators.ts';
import { collide } from './weave.ts';

/** The operators for a schema: those for all projects, and those that its tables call for. */
export function operatorsFor(schema: Schema): readonly Operator[] {
  const statements = schema.tables.flatMap((table) => statementOperators(table, schema));
  const accounts = schema.accounts ? ACCOUNT_OPERATORS : [];
  return [...SERVER_OPERATORS, ...accounts, ...SCHEMA_OPERATORS, ...ROUTE_OPERATORS, ...statements];
}

/** All faults that can be made in the code of a project, in the order of its files. */
export function findMutants(files: FileTree, schema: Schema): readonly Mutant[] {
  const operators = operatorsFor(schema);
  const found: Mutant[] = [];
  for (const [file, text] of Object.entries(files)) {
    if (!file.startsWith('server/') || file.startsWith('server/custom/')) continue;
    for (const mutant of operators.flatMap((operator) => mutantsOf(operator, file, text))) {
      if (!found.some((other) => collide(mutant, other))) found.push(mutant);
    }
  }
  return found;
}
