import { relationsOf } from '../relations.ts';
import type { Column, Table } from '../schema.ts';
import type { DiffContext, Obstacle } from './context.ts';

/** Rows that would be without a value of a column: which they get has to be said, where a value can be typed at all. */
export function unfilled(
  count: { readonly what: string; readonly sql: string },
  column: Column,
  table: Table,
  { after: { accounts }, oldTable }: DiffContext,
): Obstacle {
  if (accounts?.table === table.name && accounts.password === column.name) {
    const hint = `Nobody can type the hash of a password. Delete the rows of ${table.name} first and let these people register, or begin anew with accounts: turbobackend create "<request> with login"`;
    return { ...count, hint };
  }
  const target = relationsOf(table).find(({ columns }) => columns.includes(column.name))?.target.table;
  if (target !== undefined && oldTable(target) === null) {
    const hint = `${target} is new and has no row yet that they could belong to. Delete the rows of ${table.name} first, or begin anew with all of it: turbobackend create "<request>"`;
    return { ...count, hint };
  }
  const place = `${table.name}.${column.name}`;
  return { ...count, fills: place, hint: `Say what they get: --default ${place}=…` };
}
