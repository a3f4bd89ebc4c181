import { singleOwner } from '../../../domain/access.ts';
import type { Schema, Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';

/** Whose words a file of tests is written in. */
export interface Voice {
  /** Who makes rows and asks for them. */
  readonly client: string;
  readonly schema: Schema;
  readonly resources: readonly Resource[];
}

/** A row that refers to its like has to be somebody else's, where an account has only one. */
export function refersToItself(table: Table, parent: Table, schema: Schema): boolean {
  return table.name === parent.name && singleOwner(table, schema) !== null;
}

/** An account has one row of that table at most. */
export function isSingle(name: string, schema: Schema): boolean {
  const table = schema.tables.find((candidate) => candidate.name === name);
  return table !== undefined && singleOwner(table, schema) !== null;
}
