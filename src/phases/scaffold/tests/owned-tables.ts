import { accessOf, guardedRelations, isAccountsTable } from '../../../domain/access.ts';
import type { Schema, Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { quoted } from '../source.ts';
import { objectCode } from './cases.ts';
import { textList } from './values.ts';

/**
 * The tables of which rows go with an account: `['replies', 'author_id', { thread_id: ['threads', 'id'] }]`, the last
 * part for what rows of somebody else may refer to without keeping it.
 */
export function ownedTables(schema: Schema, resources: readonly Resource[]): readonly string[] {
  return resources.flatMap((resource) => {
    const { table } = resource;
    const { owner, write } = accessOf(table, schema);
    const column = table.columns.find(({ name }) => name === owner?.column);
    const isOwned = owner?.kind === 'column' && write !== 'admins' && column?.references?.onDelete === 'cascade';
    if (!isOwned) return [];
    const links = openLinks(resource, schema);
    const parts = [quoted(table.name), quoted(owner.column), ...(links === null ? [] : [links])];
    return [`[${parts.join(', ')}]`];
  });
}

function openLinks({ table, inputs }: Resource, schema: Schema): string | null {
  const guarded = new Set(guardedRelations(table, schema).flatMap(({ relation }) => relation.columns));
  const links = inputs.flatMap(({ name, column }): [string, string][] => {
    const { references } = column;
    const parent = schema.tables.find((candidate) => candidate.name === references?.table);
    if (!references || !parent || parent === table || column.nullable || guarded.has(column.name)) return [];
    const goes = references.onDelete === 'cascade' && isMadeByPeople(parent, schema);
    return goes ? [[name, textList([parent.name, references.column])]] : [];
  });
  return links.length === 0 ? null : objectCode(Object.fromEntries(links));
}

function isMadeByPeople(table: Table, schema: Schema): boolean {
  return isAccountsTable(table, schema) || accessOf(table, schema).write === 'owner';
}
