import { tableParts } from '../ddl.ts';
import type { Column, Schema, Table } from '../schema.ts';

/**
 * Whether code that was made for one schema works on a database of another, unchanged: everything it knows is there as
 * it was, and what came can be left out of an INSERT. Pure, and careful: false where it is not plain.
 */
export function keepsOldCode(before: Schema, after: Schema): boolean {
  if (JSON.stringify(before.accounts) !== JSON.stringify(after.accounts)) return false;
  const hasEnums = before.enums.every(({ name, values }) => {
    const next = after.enums.find((type) => type.name === name);
    return next !== undefined && values.every((value) => next.values.includes(value));
  });
  if (!hasEnums) return false;
  const parts = tableParts(after);
  return before.tables.every((old) => {
    const next = after.tables.find(({ name }) => name === old.name);
    const filled = parts.get(old.name)?.defaults ?? new Map<string, string>();
    return next !== undefined && tableKeepsOldCode(old, next, filled);
  });
}

const RULES = ['uniques', 'foreignKeys', 'checks', 'access'] as const;

function tableKeepsOldCode(old: Table, next: Table, filled: ReadonlyMap<string, string>): boolean {
  const isSame = RULES.every((rule) => JSON.stringify(old[rule]) === JSON.stringify(next[rule]));
  const keeps = old.columns.every((column) => next.columns.some((other) => isSameColumn(column, other)));
  const fresh = next.columns.filter(({ name }) => !old.columns.some((column) => column.name === name));
  return isSame && keeps && fresh.every(({ name, nullable }) => nullable || (filled.get(name) ?? '') !== '');
}

function isSameColumn(one: Column, other: Column): boolean {
  return JSON.stringify({ ...one, description: '' }) === JSON.stringify({ ...other, description: '' });
}
