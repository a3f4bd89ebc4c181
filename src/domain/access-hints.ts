import type { Reader } from './schema.ts';

/** What is known about the rows of a table; what is left out is worked out. */
export interface TableHints {
  /** Who sees them. Rows that belong to somebody are private where nothing is said. */
  readonly read?: Reader | undefined;
  /** `owner`: whoever made a row. `accounts` and `admins` keep them together, unless a column says who made them. */
  readonly write?: 'owner' | 'accounts' | 'admins' | undefined;
  /** Other rows are sorted by them: they are as private as what they sort. */
  readonly isLookup?: boolean | undefined;
}

/** What a design of tables does not say about the people behind it. */
export interface AccessHints {
  /** The table people sign in as. */
  readonly accounts: string;
  /** Names of roles that were spoken of; empty: a role only when something is left to administrators. */
  readonly roles: readonly string[];
  /** Whether rows nobody is known to own are kept by all accounts together; otherwise each belongs to its maker. */
  readonly isShared: boolean;
  /** By name of the table. */
  readonly tables: ReadonlyMap<string, TableHints>;
}
