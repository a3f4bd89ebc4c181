/** What operations of a contract are sent. */

/** Formats of texts that are held to, beside those that are kinds of their own. */
export type TextFormat = 'uri' | 'ipv4' | 'ipv6' | 'hostname' | 'time' | 'byte';

/** What a value must be like. */
export type ContractCheck = { readonly nullable: boolean } & (
  | {
      readonly kind: 'text';
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly pattern?: string;
      readonly format?: TextFormat;
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
  /** It may also be sent as a form. */
  readonly isForm: boolean;
  readonly inputs: readonly ContractInput[];
}
