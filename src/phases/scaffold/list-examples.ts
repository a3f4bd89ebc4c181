import { accessOf, isAccountsTable } from '../../domain/access.ts';
import { nestedPath } from '../../domain/rest.ts';
import type { Column, Schema } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';

/** Settings of a list, which columns of the same name give way to. */
const SETTINGS: ReadonlySet<string> = new Set(['limit', 'offset', 'cursor', 'sort', 'fields', 'include', 'count']);

/** What the README of a project asks of its own lists, by the name of the gap it goes into. */
export function listExamples(schema: Schema, resources: readonly Resource[]): Readonly<Record<string, string>> {
  const own = resources.filter(({ table }) => !isAccountsTable(table, schema));
  const telling = [...own].sort((one, other) => weight(other) - weight(one));
  const resource = telling[0] ?? resources[0];
  if (!resource) return {};
  const shown = shownColumns(resource);
  const nullable = shown.find((column) => column.nullable && isScalar(resource, column));
  const named = shown.filter(({ primaryKey, references }) => !primaryKey && !references);
  const [last] = resource.order;
  const [first] = named.filter((column) => column !== last && isScalar(resource, column));
  const names = [resource.key[0], first].flatMap((column) => (column ? [column.name] : []));
  return {
    filterCall: filterCall(resource, shown, schema),
    oneOf: oneOf(resource, shown),
    isNull: nullable ? `,\n  and for what may be empty \`null\` (\`?${nullable.name}[null]=true\`)` : '',
    sortExample: `?sort=-${[last, first].flatMap((column) => (column ? [column.name] : [])).join(',')}`,
    fieldsExample: `?fields=${names.join(',')}`,
    includes: includes(resource),
    valueForms: valueForms(resources),
  };
}

function shownColumns({ output }: Resource): readonly Column[] {
  return output.filter(({ name }) => !SETTINGS.has(name));
}

/** How much there is to show of the lists of a table. */
function weight(resource: Resource): number {
  const shown = shownColumns(resource);
  const [equal, least] = [equalTo, atLeast].map((kind) => shown.some((column) => kind(resource, column).length > 0));
  return (resource.relations.length > 0 ? 4 : 0) + (equal ? 2 : 0) + (least ? 1 : 0);
}

/** How the types travel that JSON has not, as far as there are any. */
function valueForms(resources: readonly Resource[]): string {
  const types = resources.flatMap((resource) => resource.output.map((column) => resource.typeOf(column).type));
  const has = (kind: string) => types.some((type) => type?.kind === kind);
  return [
    ...(has('bigint') ? ['Times in `bigint` columns are unix seconds.'] : []),
    ...(has('decimal') ? ['`numeric` travels as text so that no digit is lost.'] : []),
    ...(has('bytes') ? ['`bytea` travels as base64.'] : []),
  ]
    .map((sentence) => `\n  ${sentence}`)
    .join('');
}

function isScalar(resource: Resource, column: Column): boolean {
  const { type, array } = resource.typeOf(column);
  return !array && type?.kind !== 'json';
}

/** Brackets mean something to curl, unless it is told otherwise. */
function filterCall(resource: Resource, shown: readonly Column[], schema: Schema): string {
  const equal = shown.flatMap((column) => equalTo(resource, column))[0];
  const least = shown.flatMap((column) => atLeast(resource, column))[0];
  const query = [equal, least].filter((part) => part !== undefined).join('&');
  const isOpen = accessOf(resource.table, schema).read === 'everyone';
  const token = isOpen ? '' : ' -H "Authorization: Bearer $TOKEN"';
  return `curl -g${token} 'http://localhost:3000${resource.path}?${query === '' ? 'limit=5' : query}'`;
}

function equalTo(resource: Resource, column: Column): readonly string[] {
  const { type, choices } = resource.typeOf(column);
  const [choice] = choices?.values ?? [];
  if (choice !== undefined && !resource.typeOf(column).array) return [`${column.name}=${queryValue(choice)}`];
  return type?.kind === 'boolean' && !type.array ? [`${column.name}=true`] : [];
}

function atLeast(resource: Resource, column: Column): readonly string[] {
  const { type } = resource.typeOf(column);
  if (!type || type.array || column.primaryKey || column.references) return [];
  const isTime = column.default !== null && 'generate' in column.default;
  const values: Partial<Record<typeof type.kind, string>> = {
    integer: isTime ? '1767225600' : '10',
    bigint: isTime || /_at$/.test(column.name) ? '1767225600' : '10',
    decimal: '10',
    date: '2026-01-01',
    timestamp: type.base === 'timestamptz' ? '2026-01-01T00:00:00Z' : '2026-01-01T00:00:00',
  };
  const value = values[type.kind];
  return value === undefined ? [] : [`${column.name}[gte]=${value}`];
}

function oneOf(resource: Resource, shown: readonly Column[]): string {
  const choice = shown.find((column) => {
    const { choices, array } = resource.typeOf(column);
    return !array && (choices?.values.length ?? 0) > 1;
  });
  if (choice) {
    const values = resource.typeOf(choice).choices?.values.slice(0, 2).map(queryValue) ?? [];
    return `?${choice.name}[in]=${values.join(',')}`;
  }
  const candidates = [...resource.key, ...shown].map((column) => [column, resource.typeOf(column).type] as const);
  const plain = candidates.find(([, type]) => type && !type.array && ['text', 'integer', 'bigint'].includes(type.kind));
  const [column, type] = plain ?? [];
  return `?${column?.name ?? 'id'}[in]=${type?.kind === 'text' ? 'a,b' : '1,2'}`;
}

/** Part of an address within single quotes of a shell and a Markdown text. */
function queryValue(value: string): string {
  return encodeURIComponent(value.replaceAll('\\', '\\\\').replaceAll(',', '\\,')).replaceAll("'", '%27');
}

function includes({ path, key, relations }: Resource): string {
  if (relations.length === 0) return '';
  const names = relations.slice(0, 2).map(({ embedding }) => embedding.name);
  const nested = relations.find((relation) => relation.nested);
  const row = `${path}/${key.map(({ name }) => `{${name}}`).join('/')}`;
  const rest = nested
    ? `, of\n  which the rest is listed below the row (\`${row}/${nestedPath(nested.embedding)}\`), with the same parameters as any list`
    : '';
  return `- \`?include=${names.join(',')}\` adds the rows that belong to a row: a parent, or the first page of its children${rest}.\n`;
}
