import { profileColumns } from '../access.ts';
import type { ContractToggle } from '../contract-rows.ts';
import { type Column, primaryKey, type Schema, type Table } from '../schema.ts';
import type { Findings } from './entities.ts';
import type { Entity } from './entity.ts';
import { NotPlain } from './not-plain.ts';
import type { Toggle } from './toggles.ts';

/** What was found in a contract, and the tables that were made of it. */
export interface Scene extends Findings {
  readonly schema: Schema;
}

export function tableOf(scene: Scene, entity: Pick<Entity, 'table'>): Table {
  const table = scene.schema.tables.find(({ name }) => name === entity.table);
  if (!table) throw new NotPlain(`there is no table ${entity.table}`);
  return table;
}

export function columnIn(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (!column) throw new NotPlain(`${table.name} has no column for ${name}`);
  return column;
}

/** The columns that everybody may see of an account. */
export function publicColumns({ schema }: Scene): ReadonlySet<string> {
  return new Set(profileColumns(schema).map(({ name }) => name));
}

export function toggleOf(scene: Scene, toggle: Toggle): ContractToggle {
  const table = tableOf(scene, { table: toggle.table });
  const [account] = primaryKey(table);
  return { table: toggle.table, accountColumn: account?.name ?? '', column: toggle.column };
}
