import type { ColumnFact } from './facts.ts';
import type { Entity } from './lexicon.ts';
import type { ColumnDraft } from './notation.ts';

/** A table in the making. Facts fill it; `render.ts` turns it into the schema. */
export interface Draft {
  /** Singular snake_case, as the request calls it. */
  readonly name: string;
  /** What the lexicon knows about it; null for things it has never heard of. */
  readonly entity: Entity | null;
  readonly strength: number;
  /** The request lists all its columns. */
  closed: boolean;
  /** Columns the request names, by name. */
  readonly said: Map<string, ColumnFact>;
  columns: ColumnDraft[];
  readonly links: Link[];
  readonly uniques: string[][];
  /** A join table: its two parents are its key. */
  readonly join: boolean;
}

/** A foreign key in the making; the column is `<role>_id`. */
export interface Link {
  readonly role: string;
  readonly parent: Draft;
  nullable: boolean;
  unique: boolean;
  /** The row goes with its parent. */
  readonly part: boolean;
}

/** The tables of one request, in the order they were found. */
export interface Model {
  readonly drafts: Draft[];
}

/** A new draft without columns. */
export function draft(name: string, entity: Entity | null, strength: number, join = false): Draft {
  return { name, entity, strength, closed: false, said: new Map(), columns: [], links: [], uniques: [], join };
}

/** The draft a word of the request or a concept of the lexicon stands for. */
export function findDraft(model: Model, name: string): Draft | null {
  return (
    model.drafts.find((one) => one.name === name) ??
    model.drafts.find((one) => one.entity?.name === name) ??
    model.drafts.find((one) => one.name.endsWith(`_${name}`) && one.entity?.name === name) ??
    null
  );
}

/** The table of just this name: in a list of columns a synonym of the lexicon is still a column. */
export function namedDraft(model: Model, name: string): Draft | null {
  return model.drafts.find((one) => one.name === name) ?? null;
}

/** The link of a draft to a parent, by role or by what the parent is. */
export function findLink(child: Draft, name: string): Link | null {
  return (
    child.links.find((link) => link.role === name) ??
    child.links.find((link) => link.parent.name === name || link.parent.entity?.name === name) ??
    null
  );
}
