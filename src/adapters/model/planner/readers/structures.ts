import type { Fact } from '../facts.ts';

/** Offsets into the request. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Facts, and the parts of the request they exhaust. */
export interface Structures {
  readonly facts: readonly Fact[];
  readonly spans: readonly Span[];
}

/** Something with fields: `Product(name, price)`, `interface Company { id: string }`, `CREATE TABLE x (…)`, `Book: title string`. */
export interface Definition {
  readonly name: string;
  /** Where the fields stand in the request. */
  readonly span: Span;
  readonly fields: readonly string[];
  readonly why: string;
  /** Words of running text: what such a thing usually has may be there besides. */
  readonly open?: boolean;
}

/** Values by the name of their enumeration, singular snake_case. */
export type Enumerations = ReadonlyMap<string, readonly string[]>;
