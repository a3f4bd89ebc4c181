import type { ContractToggle } from './contract-rows.ts';
import type { ContractCheck } from './contract-values.ts';

/** How lists of a contract are narrowed, put in order and paged. */

/** A parameter that a list is narrowed by. */
export type ContractFilter = {
  readonly param: string;
  readonly check: ContractCheck;
  readonly isRequired: boolean;
  /** A list of values is sent as `a,b` instead of being repeated. */
  readonly hasCommas: boolean;
} & (
  | { readonly kind: 'equal' | 'member'; readonly column: string }
  /** Rows with the text in one of these. */
  | { readonly kind: 'search'; readonly columns: readonly string[] }
  | { readonly kind: 'bound'; readonly column: string; readonly operator: '>=' | '>' | '<=' | '<' }
  /** Rows that refer to what is called so. */
  | { readonly kind: 'reference'; readonly column: string; readonly table: string; readonly by: string }
  /** Rows that the account called so has switched on. */
  | { readonly kind: 'switchedBy'; readonly toggle: ContractToggle; readonly table: string; readonly by: string }
);

export interface ContractPaging {
  readonly limit: string | null;
  readonly preset: number;
  /** A larger one is an error when the document says so; otherwise it is taken for this. */
  readonly max: number;
  readonly isStrict: boolean;
  readonly offset: string | null;
  readonly page: string | null;
  /** Given by the page before. */
  readonly cursor: string | null;
  readonly firstPage: 0 | 1;
}

export interface SortChoice {
  readonly value: string;
  readonly column: string;
  readonly isDownwards: boolean;
}

/** Parameters that put a list in order: by what, and which way. */
export interface ContractSort {
  readonly param: string | null;
  /** It may be given several times; the first counts. */
  readonly isList: boolean;
  readonly choices: readonly SortChoice[];
  readonly preset: string | null;
  readonly direction: string | null;
  readonly directions: readonly string[];
  readonly isDownwards: boolean;
}

/** What a member beside a list tells: `here` is how many rows this page has. */
export type TotalMeaning =
  | 'total'
  | 'page'
  | 'limit'
  | 'offset'
  | 'pages'
  | 'here'
  | 'more'
  | 'less'
  | 'first'
  | 'last'
  | 'empty'
  | 'cursor';

export type ContractTotal = {
  readonly name: string;
  /** The objects it stands in, beside the list; empty: beside the list itself. */
  readonly within: readonly string[];
  /** Left out where there is none. */
  readonly omits: boolean;
} & (
  | { readonly means: TotalMeaning | 'nothing' }
  | { readonly means: 'constant'; readonly value: string | number | boolean }
);
