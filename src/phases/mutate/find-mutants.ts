import { accessOf } from '../../domain/access.ts';
import { embeddings, isNested } from '../../domain/embedding.ts';
import type { Schema, Table } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { type Mutant, mutantsOf, type Operator } from './mutant.ts';
import { ACCOUNT_OPERATORS, SERVER_OPERATORS } from './server-operators.ts';
import { ROUTE_OPERATORS, SCHEMA_OPERATORS, statementOperators } from './table-operators.ts';
import { collide } from './weave.ts';

/** The operators for a schema: those for all projects, and those that its tables call for. */
export function operatorsFor(schema: Schema): readonly Operator[] {
  const statements = schema.tables.flatMap((table) => statementOperators(table, schema));
  const accounts = schema.accounts ? ACCOUNT_OPERATORS : [];
  const everywhere = [...SERVER_OPERATORS, ...accounts].filter(({ fault }) => canMatter(fault, schema));
  return [...everywhere, ...SCHEMA_OPERATORS, ...ROUTE_OPERATORS, ...statements];
}

/** Faults that no request can tell from the right thing when no column may be empty. */
const OF_EMPTY_COLUMNS: ReadonlySet<string> = new Set([
  'a wrong flag is not explained',
  'null finds what is filled',
  'ne does not find what is empty',
  'rows without a value are lost behind a cursor',
]);
/** A list cannot be sorted by more columns than it has, and more than five are refused. */
const OF_WIDE_TABLES = 'more columns to sort by are taken';

/** Where nobody reads rows that only others change, nobody is told so. */
const OF_READERS = 'a row that may not be changed has another status';

/** Where all rows with lists below them are read for who asks, the row is looked for before its list. */
const OF_OPEN_PARENTS = 'children of what is not there are listed';

function canMatter(fault: string, schema: Schema): boolean {
  const { tables } = schema;
  if (fault === OF_OPEN_PARENTS) return tables.some((table) => isOpenParent(table, schema));
  if (fault === OF_READERS) {
    const rights = tables.map((table) => accessOf(table, schema));
    return rights.some(
      ({ read, write, sharedWith }) => write === 'owner' && (read !== 'owner' || sharedWith.length > 0),
    );
  }
  const shown = tables.map(({ columns }) => columns.filter(({ sensitive }) => !sensitive));
  if (OF_EMPTY_COLUMNS.has(fault)) return shown.flat().some(({ nullable }) => nullable);
  return fault !== OF_WIDE_TABLES || shown.some((columns) => columns.length > 5);
}

function isOpenParent(table: Table, schema: Schema): boolean {
  const isOpen = schema.accounts === null || accessOf(table, schema).read === 'everyone';
  return isOpen && embeddings(table, schema).some((embedding) => isNested(embedding, table));
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
