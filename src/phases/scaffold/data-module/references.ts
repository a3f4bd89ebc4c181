import { readableIdentifier } from '../../../domain/identifier.ts';
import type { InputField } from '../../../domain/rest.ts';
import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { listed, member, property } from '../source.ts';
import { typeCode } from '../value-code.ts';
import type { Reference } from '../wall.ts';
import { AskerPlaces, accountParameter, anyOf, Places } from './places.ts';
import { parameter, statement, typeName } from './statements.ts';

/** References that may not lead to just any row, and what they hold. */

function columnsOf({ table }: Resource, { guarded }: Reference): readonly Column[] {
  return guarded.relation.columns.flatMap((name) => table.columns.find((column) => column.name === name) ?? []);
}

/** Those of a body: at least one of their columns is among its fields. */
export function referencesOf(resource: Resource, fields: readonly InputField[]): readonly Reference[] {
  const references = resource.wall?.references ?? [];
  return references.filter((reference) =>
    columnsOf(resource, reference).some((column) => fields.some((field) => field.column === column)),
  );
}

/** The value of a column in a statement. */
export interface SqlValue {
  readonly sql: string;
  readonly canBeNull: boolean;
}

/** `($3::varchar is null or $3 in (select id from app.lists where user_id = $7))`. */
export function referenceSql(
  resource: Resource,
  reference: Reference,
  asker: AskerPlaces,
  columnValue: (column: Column) => SqlValue,
): string {
  const empty: string[] = [];
  const values = columnsOf(resource, reference).map((column) => {
    const { sql, canBeNull } = columnValue(column);
    // The type is told where the parameter comes first.
    const typed = /^\$\d+$/.test(sql) ? `${sql}::${typeName(resource, column)}` : sql;
    if (canBeNull) empty.push(`${typed} is null`);
    return canBeNull ? sql : typed;
  });
  const left = values.length === 1 ? values.join() : `(${values.join(', ')})`;
  const leads = asker.guard((account) => [`${left} in (${reference.rows(account)})`]) ?? [];
  return anyOf([...empty, ...leads]);
}

/** The statement that tells which references of a body lead nowhere; empty when there is nothing to tell. */
export function referencesPart(resource: Resource): string {
  const { inputs, wall } = resource;
  const references = referencesOf(resource, inputs);
  if (!wall || references.length === 0) return '';
  const fields = inputs.filter(({ column }) =>
    references.some((reference) => columnsOf(resource, reference).includes(column)),
  );
  const places = new Places(fields.map(({ name, column }) => parameter(resource, column, member('input', name))));
  const asker = new AskerPlaces(places, resource, needsAccount(resource));
  const columnValue = (column: Column): SqlValue => {
    const index = fields.findIndex((field) => field.column === column);
    // A part of a key that the backend fills in is not in a body.
    return index < 0 ? { sql: 'null', canBeNull: true } : { sql: `$${index + 1}`, canBeNull: true };
  };
  const lines = references.map((reference, index) => {
    const sql = referenceSql(resource, reference, asker, columnValue).replace(/^\((.*)\)$/, '$1');
    const [first] = fields.filter(({ column }) => columnsOf(resource, reference).includes(column));
    return `  ${sql} as ${readableIdentifier(first?.name ?? '')}${index < references.length - 1 ? ',' : ''}`;
  });
  return [
    '/** What a row refers to. */',
    'interface Links {',
    ...fields.map(({ name, column }) => `  ${property(name)}?: ${typeCode(resource, column)} | undefined;`),
    '}',
    '',
    statement('REFERENCES', resource, 'references', ['select', ...lines]),
    '',
    listed('function referencesOf(', ['input: Links', accountParameter(needsAccount(resource))], '): References {'),
    `  ${listed('const values = [', places.values, '];', 2)}`,
    '  return { statement: REFERENCES, values };',
    '}',
  ].join('\n');
}

/** Whoever writes is signed in. */
function needsAccount({ wall }: Resource): boolean {
  return wall?.guards.create !== 'anybody' && wall?.guards.change !== 'anybody';
}
