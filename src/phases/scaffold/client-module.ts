import { accountsOf, profileColumns } from '../../domain/access.ts';
import type { Endpoint } from '../../domain/endpoint.ts';
import { type InputField, isComparable, PASSWORD_FIELD, registrationFields } from '../../domain/rest.ts';
import type { Column, Schema } from '../../domain/schema.ts';
import { columnKind } from './column-kind.ts';
import { type Scene, sceneOf } from './openapi/scene.ts';
import { enumNames, type Resource } from './resource.ts';
import { commentText, entry, importLine, listed, noteText, property, quoted } from './source.ts';
import { typeCode } from './value-code.ts';
import { fieldRule } from './value-rule.ts';
import { type WrittenClient, writtenClient } from './written-client.ts';

/** `client/index.ts`: the types of the API, and a client that knows them. `endpoints` were written beside the tables. */
export function clientModule(schema: Schema, resources: readonly Resource[], endpoints: readonly Endpoint[]): string {
  const scene = sceneOf(schema, resources);
  const enums = schema.enums.map(({ name, values }) => unionType(enumNames(schema).get(name) ?? '', values));
  const tables = resources.map((resource) => tableTypes(scene, resource));
  const before = [...enums, ...tables, authTypes(scene)];
  const taken = [...before.join('\n').matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name ?? '');
  const written = endpoints.length === 0 ? null : writtenClient(endpoints, [...taken, ...LIBRARY_NAMES]);
  const custom = written && { ...written, member: customMember(scene) };
  const body = [...before, ...(custom?.types ?? []), clientType(scene, custom), createFunction(scene, custom)];
  const text = body.filter((part) => part !== '').join('\n\n');
  return `${imports(scene, text, custom !== null)}\n\n${text}\n`;
}

/** How functions of endpoints are a member of the client. */
type Custom = (WrittenClient & { readonly member: string }) | null;

/** A table may have the name. */
function customMember({ resources, namesOf }: Scene): string {
  const members = resources.map(({ table }) => namesOf(table.name).member);
  return ['custom', 'customEndpoints', 'written'].find((name) => !members.includes(name)) ?? 'writtenEndpoints';
}

const PARTS = [
  'Changeable',
  'Creatable',
  'EqualFilter',
  'OrderedFilter',
  'Page',
  'Readable',
  'Removable',
  'Sorted',
  'TextFilter',
];
const LIBRARY_NAMES = [...PARTS, 'Auth', 'Accounts', 'SessionOptions'];

function imports({ secured }: Scene, text: string, hasCustom: boolean): string {
  const used = PARTS.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).map((name) => `type ${name}`);
  const session = importLine(['type Auth', 'openSession', 'type SessionOptions'], './session.ts');
  const options = hasCustom ? ['type Options'] : [];
  return [
    ...(hasCustom ? [importLine(['asking'], './endpoint.ts')] : []),
    importLine([...used, 'table'], './resource.ts'),
    ...(secured ? [session] : []),
    importLine(['type ClientOptions', ...options, 'transport'], './transport.ts'),
    '',
    "export { ApiError } from './transport.ts';",
  ].join('\n');
}

function unionType(name: string, values: readonly string[]): string {
  const line = `export type ${name} = ${values.map(quoted).join(' | ')};`;
  if (line.length <= 100) return line;
  return [`export type ${name} =`, ...values.map((value) => `  | ${quoted(value)}`)].join('\n').concat(';');
}

function interfaceCode(name: string, members: readonly string[], about = ''): string {
  const note = about === '' ? [] : [`/** ${about} */`];
  if (members.length === 0) return [...note, `export type ${name} = Record<never, never>;`].join('\n');
  return [...note, `export interface ${name} {`, ...members.map((member) => `  ${member};`), '}'].join('\n');
}

function outputType(resource: Resource, column: Column): string {
  return typeCode(resource, column).replace(/^enums\./, '');
}

function columnMembers(resource: Resource, columns: readonly Column[]): string[] {
  return columns.map((column) => {
    const about = noteText(column.name, column.description);
    const line = entry(column.name, outputType(resource, column));
    return about === '' ? line : `/** ${about} */\n  ${line}`;
  });
}

function inputType(resource: Resource, field: InputField): string {
  const { kind } = fieldRule(resource, field);
  if (field.hashed) return 'string';
  if (kind !== 'decimal') return outputType(resource, field.column);
  return `string | number${field.column.nullable ? ' | null' : ''}`;
}

function inputMembers(resource: Resource, fields: readonly InputField[]): string[] {
  return fields.map((field) => {
    const mark = field.required ? '' : '?';
    return `${property(field.name)}${mark}: ${inputType(resource, field)}`;
  });
}

function tableTypes(scene: Scene, resource: Resource): string {
  const { table, inputs, key, output } = resource;
  const { one } = scene.namesOf(table.name);
  const changes = resource.patches;
  const isAccounts = scene.isAccounts(table.name);
  const columns = columnMembers(resource, isAccounts ? profileColumns(scene.schema) : []);
  const [first] = key;
  const keyType =
    key.length === 1 && first
      ? outputType(resource, first)
      : `{ ${key.map((column) => entry(column.name, outputType(resource, column))).join('; ')} }`;
  return [
    interfaceCode(one, columnMembers(resource, output), commentText(table.description) || 'A row.'),
    ...(isAccounts ? [interfaceCode(`${one}Profile`, columns, 'What others see of an account.')] : []),
    interfaceCode(`${one}Relations`, relationMembers(scene, resource), 'What `include` adds.'),
    ...(isAccounts ? [] : [interfaceCode(`${one}Create`, inputMembers(resource, inputs))]),
    ...changeTypes(scene, resource),
    interfaceCode(`${one}Filters`, filterMembers(resource)),
    interfaceCode(`${one}Shapes`, [
      `row: ${one}`,
      `relations: ${one}Relations`,
      `where: ${one}Filters`,
      `sort: ${sortType(resource, one)}`,
      `key: ${keyType}`,
      `create: ${isAccounts ? 'never' : `${one}Create`}`,
      `replace: ${changes.length === 0 ? 'never' : `${one}Replace`}`,
      `patch: ${changes.length === 0 ? 'never' : `${one}Patch`}`,
      nestedMember(scene, resource),
    ]),
  ].join('\n\n');
}

