/**
 * What a backend does for each operation of a contract. The generator writes routes and tests from it, and the
 * verification asks it what there is, so that they cannot disagree.
 */

/** What a value must be like. */
export type ContractCheck = { readonly nullable: boolean } & (
  | {
      readonly kind: 'text';
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly pattern?: string;
    }
  | { readonly kind: 'email' | 'uuid' | 'instant' | 'date' | 'boolean' | 'any' }
  | { readonly kind: 'integer' | 'number'; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly item: ContractCheck }
  | { readonly kind: 'object'; readonly members: readonly ContractMember[] }
);

export interface ContractMember {
  readonly name: string;
  readonly required: boolean;
  readonly check: ContractCheck;
}

/** A member of a body that becomes a column. */
export interface ContractInput extends ContractMember {
  readonly column: string;
  /** Stored as its hash. */
  readonly isPassword: boolean;
}

export interface ContractBody {
  /** `{"article": {…}}`; null: the body itself. */
  readonly wrap: string | null;
  readonly inputs: readonly ContractInput[];
}

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
  | { readonly kind: 'self'; readonly fields: readonly ViewField[] }
);

export interface ContractToggle {
  readonly table: string;
  /** Of who has switched it on. */
  readonly accountColumn: string;
  /** Of what it is about. */
  readonly column: string;
}

/** An object that is answered; null members mean an empty body. */
export interface ContractView {
  readonly wrap: string | null;
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
  readonly choices: readonly SortChoice[];
  readonly preset: string | null;
  readonly direction: string | null;
  readonly directions: readonly string[];
  readonly isDownwards: boolean;
}

export type ContractTotal = {
  readonly name: string;
  /** The object it stands in, beside the list; null: beside the list itself. */
  readonly within: string | null;
  /** Left out where there is none. */
  readonly omits: boolean;
  readonly means: 'total' | 'page' | 'limit' | 'offset' | 'pages' | 'more' | 'less' | 'cursor';
};

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
    }
  | {
      readonly kind: 'change';
      readonly address: ContractAddress;
      readonly body: ContractBody;
      readonly view: ContractView | null;
      readonly isWhole: boolean;
      readonly slug: { readonly column: string; readonly from: string } | null;
    }
  | { readonly kind: 'remove'; readonly address: ContractAddress }
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

/** What a failure says: a sentence, its status, sentences, sentences by field, false, an empty object or list. */
export type FailureShape =
  | { readonly kind: 'message' | 'status' | 'messages' | 'fields' | 'false' | 'empty' | 'none' }
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
  /** `key`: one of `opens` is asked for. */
  readonly guard: 'none' | 'optional' | 'account' | 'key';
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
  readonly operations: readonly PlannedOperation[];
  /** What may stand before a token in `Authorization`. */
  readonly tokenWords: readonly string[];
}
