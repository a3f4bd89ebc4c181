import type { ContractCheck } from './contract-values.ts';

/** Which rows operations of a contract are about, and how they are answered. */

/** A member of an answer. */
export type ViewField = { readonly name: string /** Left out when it is null. */; readonly omitsNull: boolean } & (
  | { readonly kind: 'column'; readonly column: string }
  | { readonly kind: 'embed'; readonly column: string; readonly table: string; readonly fields: readonly ViewField[] }
  | { readonly kind: 'flag' | 'switched'; readonly toggle: ContractToggle }
  | { readonly kind: 'children'; readonly table: string; readonly column: string }
  /** The rows that belong to this one, as objects. */
  | {
      readonly kind: 'rows';
      readonly table: string;
      readonly fields: readonly ViewField[];
      readonly column: string;
      readonly link: ContractLink | null;
    }
  | { readonly kind: 'token' }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'self'; readonly fields: readonly ViewField[] }
);

export interface ContractToggle {
  readonly table: string;
  /** Of who has switched it on. */
  readonly accountColumn: string;
  /** Of what it is about. */
  readonly column: string;
}

/** A member that is the same in every answer. */
export interface ContractConstant {
  readonly name: string;
  readonly value: string | number | boolean;
}

/** An object that is answered; null members mean an empty body. */
export interface ContractView {
  readonly wrap: string | null;
  /** What stands beside the wrapped object. */
  readonly constants: readonly ContractConstant[];
  readonly fields: readonly ViewField[];
}

/** How a path finds a row. */
export interface ContractAddress {
  readonly table: string;
  readonly param: string;
  readonly column: string;
  readonly check: ContractCheck;
  readonly parent: ContractParent | null;
}

/** The row that others belong to: by a column of theirs, or by a table in which both stand. */
export interface ContractParent {
  readonly address: ContractAddress;
  readonly column: string;
  readonly link: ContractLink | null;
}

/** A table that ties rows together: `other` is the column of the rows that are meant. */
export interface ContractLink {
  readonly table: string;
  readonly column: string;
  readonly other: string;
}
