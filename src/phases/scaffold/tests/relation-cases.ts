import { accountsOf, isAccountsTable } from '../../../domain/access.ts';
import { nestedPath } from '../../../domain/rest.ts';
import type { Resource, ResourceRelation } from '../resource.ts';
import { entry, listed, member, quoted } from '../source.ts';
import type { Case } from './cases.ts';
import { hasFewRows } from './values.ts';
import { refersToItself, type Voice } from './voice.ts';

export function relationCases(resource: Resource, voice: Voice): readonly Case[] {
  return resource.relations.flatMap((relation) =>
    relation.embedding.kind === 'parent'
      ? parentCase(resource, relation, voice)
      : childrenCase(resource, relation, voice),
  );
}

function parentCase(resource: Resource, { embedding }: ResourceRelation, { client, schema }: Voice): readonly Case[] {
  const { table } = resource;
  const parent = schema.tables.find(({ name }) => name === embedding.table);
  if (!parent || isAccountsTable(parent, schema) || refersToItself(table, parent, schema)) return [];
  const isOwned = embedding.columns.some((name) => !resource.inputs.some(({ column }) => column.name === name));
  if (isOwned) return [];
  const links = embedding.columns.map((name, at) => entry(name, member('parent', embedding.otherColumns[at] ?? ''), 4));
  const code = [
    `test(${quoted(`a row is shown with its ${embedding.name}`)}, async () => {`,
    `  const parent = await ${client}.make(${quoted(parent.name)});`,
    `  ${listed(`const row = await ${client}.make(${quoted(table.name)}, {`, links, '});', 2)}`,
    `  ${listed('await checkParent(', [client, quoted(table.name), quoted(embedding.name), 'row', 'parent'], ');', 2)}`,
    '});',
  ].join('\n');
  return [{ name: embedding.name, code }];
}

function childrenCase(resource: Resource, { embedding, nested }: ResourceRelation, voice: Voice): readonly Case[] {
  const { client, schema, resources } = voice;
  const { table } = resource;
  const child = resources.find((candidate) => candidate.table.name === embedding.table);
  if (!child || hasFewRows(child) || child.table.name === accountsOf(schema)?.table.name) return [];
  if (refersToItself(table, child.table, schema)) return [];
  const isSendable = embedding.otherColumns.every((name) => child.inputs.some(({ column }) => column.name === name));
  if (!isSendable) return [];
  const links = embedding.otherColumns.map((name, at) => entry(name, member('row', embedding.columns[at] ?? ''), 4));
  const below = nested ? quoted(nestedPath(embedding)) : 'null';
  const children = [
    `name: ${quoted(embedding.name)}`,
    `below: ${below}`,
    `table: ${quoted(embedding.table)}`,
    'rows: [child]',
  ];
  const code = [
    `test(${quoted(`a row is shown with its ${embedding.name}`)}, async () => {`,
    `  const row = await ${client}.make(${quoted(table.name)});`,
    `  ${listed(`const child = await ${client}.make(${quoted(embedding.table)}, {`, links, '});', 2)}`,
    `  ${listed('const children = {', children, '};', 2)}`,
    `  ${listed('await checkChildren(', [client, quoted(table.name), 'row', 'children'], ');', 2)}`,
    '});',
  ].join('\n');
  return [{ name: embedding.name, code }];
}
