import { APP_SCHEMA } from '../../domain/database.ts';
import { readableIdentifier } from '../../domain/identifier.ts';
import type { Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';

/**
 * What the texts of a project say about accounts, by the name of the gap it goes into. `parts` are the pieces of text
 * in the template folder of the same name.
 */
export function accountsTexts(schema: Schema | null, parts: FileTree): Readonly<Record<string, string>> {
  const accounts = schema?.accounts ?? null;
  const part = (path: string): string => (parts[path] ?? '').trimEnd();
  if (!accounts) {
    return {
      authentication: part('open/README.md'),
      secret: '',
      accountSettings: '',
      flyAccounts: '',
      moreScripts: '',
    };
  }
  const { login, role } = accounts;
  const about = `${part('accounts/README.md')}${role === null ? '' : part('roles/README.md')}`;
  return {
    authentication: about.replaceAll('LOGIN', login).replaceAll('ROLE', role ?? ''),
    secret: part('accounts/secret.env'),
    accountSettings: part('accounts/settings.env'),
    flyAccounts: part('accounts/fly.toml'),
    moreScripts: role === null ? '' : part('roles/scripts.json'),
    accountsTable: `${APP_SCHEMA}.${readableIdentifier(accounts.table)}`,
    loginColumn: readableIdentifier(login),
    roleColumn: role === null ? '' : readableIdentifier(role),
  };
}
