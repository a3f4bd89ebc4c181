import type { ColumnKind } from './notation.ts';

/** What a reader found out about a column; what it leaves open is guessed from the name. */
export interface ColumnFact {
  readonly name: string;
  readonly kind?: ColumnKind | undefined;
  /** A PostgreSQL type asked for by name. */
  readonly sqlType?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly nullable?: boolean | undefined;
  readonly unique?: boolean | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/**
 * One thing the request says. Entities are named as in the request, singular and snake_case; several facts may
 * contradict each other, merging decides. `why` is the part of the request, or the rule.
 */
export type Fact =
  | {
      readonly kind: 'entity';
      readonly name: string;
      readonly strength: number;
      /** It stands between two others: a `deck_card` is no card. */
      readonly between?: boolean | undefined;
      readonly why: string;
    }
  | { readonly kind: 'column'; readonly entity: string; readonly column: ColumnFact; readonly why: string }
  /** The columns named are all that is wanted. */
  | { readonly kind: 'closed'; readonly entity: string; readonly why: string }
  | {
      readonly kind: 'link';
      readonly child: string;
      readonly parent: string;
      readonly role?: string | undefined;
      readonly nullable?: boolean | undefined;
      /** Only a guess from the order of words: what the lexicon knows about the two wins. */
      readonly soft?: boolean | undefined;
      readonly why: string;
    }
  | {
      readonly kind: 'many-to-many';
      readonly left: string;
      readonly right: string;
      /** Only a guess from a verb: what else ties the two wins. */
      readonly soft?: boolean | undefined;
      readonly why: string;
    }
  | {
      readonly kind: 'unique';
      readonly entity: string;
      /** The entity is whatever this verb makes: `vote` a ballot. */
      readonly verb?: string | undefined;
      readonly parts: readonly string[];
      readonly why: string;
    }
  | { readonly kind: 'without'; readonly name: string; readonly why: string }
  /** Somebody does what makes a row of a lexicon entity: `borrow` for a loan. */
  | {
      readonly kind: 'happens';
      readonly verb: string;
      readonly subject: string | null;
      /** To what it is done. */
      readonly object?: string | undefined;
      readonly why: string;
    }
  /** People sign in, or nobody does; `who` when the request says which people. */
  | { readonly kind: 'accounts'; readonly wanted: boolean; readonly who?: string | undefined; readonly why: string }
  /** Who may see and change something; `entity` null for everything. `admins` leaves people what they made. */
  | {
      readonly kind: 'access';
      readonly entity: string | null;
      readonly read?: 'everyone' | 'accounts' | 'owner' | undefined;
      readonly write?: 'owner' | 'admins' | 'only-admins' | undefined;
      readonly why: string;
    }
  /** Some accounts may do more than others. */
  | { readonly kind: 'role'; readonly name: string; readonly why: string };

/** How sure a reader is that a phrase is an entity. From `WANTED` on it gets a table. */
export const STRENGTH = { passing: 1, wanted: 2, listed: 3, defined: 6 } as const;
