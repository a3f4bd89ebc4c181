import { type InputField, PASSWORD_FIELD, registrationFields } from '../../domain/rest.ts';
import type { Accounts, Column, Schema } from '../../domain/schema.ts';
import type { AccountsResource } from './accounts-module/accounts-resource.ts';
import { changePart, credentialsPart, findPart, sessionPart } from './accounts-module/sign-in-statements.ts';
import { outputList, parameter, SQL_INDENT, sqlNames, statement, tableName } from './data-module/statements.ts';
import { hashCode, madeValue, shareMoment } from './data-module/values.ts';
import { generatorOf, type Resource } from './resource.ts';
import { entry, importLine, listed, member, quoted, sqlList } from './source.ts';
import { defaultCode, fieldCode, textCode, typeCode } from './value-code.ts';

/**
 * `server/lib/accounts.ts`: what the accounts of this schema look like to those who sign in; null when nobody does.
 * `issuer` is who the tokens are from.
 */
export function accountsModule(schema: Schema, resources: readonly Resource[], issuer: string): string | null {
  const accounts = schema.accounts && findAccounts(schema, schema.accounts, resources);
  if (!accounts) return null;
  const parts = [
    constants(accounts, issuer),
    registerPart(accounts),
    loginPart(accounts),
    insertPart(accounts),
    credentialsPart(accounts),
    findPart(accounts),
    changePart(accounts),
    sessionPart(accounts),
  ];
  const body = parts.join('\n\n');
  return `${imports(accounts, body)}\n\n${body}\n`;
}

function findAccounts(schema: Schema, said: Accounts, resources: readonly Resource[]): AccountsResource | null {
  const resource = resources.find(({ table }) => table.name === said.table);
  const fields = registrationFields(schema);
  const key = resource?.key[0];
  const login = fields.find(({ column }) => column.name === said.login);
  const password = resource?.table.columns.find(({ name }) => name === said.password);
  return resource && key && login && password ? { resource, key, login, password, fields } : null;
}

function imports({ resource }: AccountsResource, body: string): string {
  const line = (name: string, from: string) =>
    new RegExp(`\\b${name}\\(`).test(body) ? [importLine([name], from)] : [];
  return [
    ...line('randomUUID', 'node:crypto'),
    ...line('nanoid', 'nanoid'),
    importLine(['z'], 'zod'),
    importLine(['type Row'], `../schemas/${resource.table.name}.ts`),
    importLine(['type Run', 'type Statement'], './database.ts'),
    ...(/\benums\./.test(body) ? ["import * as enums from './enums.ts';"] : []),
    importLine(['knownLogin', 'newLogin'], './login.ts'),
    ...line('hashPassword', './password.ts'),
    ...typeLine(body),
    "import * as value from './values.ts';",
  ].join('\n');
}

function typeLine(body: string): string[] {
  const used = ['toBytea', 'toJson', 'toJsonArray'].filter((name) => body.includes(`${name}(`));
  return used.length > 0 ? [importLine(used, './types.ts')] : [];
}

function constants({ resource, key }: AccountsResource, issuer: string): string {
  return [
    '/** Who the tokens of this server are from. */',
    `export const issuer = ${quoted(issuer)};`,
    '',
    '/** The address of an account. */',
    'export function addressOf(account: Row): string {',
    `  return \`${resource.path}/\${encodeURIComponent(${keyText(resource, key)})}\`;`,
    '}',
    '',
    `export function keyOf(account: Row): ${typeCode(resource, key)} {`,
    `  return ${member('account', key.name)};`,
    '}',
  ].join('\n');
}

function keyText(resource: Resource, key: Column): string {
  const value = member('account', key.name);
  return typeCode(resource, key) === 'string' ? value : `String(${value})`;
}

function registerPart(accounts: AccountsResource): string {
  const { resource, login, fields } = accounts;
  const lines = fields.map((field) => {
    const check = fieldCode(resource, field);
    return `  ${entry(field.name, field === login ? `newLogin(${check})` : check + leniency(resource, field))},`;
  });
  return [
    '/** Body of a registration. */',
    'export const registerSchema = z.strictObject({',
    ...lines,
    '});',
    '',
    'export type Registration = z.output<typeof registerSchema>;',
  ].join('\n');
}

/** What a field is when it is left out. */
function leniency(resource: Resource, { required, column }: InputField): string {
  if (required) return '';
  const given = column.default !== null && 'value' in column.default ? column.default.value : null;
  return given === null ? '.optional()' : `.default(${defaultCode(resource, column, given)})`;
}

function loginPart(accounts: AccountsResource): string {
  const { resource, login } = accounts;
  return [
    '/** Body of a login. */',
    'export const loginSchema = z.strictObject({',
    `  ${entry(login.name, `knownLogin(${textCode(resource, login.column)})`)},`,
    `  ${PASSWORD_FIELD}: value.text({ max: 256 }),`,
    '});',
    '',
    '/** What somebody signs in with. */',
    'export function loginOf(input: z.output<typeof loginSchema>): string {',
    `  return ${member('input', login.name)};`,
    '}',
  ].join('\n');
}

function insertPart({ resource, password, fields }: AccountsResource): string {
  const columns = resource.table.columns.filter((column) => {
    const made = generatorOf(column);
    return made === null ? fields.some((field) => field.column === column) : made !== 'identity';
  });
  const values = columns.map((column) => {
    if (column === password) return 'passwordHash';
    const field = fields.find((candidate) => candidate.column === column);
    if (!field) return madeValue(resource, column);
    const value = member('input', field.name);
    return field.hashed ? hashCode({ wall: null }, value, field.required) : parameter(resource, column, value);
  });
  const places = columns.map((_, index) => `$${index + 1}`);
  const shared = shareMoment(values);
  return [
    statement('INSERT', resource, 'signup', [
      `insert into ${tableName(resource)}`,
      `${sqlList('  (', sqlNames(columns), SQL_INDENT + 2)})`,
      `values ${sqlList('(', places, SQL_INDENT)})`,
      outputList(resource, 'returning', null),
    ]),
    '',
    '/** A new account. Throws when its login is taken. */',
    'export async function insertAccount(',
    '  run: Run,',
    '  input: Registration,',
    '  passwordHash: string,',
    '): Promise<Row | undefined> {',
    ...shared.lines,
    `  ${listed('const [account] = await run<Row>(INSERT, [', shared.values, ']);', 2)}`,
    '  return account;',
    '}',
  ].join('\n');
}
