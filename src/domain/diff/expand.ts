import type { Column, EnumType, Schema, Table } from '../schema.ts';
import { newColumnName, type Renames } from './rename-schema.ts';

/** A schema in between, that the code of the one before and of the one after can both work on. */
export interface Expansion {
  readonly schema: Schema;
  /** `posts.headline` → `title`: what stands for what, under the names of the expanded schema. */
  readonly copies: ReadonlyMap<string, string>;
  /** What cannot be had both ways, in sentences. */
  readonly refused: readonly string[];
}

/**
 * Everything of both: what is to go stays, what comes may be left out, and what both know is as loose as the looser of
 * them. A column with another name stands beside the old one. The rest is left to a second change, when nobody runs the
 * former code any more. Pure.
 */
export function expandSchema(before: Schema, after: Schema, renames: Renames): Expansion {
  const refused: string[] = [];
  const copies = new Map<string, string>();
  if (renames.tables.size + renames.enums.size + renames.values.size > 0) {
    refused.push('A table, an enum or a value of one has only one name at a time.');
  }
  if (JSON.stringify(before.accounts) !== JSON.stringify(after.accounts)) {
    refused.push('Who signs in, and how, cannot be had both ways.');
  }
  const tables = before.tables.map((old) => {
    const next = after.tables.find(({ name }) => name === old.name);
    return next ? expandTable(old, next, renames, { refused, copies }) : old;
  });
  const fresh = after.tables.filter(({ name }) => !before.tables.some((table) => table.name === name));
  const enums = [...before.enums.map((type) => expandEnum(type, after)), ...newEnums(before, after)];
  return { schema: { ...before, tables: [...tables, ...fresh], enums }, copies, refused };
}

function expandEnum(old: EnumType, after: Schema): EnumType {
  const next = after.enums.find(({ name }) => name === old.name)?.values ?? [];
  return { ...old, values: [...old.values, ...next.filter((value) => !old.values.includes(value))] };
}

const newEnums = (before: Schema, after: Schema): readonly EnumType[] =>
  after.enums.filter(({ name }) => !before.enums.some((type) => type.name === name));

interface Found {
  readonly refused: string[];
  readonly copies: Map<string, string>;
}

function expandTable(old: Table, next: Table, renames: Renames, { refused, copies }: Found): Table {
  if (JSON.stringify(old.access) !== JSON.stringify(next.access)) {
    refused.push(`Who may do what with ${old.name} cannot be had both ways.`);
  }
  const kept = old.columns.map((column): Column => {
    const heir = next.columns.find(({ name }) => name === column.name);
    if (heir) return looser(column, heir, old.name, refused);
    const to = newColumnName(old.name, column.name, renames);
    if (to !== column.name) copies.set(`${old.name}.${to}`, column.name);
    if (column.primaryKey) refused.push(`${old.name}.${column.name} is part of the key.`);
    return { ...column, nullable: true };
  });
  const fresh = next.columns.filter(({ name }) => !old.columns.some((column) => column.name === name));
  if (fresh.some(({ primaryKey }) => primaryKey)) refused.push(`The key of ${old.name} cannot be had both ways.`);
  const names = new Set(fresh.map(({ name }) => name));
  const both = <T>(one: readonly T[], other: readonly T[], columnsOf: (rule: T) => readonly string[]): readonly T[] => {
    const texts = new Set(one.map((rule) => JSON.stringify(rule)));
    return other.filter((rule) => texts.has(JSON.stringify(rule)) || columnsOf(rule).every((name) => names.has(name)));
  };
  const indexes = [...old.indexes, ...next.indexes];
  return {
    ...old,
    columns: [...kept, ...fresh.map((column) => ({ ...column, nullable: column.nullable || !isFilled(column) }))],
    uniques: both(old.uniques, next.uniques, (columns) => columns),
    foreignKeys: both(old.foreignKeys, next.foreignKeys, ({ columns }) => columns),
    checks: both(old.checks, next.checks, ({ left, right }) => [left, right]),
    indexes: indexes.filter(
      (one, at) => indexes.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === at,
    ),
  };
}

/** The database itself gives it a value. */
const isFilled = ({ default: made }: Column): boolean =>
  made !== null && ('value' in made || !['id', 'owner'].includes(made.generate));

function looser(old: Column, next: Column, table: string, refused: string[]): Column {
  const place = `${table}.${old.name}`;
  if (old.type !== next.type) {
    refused.push(`${place} has only one type at a time: give the other one a name of its own, and say --rename.`);
  }
  if (JSON.stringify(old.references) !== JSON.stringify(next.references)) {
    refused.push(`What ${place} refers to cannot be had both ways.`);
  }
  if (old.primaryKey !== next.primaryKey) refused.push(`The key of ${table} cannot be had both ways.`);
  return {
    ...old,
    nullable: old.nullable || next.nullable,
    unique: old.unique && next.unique,
    default: next.default ?? old.default,
    check: JSON.stringify(old.check) === JSON.stringify(next.check) ? old.check : null,
  };
}
