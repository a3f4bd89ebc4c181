import type { ContractFilter, ContractPaging, ContractSort, ContractTotal } from './contract-list.ts';
import type { ContractAddress, ContractParent, ContractToggle, ContractView } from './contract-rows.ts';
import type { ContractBody } from './contract-values.ts';

/**
 * What a backend does for each operation of a contract. The generator writes routes and tests from it, and the
 * verification asks it what there is, so that they cannot disagree.
 */

export type ContractAction =
  | { readonly kind: 'custom'; readonly reason: string }
  | { readonly kind: 'register'; readonly body: ContractBody; readonly view: ContractView }
  | { readonly kind: 'changeMe'; readonly body: ContractBody; readonly view: ContractView }
  | {
      readonly kind: 'login';
      readonly body: ContractBody;
      readonly view: ContractView;
      readonly login: string;
      readonly password: string;
    }
  | { readonly kind: 'me'; readonly view: ContractView }
  | { readonly kind: 'logout' }
  | {
      readonly kind: 'list';
      readonly table: string;
      readonly view: ContractView;
      readonly totals: readonly ContractTotal[];
      readonly parent: ContractParent | null;
      readonly filters: readonly ContractFilter[];
      readonly paging: ContractPaging | null;
      readonly sort: ContractSort | null;
      /** The header that tells how many rows there are. */
      readonly totalHeader: string | null;
      /** Only rows whose owner is followed by who asks. */
      readonly followed: { readonly ownerColumn: string; readonly toggle: ContractToggle } | null;
    }
  | { readonly kind: 'values'; readonly table: string; readonly column: string; readonly wrap: string | null }
  | { readonly kind: 'read'; readonly address: ContractAddress; readonly view: ContractView }
  | {
      readonly kind: 'create';
      readonly table: string;
      readonly parent: ContractParent | null;
      readonly body: ContractBody;
      readonly view: ContractView | null;
      readonly slug: { readonly column: string; readonly from: string } | null;
      /** The column by which `Location` leads to the new row; null without that header. */
      readonly location: string | null;
    }
  | {
      readonly kind: 'change';
      readonly address: ContractAddress;
      readonly body: ContractBody;
      readonly view: ContractView | null;
      readonly isWhole: boolean;
      readonly slug: { readonly column: string; readonly from: string } | null;
    }
  | { readonly kind: 'remove'; readonly address: ContractAddress; readonly view: ContractView | null }
  | {
      readonly kind: 'link';
      readonly parent: ContractAddress;
      readonly target: ContractAddress;
      readonly table: string;
      readonly parentColumn: string;
      readonly targetColumn: string;
      readonly isOn: boolean;
    }
  | {
      readonly kind: 'toggle';
      readonly address: ContractAddress;
      readonly toggle: ContractToggle;
      readonly isOn: boolean;
      readonly view: ContractView | null;
    };

/** What one problem says: its sentence, the member it is about, where that stands, the status. */
export type ProblemShape =
  | { readonly kind: 'message' | 'field' | 'path' | 'status' | 'code' | 'empty' }
  | { readonly kind: 'members'; readonly members: Readonly<Record<string, ProblemShape>> };

/** What a failure says: a sentence, its status, sentences, sentences by field, false, an empty object or list. */
export type FailureShape =
  | { readonly kind: 'message' | 'status' | 'messages' | 'fields' | 'false' | 'empty' | 'none' }
  /** One for each problem. */
  | { readonly kind: 'each'; readonly item: ProblemShape }
  | { readonly kind: 'members'; readonly members: Readonly<Record<string, FailureShape>> };

export interface PlannedOperation {
  readonly id: string;
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch';
  /** With what all paths begin with: `/api/articles/{slug}`. */
  readonly path: string;
  /** The same as it stands in the document. */
  readonly describedPath: string;
  readonly summary: string;
  /** Parameters that its query may have. */
  readonly query: readonly string[];
  /** It takes a JSON body. */
  readonly takesBody: boolean;
  /** `key`: one of `opens` is asked for. `optional`: who brings an account, or one of `opens`, may see more. */
  readonly guard: 'none' | 'optional' | 'account' | 'key';
  /** Of those who are let in by `guard`, who may ask: a scope may be for administrators, or known to nobody. */
  readonly admits: 'all' | 'admins' | 'nobody';
  /** Scopes by the name of a scheme, one of which is enough. */
  readonly opens: Readonly<Record<string, readonly string[]>>;
  /** Of success. */
  readonly status: number;
  /** Status or `default` → how its body looks; null for one without a body. */
  readonly failures: Readonly<Record<string, FailureShape | null>>;
  readonly action: ContractAction;
}

/** Where a request carries a key: its own header, parameter or cookie, or in `Authorization`. */
export interface KeyPlace {
  readonly in: 'header' | 'query' | 'cookie' | 'bearer' | 'basic';
  readonly name: string;
}

/** The role of accounts that has the scopes of administration. */
export const ADMIN_ROLE = 'admin';

/** Keys that who runs the backend makes, where nobody signs up. */
export interface ContractKeys {
  /** Keeps their hashes. */
  readonly table: string;
  /** By the name of the scheme in the document. */
  readonly places: Readonly<Record<string, KeyPlace>>;
  /** All that a key may be good for. */
  readonly scopes: readonly string[];
}

export interface ContractPlan {
  readonly keys: ContractKeys | null;
  /** Who has the scopes that are asked of people who sign in. */
  readonly scopes: Readonly<Record<string, 'everyone' | 'admins' | 'nobody'>>;
  readonly operations: readonly PlannedOperation[];
  /** What may stand before a token in `Authorization`. */
  readonly tokenWords: readonly string[];
}
