import { type TablePart, type TableParts, tableParts } from '../ddl.ts';
import { literal, readableIdentifier as name } from '../identifier.ts';
import { type DiffContext, ORDER, type Step, step } from './context.ts';

type Pair = readonly [from: string, to: string];

/**
 * Renames so that no name is taken when it is given: what stands in the way goes first, and circles go by a name of their
 * own.
 */
function inFreeOrder(pairs: readonly Pair[]): readonly Pair[] {
  const waiting = [...pairs];
  const ordered: Pair[] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex(([, to]) => !waiting.some(([from]) => from === to));
    if (at !== -1) {
      ordered.push(...waiting.splice(at, 1));
      continue;
    }
    const [first] = waiting;
    if (!first) break;
    const between = `_renamed_${ordered.length}`;
    ordered.push([first[0], between]);
    waiting[0] = [between, first[1]];
  }
  return ordered;
}

/** Tables, columns, enums and their values, then everything that is named after them. */
export function renameSteps(context: DiffContext): readonly Step[] {
  const { renames, before } = context;
  const constant = (value: string) => literal(value).trimStart();
  const types = inFreeOrder([...renames.enums]).map(([from, to]) =>
    step(ORDER.rename, `Rename the type ${from} to ${to}.`, [`ALTER TYPE ${name(from)} RENAME TO ${name(to)};`]),
  );
  const values = before.enums.flatMap((type) => {
    const title = renames.enums.get(type.name) ?? type.name;
    const pairs = type.values.flatMap((value): Pair[] => {
      const to = renames.values.get(`${type.name}.${value}`);
      return to === undefined ? [] : [[value, to]];
    });
    return inFreeOrder(pairs).map(([from, to]) =>
      step(ORDER.rename, `Rename the value ${from} of ${title} to ${to}.`, [
        `ALTER TYPE ${name(title)} RENAME VALUE ${constant(from)} TO ${constant(to)};`,
      ]),
    );
  });
  const tables = inFreeOrder([...renames.tables]).map(([from, to]) =>
    step(ORDER.rename, `Rename ${from} to ${to}.`, [`ALTER TABLE ${name(from)} RENAME TO ${name(to)};`]),
  );
  const columns = before.tables.flatMap((table) => {
    const title = renames.tables.get(table.name) ?? table.name;
    const pairs = table.columns.flatMap((column): Pair[] => {
      const to = renames.columns.get(`${table.name}.${column.name}`);
      return to === undefined ? [] : [[column.name, to]];
    });
    return inFreeOrder(pairs).map(([from, to]) =>
      step(ORDER.rename, `Rename ${title}.${from} to ${to}.`, [
        `ALTER TABLE ${name(title)} RENAME COLUMN ${name(from)} TO ${name(to)};`,
      ]),
    );
  });
  return [...types, ...values, ...tables, ...columns, ...followers(context)];
}

/** Constraints, indexes and sequences are called like the next schema would call them. */
function followers({ before, was, renames }: DiffContext): readonly Step[] {
  const old = tableParts(before);
  return before.tables.flatMap((table) => {
    const title = renames.tables.get(table.name) ?? table.name;
    const [one, other] = [old.get(table.name), was.get(title)];
    if (!one || !other) return [];
    const statements = [...renamedParts(title, one, other), ...renamedSequences(one, other)];
    return statements.length === 0 ? [] : [step(ORDER.rename, `Names that follow in ${title}.`, statements)];
  });
}

function renamedParts(table: string, one: TableParts, other: TableParts): string[] {
  const pairs = one.parts.flatMap((part, index): (readonly [TablePart, TablePart])[] => {
    const heir = other.parts[index];
    return heir && heir.name !== part.name ? [[part, heir]] : [];
  });
  return renamePartsSql(table, pairs);
}

/** Gives constraints and indexes the names of others, also when these change places. */
export function renamePartsSql(table: string, pairs: readonly (readonly [TablePart, TablePart])[]): string[] {
  const named = (isIndex: boolean) =>
    inFreeOrder(
      pairs.filter(([part]) => (part.kind === 'index') === isIndex).map(([from, to]): Pair => [from.name, to.name]),
    );
  const [indexes, constraints] = [named(true), named(false)];
  return [
    ...constraints.map(([from, to]) => `ALTER TABLE ${name(table)} RENAME CONSTRAINT ${name(from)} TO ${name(to)};`),
    ...indexes.map(([from, to]) => `ALTER INDEX ${name(from)} RENAME TO ${name(to)};`),
  ];
}

function renamedSequences(one: TableParts, other: TableParts): string[] {
  return one.table.columns.flatMap((column, index) => {
    const heir = other.table.columns[index];
    const [from, to] = [sequenceOf(one, column.name), heir ? sequenceOf(other, heir.name) : null];
    return from === null || to === null || from === to ? [] : [`ALTER SEQUENCE ${from} RENAME TO ${to};`];
  });
}

/** The sequence behind an identity column as SQL names it; null for other columns. */
export function sequenceOf({ table, defaults }: TableParts, column: string): string | null {
  const clause = defaults.get(column) ?? '';
  if (!clause.startsWith(' GENERATED')) return null;
  return /\(SEQUENCE NAME (.+)\)$/.exec(clause)?.[1] ?? name(`${table.name}_${column}_seq`);
}
