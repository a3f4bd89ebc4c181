import { accessOf, accountsOf, singleOwner } from '../../../domain/access.ts';
import { listOrder } from '../../../domain/list-order.ts';
import { inParentOrder } from '../../../domain/relations.ts';
import { type InputField, registrationFields, resourcePath } from '../../../domain/rest.ts';
import { type ParentLink, parentLinks } from '../../../domain/sample.ts';
import type { Schema, Table } from '../../../domain/schema.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { entry, jsonCode, listed, member, property, quoted } from '../source.ts';
import { hasFewValues, missingValue, SEED, sampleBody, textList, uniqueCode, uniqueSets } from './values.ts';

/** `test/samples.mjs`: how rows of each table are made, for all files of tests. */
export function samplesModule(schema: Schema, resources: readonly Resource[]): string {
  const entries = resources.map((resource) => tableEntry(resource, schema, resources));
  const body = entries.join('\n');
  const uses = (name: string) => body.includes(name);
  const crypto = ['randomInt', ...(uses('randomUUID(') ? ['randomUUID'] : [])];
  const day = uses('day(')
    ? `
function day(number) {
  return new Date((number % 30_000) * 86_400_000).toISOString();
}
`
    : '';
  return `import { ${crypto.join(', ')} } from 'node:crypto';

let last = randomInt(100_000_000, 900_000_000);

/** A number that no other row is made of. */
${uses('next()') ? '' : 'export '}function next() {
  last += 1;
  return last;
}
${day}
/** For each table its address, the parts of its key, a key that no row has, and a body that makes a row. */
export const tables = {
${body}
};
${accountsCode(schema)}`;
}

/** What tests have to know about the accounts. */
function accountsCode(schema: Schema): string {
  const accounts = accountsOf(schema);
  if (!schema.accounts || !accounts) return '';
  const { login, password, role, admins } = schema.accounts;
  const guarded = accounts.table.columns.filter((column) => column.protected).map(({ name }) => name);
  const [admin] = admins;
  const fields = [
    entry('table', quoted(accounts.table.name)),
    entry('path', quoted(resourcePath(accounts.table))),
    entry('key', quoted(accounts.key.name)),
    entry('order', textList(listOrder(accounts.table).map(({ name }) => name))),
    entry('login', quoted(login)),
    entry('hash', quoted(password)),
    entry('protected', textList(guarded)),
    ...(role !== null && admin !== undefined ? [entry('role', quoted(role)), entry('admin', quoted(admin))] : []),
  ];
  return `
/** What people sign in with, and what they may not say of themselves. */
export const accounts = {
${fields.map((field) => `  ${field},`).join('\n')}
};
`;
}

function tableEntry(resource: Resource, schema: Schema, resources: readonly Resource[]): string {
  const { table, path, key } = resource;
  const missing = key.map((column) => String(missingValue(column, schema)));
  const touched = table.columns.filter((column) => generatorOf(column) === 'updated' && !column.sensitive);
  const times = touched.length > 0 ? [`    ${entry('touched', textList(touched.map(({ name }) => name)), 4)},`] : [];
  const maker = accessOf(table, schema).write === 'admins' ? ["    maker: 'admin',"] : [];
  const single = singleOwner(table, schema);
  const oneEach = single === null ? [] : [`    ${entry('oneEach', quoted(single), 4)},`];
  return [
    `  ${property(table.name)}: {`,
    `    ${entry('path', jsonCode(path), 4)},`,
    `    ${entry('key', textList(key.map(({ name }) => name)), 4)},`,
    `    ${entry('missing', textList(missing), 4)},`,
    ...times,
    ...maker,
    ...oneEach,
    `    ${bodyCode(resource, schema, resources)}`,
    '  },',
  ].join('\n');
}

/**
 * The foreign keys that a body follows: those a row cannot do without, and those that make a row the only one of its
 * kind; the owner's left out.
 */
function linksOf(table: Table, schema: Schema): readonly ParentLink[] {
  const made = new Set(
    table.columns
      .filter(({ default: made, protected: isProtected }) => isProtected || (made && 'generate' in made))
      .map(({ name }) => name),
  );
  const order = inParentOrder(schema).map(({ name }) => name);
  const unique = new Set(uniqueSets(table).flat());
  // Only rows of earlier tables are followed when there is a choice: no circle of bodies.
  const isWanted = ({ columns, table: parent }: ParentLink) =>
    columns.some((name) => unique.has(name)) && order.indexOf(parent) < order.indexOf(table.name);
  return parentLinks(table).filter(
    (link) =>
      (!link.optional || isWanted(link)) &&
      link.table !== table.name &&
      !link.columns.some((name) => made.has(name)) &&
      schema.tables.some(({ name }) => name === link.table),
  );
}

