import type { InputField } from '../../../domain/rest.ts';
import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';

/** The accounts table, and what the schema says of it. */
export interface AccountsResource {
  readonly resource: Resource;
  readonly key: Column;
  readonly login: InputField;
  readonly password: Column;
  readonly fields: readonly InputField[];
}
