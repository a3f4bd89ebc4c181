import { profileColumns } from '../../domain/access.ts';
import { APP_SCHEMA } from '../../domain/database.ts';
import { PROFILES_VIEW } from '../../domain/policies.ts';
import type { Schema } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { entry, listed, member, property, quoted } from './source.ts';

/** `server/data/_profiles.ts`: what everybody may see of an account. Null when no row refers to one. */
export function profilesModule(schema: Schema, resources: readonly Resource[]): string | null {
  const isShown = resources.some(({ relations }) => relations.some(({ source }) => source.module === PROFILES_VIEW));
  const accounts = resources.find(({ wall }) => wall?.isAccounts);
  if (!isShown || !accounts) return null;
  const keys = accounts.key.map(({ name }) => quoted(name)).join(', ');
  const columns = profileColumns(schema).map(({ name }) => `${property(name)}: ${member('columns', name)}`);
  return `import { findRows } from '../lib/database.ts';
import type { Rows } from '../lib/list-query.ts';
import { columns } from '../schemas/${accounts.table.name}.ts';

/** What everybody may see of an account: who made a row is shown like that. */
export const collection: Rows = {
  ${entry('name', quoted(PROFILES_VIEW))},
  ${entry('from', quoted(`${APP_SCHEMA}.${PROFILES_VIEW}`))},
  ${listed('columns: {', columns, '},', 2)}
  key: [${keys}],
  order: [${keys}],
  find: findRows,
};
`;
}
