import type { Origin } from '../../../domain/explanation.ts';
import type { Table } from '../../../domain/schema.ts';
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
  readonly origin: Origin;
  /** The request lists all its columns. */
  closed: boolean;
  /** Columns the request names, by name. */
  readonly said: Map<string, SaidColumn>;
  columns: OriginalColumn[];
  readonly links: Link[];
  readonly uniques: Unique[];
  /** A join table: its two parents are its key. */
  readonly join: boolean;
  /** The table it is already: what it has stays, whatever else is said. */
  readonly given: Table | null;
}

/** What the request says about a column, and where. */
export interface SaidColumn extends ColumnFact {
  readonly why: string;
}

/** A column in the making. */
export interface OriginalColumn extends ColumnDraft {
  readonly origin: Origin;
  /** Where the values of a state come from. */
  readonly valuesFrom: Origin;
}

/** Columns that are unique together. */
export interface Unique {
  readonly parts: readonly string[];
  readonly origin: Origin;
}

/** A foreign key in the making; the column is `<role>_id`. */
export interface Link {
  readonly role: string;
  readonly parent: Draft;
  nullable: boolean;
  unique: boolean;
  /** The row goes with its parent. */
  readonly part: boolean;
  readonly origin: Origin;
  /** The request says so in so many words. */
  readonly said?: boolean;
  /** What the lexicon calls its target: `user`, `@person`. */
  readonly targets?: readonly string[];
}

/** The tables of one request, in the order they were found. */
export interface Model {
  readonly drafts: Draft[];
  /** Names of things that would have been too many. */
  readonly leftOver: readonly string[];
  /** References that were given up because required ones ran in a circle. */
  readonly circles: string[];
}

/** A new draft without columns. */
export function draft(
  { name, entity, strength, origin }: Pick<Draft, 'name' | 'entity' | 'strength' | 'origin'>,
  { join = false, given = null }: Partial<Pick<Draft, 'join' | 'given'>> = {},
): Draft {
  const [said, columns, links, uniques] = [new Map(), [], [], []];
  return { name, entity, strength, origin, closed: false, said, columns, links, uniques, join, given };
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
    child.links.find((link) => link.targets?.includes(name)) ??
    null
  );
}
