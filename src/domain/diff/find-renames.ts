import { parseColumnType } from '../column-type.ts';
import type { Column, Schema, Table } from '../schema.ts';
import { newColumnName, type Renames, renameSchema } from './rename-schema.ts';

/** Something that is gone, and what it may be called now. */
export interface Doubt {
  readonly kind: 'table' | 'column';
  /** `posts` or `posts.title`, by its old name. */
  readonly gone: string;
  /** New names, without their table. */
  readonly candidates: readonly string[];
}

export interface FoundRenames {
  readonly renames: Renames;
  readonly doubts: readonly Doubt[];
}

/** What a person said. */
export interface Said {
  /** Old → new: `posts` → `articles`, `posts.title` → `headline`, `post_status.draft` → `unpublished`. */
  readonly renames: ReadonlyMap<string, string>;
  /** Names of tables and columns that are gone for good. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * What got another name between two schemas: what was said, what can hardly be anything else, and what is in doubt. In
 * doubt nothing is renamed.
 */
export function findRenames(before: Schema, after: Schema, said: Said): FoundRenames {
  const tables = new Map<string, string>();
  const columns = new Map<string, string>();
  const enums = new Map<string, string>();
  const values = new Map<string, string>();
  const renames = { tables, columns, enums, values };
  for (const [from, to] of said.renames) {
    const dot = from.indexOf('.');
    const owner = from.slice(0, dot);
    const target = to.startsWith(`${owner}.`) ? to.slice(dot + 1) : to;
    // What was renamed already has its name.
    if (!hasPlace(before, from)) continue;
    if (dot === -1) (hasTable(before, from) ? tables : enums).set(from, to);
    else (hasTable(before, owner) ? columns : values).set(from, target);
  }
  const doubts: Doubt[] = tableDoubts(before, after, said, tables);
  findEnums(before, after, enums);
  for (const table of before.tables) doubts.push(...columnDoubts(table, before, after, said, renames));
  return { renames, doubts };
}

const hasTable = (schema: Schema, name: string): boolean => schema.tables.some((table) => table.name === name);

function hasPlace(schema: Schema, place: string): boolean {
  const dot = place.indexOf('.');
  const [owner, inner] = dot === -1 ? [place, null] : [place.slice(0, dot), place.slice(dot + 1)];
  const table = schema.tables.find(({ name }) => name === owner);
  const type = schema.enums.find(({ name }) => name === owner);
  if (inner === null) return table !== undefined || type !== undefined;
  return table?.columns.some(({ name }) => name === inner) || type?.values.includes(inner) || false;
}

/** Columns that nearly every table has say nothing. */
const COMMON = new Set(['id', 'created_at', 'updated_at']);

function fingerprints(table: Table): ReadonlySet<string> {
  return new Set(table.columns.filter(({ name }) => !COMMON.has(name)).map(({ name, type }) => `${name} ${type}`));
}

function likeness(one: Table, other: Table): { readonly shared: number; readonly share: number } {
  const [left, right] = [fingerprints(one), fingerprints(other)];
  const shared = [...left].filter((item) => right.has(item)).length;
  return { shared, share: shared / Math.max(1, new Set([...left, ...right]).size) };
}

function tableDoubts(before: Schema, after: Schema, said: Said, tables: Map<string, string>): Doubt[] {
  const taken = new Set(tables.values());
  const gone = before.tables.filter(
    ({ name }) => !hasTable(after, name) && !tables.has(name) && !said.dropped.has(name),
  );
  const come = after.tables.filter(({ name }) => !hasTable(before, name) && !taken.has(name));
  const doubts: Doubt[] = [];
  for (const table of gone) {
    const near = come.filter((candidate) => likeness(table, candidate).share >= 0.4);
    const [first] = near;
    const { shared, share } = first ? likeness(table, first) : { shared: 0, share: 0 };
    const rivals = first ? gone.filter((other) => likeness(other, first).share >= 0.4) : [];
    if (first && near.length === 1 && rivals.length === 1 && share >= 0.6 && shared >= 2)
      tables.set(table.name, first.name);
    else if (near.length > 0)
      doubts.push({ kind: 'table', gone: table.name, candidates: near.map(({ name }) => name) });
  }
  return doubts;
}

/** An enum has no rows: another name for the same values is the same enum. */
function findEnums(before: Schema, after: Schema, enums: Map<string, string>): void {
  const same = (one: readonly string[], other: readonly string[]) => one.join('\u0000') === other.join('\u0000');
  for (const type of before.enums) {
    if (enums.has(type.name) || after.enums.some(({ name }) => name === type.name)) continue;
    const heirs = after.enums.filter(
      ({ name, values }) => same(values, type.values) && !before.enums.some((other) => other.name === name),
    );
    const rivals = before.enums.filter(({ values }) => same(values, type.values));
    if (heirs.length === 1 && rivals.length === 1 && heirs[0]) enums.set(type.name, heirs[0].name);
  }
}

function columnDoubts(
  table: Table,
  before: Schema,
  after: Schema,
  said: Said,
  renames: Renames & { readonly columns: Map<string, string> },
): Doubt[] {
  const next = after.tables.find(({ name }) => name === (renames.tables.get(table.name) ?? table.name));
  if (!next) return [];
  const moved = renameSchema(before, renames).tables.find(({ name }) => name === next.name) ?? table;
  const has = (columns: readonly Column[], name: string) => columns.some((column) => column.name === name);
  const gone = table.columns.filter(({ name }) => {
    const isSaid = said.dropped.has(`${table.name}.${name}`) || renames.columns.has(`${table.name}.${name}`);
    return !isSaid && !has(next.columns, name);
  });
  const taken = new Set(table.columns.map(({ name }) => newColumnName(table.name, name, renames)));
  const come = next.columns.filter(({ name }) => !taken.has(name));
  const doubts: Doubt[] = [];
  for (const column of gone) {
    const old = moved.columns.find(({ name }) => name === column.name) ?? column;
    const near = come.filter((candidate) => mayBe(old, candidate));
    const sure = near.filter((candidate) => isSurely(old, candidate));
    const [first] = sure;
    const rivals = first ? gone.filter((other) => other !== column && isSurely(other, first)) : [];
    if (first && sure.length === 1 && rivals.length === 0)
      renames.columns.set(`${table.name}.${column.name}`, first.name);
    else if (near.length > 0) {
      doubts.push({ kind: 'column', gone: `${table.name}.${column.name}`, candidates: near.map(({ name }) => name) });
    }
  }
  return doubts;
}

function mayBe(old: Column, next: Column): boolean {
  const [one, other] = [parseColumnType(old.type), parseColumnType(next.type)];
  const sameKind = one && other ? one.kind === other.kind && one.array === other.array : old.type === next.type;
  return sameKind && old.references?.table === next.references?.table && old.primaryKey === next.primaryKey;
}

const words = (name: string): readonly string[] => name.split('_').map((word) => word.replace(/s$/, ''));

/** The same in everything but its name, and a part of the name is the same, or nothing else tells it from another. */
function isSurely(old: Column, next: Column): boolean {
  const facts = ({ type, nullable, unique, references, default: made }: Column) =>
    JSON.stringify([type, nullable, unique, references, made]);
  if (!mayBe(old, next) || facts(old) !== facts(next)) return false;
  const [one, other] = [words(old.name), words(next.name)];
  const generated = old.default !== null && 'generate' in old.default;
  const inside = one.every((word) => other.includes(word)) || other.every((word) => one.includes(word));
  return generated || inside;
}
