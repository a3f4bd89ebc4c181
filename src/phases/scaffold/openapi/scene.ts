import { type Access, accessOf, accountsOf, isAccountsTable } from '../../../domain/access.ts';
import { apiNames, type TableNames } from '../../../domain/api-names.ts';
import type { Schema } from '../../../domain/schema.ts';
import { enumNames, type Resource } from '../resource.ts';

/** Names in the document and in the client that belong to no table. */
const SHARED_NAMES = [
  ...['Problem', 'FieldProblem', 'Session', 'Login', 'Registration', 'Refresh', 'PasswordChange', 'Health', 'Ready'],
  // What the client is written with.
  ...['Accounts', 'ApiError', 'Auth', 'Changeable', 'Client', 'ClientOptions', 'Creatable', 'EqualFilter'],
  ...['OrderedFilter', 'Page', 'Partial', 'Readable', 'Record', 'Removable', 'SessionOptions', 'Sorted'],
];
const FILTER_KINDS =
  'Text Integer Number Decimal Boolean Date Time DateTime LocalDateTime Interval Uuid Bytes Network'.split(' ');

/** A schema as its API is described. */
export interface Scene {
  readonly schema: Schema;
  readonly resources: readonly Resource[];
  /** People sign in. */
  readonly secured: boolean;
  namesOf(table: string): TableNames;
  accessOf(resource: Resource): Access;
  /** The table people sign in as. */
  isAccounts(table: string): boolean;
}

export function sceneOf(schema: Schema, resources: readonly Resource[]): Scene {
  const enums = [...enumNames(schema).values()];
  const kinds = [...FILTER_KINDS, ...enums].flatMap((kind) => [`${kind}Filter`, `Optional${kind}Filter`]);
  const names = apiNames(schema.tables, [...SHARED_NAMES, ...enums, ...kinds]);
  return {
    schema,
    resources,
    secured: accountsOf(schema) !== null,
    namesOf: (table) => names.get(table) ?? { one: table, many: table, member: table },
    accessOf: ({ table }) => accessOf(table, schema),
    isAccounts: (name) => isAccountsTable({ name }, schema),
  };
}