/**
 * Of the foreign keys that a unique set is made of, the last one gets a row of its own each time. People are the
 * dearest to make, so that they come last in the choice; keys of several columns take a name for the row before them.
 */
function freshLinks(
  resource: Resource,
  links: readonly ParentLink[],
  resources: readonly Resource[],
): ReadonlySet<ParentLink> {
  const { table } = resource;
  const fresh = new Set<ParentLink>();
  for (const columns of uniqueSets(table)) {
    const own = columns.some((name) => !links.some((link) => link.columns.includes(name)) && isMade(resource, name));
    const inside = links.filter((link) => link.columns.some((name) => columns.includes(name)));
    if (own || inside.length === 0 || inside.some((link) => fresh.has(link))) continue;
    const dear = (link: ParentLink) =>
      resources.some((resource) => resource.table.name === link.table && resource.inputs.some(({ hashed }) => hashed));
    const plain = inside.filter(({ columns: own }) => own.length === 1);
    const chosen = plain.filter((link) => !dear(link)).at(-1) ?? plain.at(-1) ?? inside.at(-1);
    if (chosen) fresh.add(chosen);
  }
  return fresh;
}

/** Whether a column that is no foreign key of the body gets another value in each row; an owner's is always the same. */
function isMade(resource: Resource, name: string): boolean {
  const column = resource.table.columns.find((candidate) => candidate.name === name);
  return column !== undefined && generatorOf(column) !== 'owner' && !hasFewValues(resource, column);
}

function bodyCode(resource: Resource, schema: Schema, resources: readonly Resource[]): string {
  const { table, inputs } = resource;
  const values = sampleBody(resource, schema, SEED);
  const links = linksOf(table, schema);
  const fresh = freshLinks(resource, links, resources);
  const several = [...fresh].filter(({ columns }) => columns.length > 1);
  const named = new Map(several.map((link, at) => [link, { name: at === 0 ? 'parent' : `parent${at + 1}` }]));
  const indent = named.size === 0 ? 6 : 8;
  const unique = new Set(uniqueSets(table).flat());
  const sent = resource.wall?.isAccounts ? registrationFields(schema) : inputs;
  const fields = sent.flatMap((field): string[] => {
    const { name } = field.column;
    // Registering has a word of its own for the password.
    const known = inputs.find(({ column }) => column === field.column)?.name ?? field.name;
    const link = links.find(({ columns }) => columns.includes(name));
    if (link) return [linkField(field, link, fresh.has(link) ? (named.get(link) ?? 'made') : 'kept', indent)];
    if (!Object.hasOwn(values, known)) return [];
    const code = unique.has(name) ? uniqueCode(resource, field, schema) : jsonCode(values[known]);
    // Logins are kept in lower case.
    const isLogin = name === schema.accounts?.login && table.name === schema.accounts.table;
    const value = isLogin && code.startsWith('`') ? code.toLowerCase() : code;
    return [entry(field.name, value, indent)];
  });
  const usesClient = fields.some((text) => text.includes('client.'));
  const start = usesClient ? 'body: async (client) => (' : 'body: () => (';
  if (fields.length === 0) return 'body: () => ({}),';
  if (named.size === 0) return listed(`${start}{`, fields, '}),', 4);
  return [
    'body: async (client) => {',
    ...[...named].map(([link, { name }]) => `      const ${name} = await client.make(${jsonCode(link.table)});`),
    `      ${listed('return {', fields, '};', 6)}`,
    '    },',
  ].join('\n');
}

/** The row that a field refers to: the one of all tests, one of its own, or one that was made before. */
type LinkedRow = 'kept' | 'made' | { readonly name: string };

function linkField(field: InputField, link: ParentLink, from: LinkedRow, indent: number): string {
  const at = link.columns.indexOf(field.column.name);
  const made = `(await client.${from === 'made' ? 'make' : 'parent'}(${jsonCode(link.table)}))`;
  const row = typeof from === 'object' ? from.name : made;
  return entry(field.name, member(row, link.parentColumns[at] ?? ''), indent);
}
