import { APP_SCHEMA } from '../../../domain/database.ts';
import { readableIdentifier } from '../../../domain/identifier.ts';
import type { Column } from '../../../domain/schema.ts';
import { outputList, SQL_INDENT, statement, tableName } from '../data-module/statements.ts';
import { momentCode } from '../data-module/values.ts';
import { generatorOf } from '../resource.ts';
import { listed, sqlList } from '../source.ts';
import { typeCode } from '../value-code.ts';
import type { AccountsResource } from './accounts-resource.ts';

/** Finds what a password is compared with. */
export function credentialsPart({ resource, key, login, password }: AccountsResource): string {
  const hash = `${readableIdentifier(password.name)} as "passwordHash"`;
  const select = [sqlList('select', [...withAlias(key, 'id'), hash], SQL_INDENT), `from ${tableName(resource)}`];
  return [
    '/** What an account signs in with. */',
    'export interface Credentials {',
    `  readonly id: ${typeCode(resource, key)};`,
    '  readonly passwordHash: string;',
    '}',
    '',
    statement('FIND_LOGIN', resource, 'login', [...select, `where ${readableIdentifier(login.column.name)} = $1`]),
    '',
    'export async function findLogin(run: Run, login: string): Promise<Credentials | undefined> {',
    '  const [credentials] = await run<Credentials>(FIND_LOGIN, [login]);',
    '  return credentials;',
    '}',
    '',
    statement('FIND_CREDENTIALS', resource, 'hash', [...select, `where ${readableIdentifier(key.name)} = $1`]),
    '',
    'export async function findCredentials(',
    '  run: Run,',
    '  id: string | number,',
    '): Promise<Credentials | undefined> {',
    '  const [credentials] = await run<Credentials>(FIND_CREDENTIALS, [id]);',
    '  return credentials;',
    '}',
  ].join('\n');
}

function withAlias(column: Column, alias: string): string[] {
  const own = readableIdentifier(column.name);
  return [own === alias ? own : `${own} as ${alias}`];
}

/** Finds the row of an account. */
export function findPart({ resource, key }: AccountsResource): string {
  return [
    statement('FIND', resource, 'me', [
      outputList(resource, 'select', null),
      `from ${tableName(resource)}`,
      `where ${readableIdentifier(key.name)} = $1`,
    ]),
    '',
    'export async function findAccount(run: Run, id: string | number): Promise<Row | undefined> {',
    '  const [account] = await run<Row>(FIND, [id]);',
    '  return account;',
    '}',
  ].join('\n');
}

/** Changes the password, unless it was changed meanwhile. */
export function changePart({ resource, key, password }: AccountsResource): string {
  const [id, hash] = [readableIdentifier(key.name), readableIdentifier(password.name)];
  const moments = resource.table.columns.filter((column) => generatorOf(column) === 'updated' && !column.primaryKey);
  const sets = [`${hash} = $3`, ...moments.map(({ name }, index) => `${readableIdentifier(name)} = $${index + 4}`)];
  const values = ['id', 'passwordHash', 'newHash', ...moments.map((column) => momentCode(resource, column))];
  return [
    statement('CHANGE_PASSWORD', resource, 'rehash', [
      `update ${tableName(resource)}`,
      `set ${sets.join(', ')}`,
      `where ${id} = $1 and ${hash} = $2`,
      `returning ${id}`,
    ]),
    '',
    '/** False when the password was changed meanwhile. */',
    'export async function changePassword(',
    '  run: Run,',
    '  { id, passwordHash }: Credentials,',
    '  newHash: string,',
    '): Promise<boolean> {',
    `  ${listed('const rows = await run(CHANGE_PASSWORD, [', values, ']);', 2)}`,
    '  return rows.length > 0;',
    '}',
  ].join('\n');
}

/** Starts a session. */
export function sessionPart({ resource, key, password }: AccountsResource): string {
  const [id, hash] = [readableIdentifier(key.name), readableIdentifier(password.name)];
  const lines = [
    `insert into ${APP_SCHEMA}._sessions (id_hash, account_id, refresh_hash, created_at, expires_at)`,
    `select $3, ${id}, $4, $5, $6`,
    `from ${tableName(resource)}`,
    `where ${id} = $1 and ${hash} = $2`,
    'for share',
    'returning id_hash',
  ];
  return [
    '// The lock: a session of an old password must not outlive its change.',
    `export ${statement('START_SESSION', resource, 'session', lines)}`,
  ].join('\n');
}
