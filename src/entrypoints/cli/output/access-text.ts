import { type Access, accessOf, isAccountsTable, type Owner } from '../../../domain/access.ts';
import type { Reader, Schema, Table, Writer } from '../../../domain/schema.ts';

/** Who signs in, in a sentence; null stands for nobody, which whoever has the server should know. */
export function accountsText(accounts: Pick<NonNullable<Schema['accounts']>, 'table' | 'login'> | null): string {
  return accounts
    ? `${accounts.table} sign in with their ${accounts.login.replaceAll('_', ' ')}`
    : 'none: whoever reaches the server may read and change everything (ask for it "with login" to change that)';
}

const READERS: Readonly<Record<Reader, string>> = {
  everyone: 'everyone',
  accounts: 'who is signed in',
  owner: 'its owner',
};
const WRITERS: Readonly<Record<Writer, string>> = { ...READERS, admins: 'administrators' };

/** What a table tells about its rows: who reads, who writes, whose they are. */
export function accessTexts(table: Table, schema: Schema): readonly [read: string, write: string, owner: string] {
  const access = accessOf(table, schema);
  return [readText(access), WRITERS[access.write], isAccountsTable(table, schema) ? 'itself' : ownerText(access.owner)];
}

function readText({ read, sharedWith }: Access): string {
  return [READERS[read], ...(read === 'owner' ? sharedWith : [])].join(', ');
}

function ownerText(owner: Owner | null): string {
  if (!owner) return '';
  return owner.kind === 'parent' ? `through ${owner.column}` : owner.column;
}