/** The bodies of PUT and PATCH. */
function changeTypes(scene: Scene, resource: Resource): readonly string[] {
  const { one } = scene.namesOf(resource.table.name);
  const changes = resource.patches;
  if (changes.length === 0) return [];
  const isSame = !scene.isAccounts(resource.table.name) && changes.length === resource.inputs.length;
  return [
    isSame
      ? `export type ${one}Replace = ${one}Create;`
      : interfaceCode(`${one}Replace`, inputMembers(resource, changes)),
    patchType(resource, one),
  ];
}

function patchType(resource: Resource, one: string): string {
  const { adminPatches } = resource;
  if (adminPatches.length === 0) return `export type ${one}Patch = Partial<${one}Replace>;`;
  const members = inputMembers(resource, adminPatches).map((line) => `  /** By administrators only. */\n  ${line};`);
  return `export type ${one}Patch = Partial<${one}Replace> & {\n${members.join('\n')}\n};`;
}

function relationMembers(scene: Scene, { relations }: Resource): string[] {
  return relations.map(({ embedding: { name, kind, table } }) => {
    const { one } = scene.namesOf(table);
    const row = scene.isAccounts(table) ? `${one}Profile` : one;
    return `${property(name)}: ${kind === 'parent' ? `${row} | null` : `Page<${row}>`}`;
  });
}

function sortType(resource: Resource, one: string): string {
  const any = resource.table.columns.some((column) => isComparable(column));
  return any ? `Sorted<${one}Filters>` : 'never';
}

function filterMembers(resource: Resource): string[] {
  const comparable = resource.table.columns.filter((column) => isComparable(column));
  return comparable.map((column) => {
    const kind = columnKind(resource, column);
    const value = outputType(resource, { ...column, nullable: false });
    const filter = kind === 'text' ? 'TextFilter' : `${kind === 'ordered' ? 'Ordered' : 'Equal'}Filter<${value}>`;
    return `${property(column.name)}?: ${filter}`;
  });
}

function nestedMember(scene: Scene, { relations }: Resource): string {
  const nested = relations.filter((relation) => relation.nested);
  const members = nested.map(
    ({ embedding: { name, table } }) => `${property(name)}: ${scene.namesOf(table).one}Shapes`,
  );
  if (members.length === 0) return 'nested: Record<never, never>';
  return `nested: {\n${members.map((member) => `    ${member};`).join('\n')}\n  }`;
}

function authTypes({ schema, resources, namesOf }: Scene): string {
  const accounts = accountsOf(schema);
  const resource = resources.find(({ table }) => table === accounts?.table);
  if (!resource || !schema.accounts) return '';
  const { login } = schema.accounts;
  return [
    interfaceCode('Registration', inputMembers(resource, registrationFields(schema)), 'A new account.'),
    interfaceCode('Login', [entry(login, 'string'), entry(PASSWORD_FIELD, 'string')], 'What somebody signs in with.'),
    interfaceCode('Accounts', [
      `account: ${namesOf(resource.table.name).one}`,
      'registration: Registration',
      'login: Login',
    ]),
  ].join('\n\n');
}

function clientType(scene: Scene, custom: Custom): string {
  const tables = scene.resources.map((resource) => {
    const { one, member } = scene.namesOf(resource.table.name);
    const isAccounts = scene.isAccounts(resource.table.name);
    const can = [
      'Readable',
      ...(isAccounts ? [] : ['Creatable']),
      ...(resource.patches.length > 0 ? ['Changeable'] : []),
      'Removable',
    ];
    const types = can.map((part) => `${part}<${one}Shapes>`);
    const line = `readonly ${member}: ${types.join(' & ')}`;
    return line.length <= 97 ? line : `readonly ${member}: ${types.join(' &\n    ')}`;
  });
  const auth = scene.secured ? ['readonly auth: Auth<Accounts>'] : [];
  const written = custom ? [`readonly ${custom.member}: ${custom.name}`] : [];
  return interfaceCode('Client', [...auth, ...tables, ...written]);
}

function createFunction({ secured, resources, namesOf }: Scene, custom: Custom): string {
  const tables = resources.map(({ table, path, key }) => {
    const { one, member } = namesOf(table.name);
    const names = `[${key.map(({ name }) => quoted(name)).join(', ')}]`;
    return listed(`${member}: table<${one}Shapes>(`, ['send', quoted(path), names], ')', 4);
  });
  const options = secured ? 'ClientOptions & SessionOptions' : 'ClientOptions';
  return [
    '/** A client of the server at `baseUrl`. */',
    `export function createClient(options: ${options}): Client {`,
    secured
      ? '  const { send, auth } = openSession<Accounts>(transport(options), options);'
      : '  const send = transport(options);',
    ...(custom ? ['  const ask = asking(send);'] : []),
    '  return {',
    ...[...(secured ? ['auth'] : []), ...tables].map((line) => `    ${line},`),
    ...(custom ? [`    ${custom.member}: {`, ...custom.members, '    },'] : []),
    '  };',
    '}',
  ].join('\n');
}
