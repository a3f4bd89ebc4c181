import { type Relation, relationsOf } from './relations.ts';
import { type Column, primaryKey, type Schema, type Table } from './schema.ts';

/** Rows of another table that belong to a row: the one it refers to, or those that refer to it. */
export interface Embedding {
  /** In `?include=`, in the answer and, for children, in the path. Neither a column of the table nor used twice. */
  readonly name: string;
  readonly kind: 'parent' | 'children';
  /** The table the rows come from. */
  readonly table: string;
  /** Columns of the row, and those of the other table that hold the same values. */
  readonly columns: readonly string[];
  readonly otherColumns: readonly string[];
}

/** Longer ones would not fit on a line of code. */
const MAX_NAME_LENGTH = 63;

/** A foreign key of `child`, as both of its ends see it. */
interface Link {
  readonly child: Table;
  readonly parent: Table;
  readonly relation: Relation;
}

/**
 * What a row of a table can be shown with, parents in the order of its foreign keys, then children in the order of the
 * schema. A parent is named after its column without `_id`, children after their table. Foreign keys over sensitive
 * columns are left out: what may not be seen is not followed either.
 */
export function embeddings(table: Table, schema: Schema): readonly Embedding[] {
  const links = schema.tables.flatMap((child) => linksOf(child, schema)).filter((link) => isVisible(link));
  const taken = new Set(table.columns.map((column) => column.name));
  const parents = links.filter(({ child }) => child === table);
  const children = links.filter(({ parent }) => parent === table);
  return [
    ...parents.map(({ parent, relation: { columns, target } }): Embedding => {
      const names = [withoutSuffix(columns), parent.name, `${parent.name}_by_${columns.join('_')}`];
      const name = freeName(names, taken);
      return { name, kind: 'parent', table: parent.name, columns, otherColumns: target.columns };
    }),
    ...children.map(({ child, relation: { columns, target } }): Embedding => {
      const isOnly = children.filter((link) => link.child === child).length === 1;
      const byColumn = `${child.name}_by_${withoutSuffix(columns) ?? columns.join('_')}`;
      const name = freeName([isOnly ? child.name : null, byColumn], taken);
      return { name, kind: 'children', table: child.name, columns: target.columns, otherColumns: columns };
    }),
  ];
}

/** Children that are listed below the row, at `/posts/{id}/comments`: they refer to it by its key. */
export function isNested(embedding: Embedding, table: Table): boolean {
  const key = primaryKey(table).map((column) => column.name);
  const { kind, columns } = embedding;
  return kind === 'children' && columns.length === key.length && key.every((name) => columns.includes(name));
}

function linksOf(child: Table, schema: Schema): readonly Link[] {
  return relationsOf(child).flatMap((relation) => {
    const parent = schema.tables.find((candidate) => candidate.name === relation.target.table);
    return parent ? [{ child, parent, relation }] : [];
  });
}

function isVisible({ child, parent, relation }: Link): boolean {
  const isSeen = (columns: readonly Column[], names: readonly string[]) =>
    names.every((name) => columns.some((column) => column.name === name && !column.sensitive));
  return isSeen(child.columns, relation.columns) && isSeen(parent.columns, relation.target.columns);
}

/** `author` for `author_id`; null when that leaves nothing, or for a key of several columns. */
function withoutSuffix([column = '', ...others]: readonly string[]): string | null {
  const name = column.replace(/_(?:id|uuid|key|code)$/, '');
  return others.length > 0 || name === column ? null : name;
}

function freeName(wishes: readonly (string | null)[], taken: Set<string>): string {
  const names = wishes.flatMap((wish) => (wish !== null && wish.length <= MAX_NAME_LENGTH ? [wish] : []));
  const last = names.at(-1) ?? 'related';
  let name = names.find((candidate) => !taken.has(candidate)) ?? last;
  for (let number = 2; taken.has(name); number += 1) name = `${last}_${number}`;
  taken.add(name);
  return name;
}
