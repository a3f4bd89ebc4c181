import type { Schema } from '../../domain/schema.ts';
import { enumNames, type Resource } from './resource.ts';
import { commentText, entry, importLine, listed, member, property, quoted } from './source.ts';
import { defaultCode, fieldCode, pathCode, typeCode, valueCode } from './value-code.ts';

/** `server/schemas/<table>.ts`: what comes in and what goes out, checked and typed. */
export function schemaModule(resource: Resource): string {
  const body = [
    rowType(resource),
    fields(resource),
    createSchema(resource),
    patchSchema(resource),
    ...keyAndCursor(resource),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  const imports = ["import { z } from 'zod';"];
  if (/\benums\./.test(body)) imports.push("import * as enums from '../lib/enums.ts';");
  if (/\bvalue\./.test(body)) imports.push("import * as value from '../lib/values.ts';");
  return `${imports.join('\n')}\n\n${body}\n`;
}

function rowType(resource: Resource): string {
  const { table, output } = resource;
  const about = commentText(table.description);
  const lines = output.flatMap((column) => {
    const note = commentText(column.description);
    const line = `  ${entry(column.name, typeCode(resource, column))};`;
    return note === '' ? [line] : [`  /** ${note} */`, line];
  });
  return [
    `/** A row as it is answered${about === '' ? '.' : `: ${about}`} */`,
    'export interface Row {',
    ...lines,
    '}',
  ].join('\n');
}

function fields(resource: Resource): string {
  if (resource.inputs.length === 0) return '';
  const entries = resource.inputs.map((field) => `  ${entry(field.name, fieldCode(resource, field))},`);
  return ['/** What each field accepts. */', 'const fields = {', ...entries, '};'].join('\n');
}

function createSchema(resource: Resource): string {
  const { inputs } = resource;
  const lenient = inputs
    .filter((field) => !field.required)
    .map(({ name, column }) => {
      const given = column.default !== null && 'value' in column.default ? column.default.value : null;
      const rule = given === null ? 'optional()' : `default(${defaultCode(resource, column, given)})`;
      return entry(name, `${member('fields', name)}.${rule}`);
    });
  const lead = 'export const createSchema = z.strictObject(';
  const shape = inputs.length === 0 ? '{}' : 'fields';
  return [
    '/** Body of a POST. */',
    lenient.length === 0 ? `${lead}${shape});` : listed(`${lead}{`, ['...fields', ...lenient], '});'),
    '',
    'export type Create = z.output<typeof createSchema>;',
  ].join('\n');
}

function patchSchema({ inputs, patches }: Resource): string {
  if (patches.length === 0) return '';
  const lead = 'export const patchSchema = z.strictObject(';
  const some = patches.map(({ name }) => entry(name, member('fields', name)));
  return [
    '/** Body of a PATCH: any of the fields. */',
    some.length === inputs.length ? `${lead}fields).partial();` : listed(`${lead}{`, some, '}).partial();'),
    '',
    'export type Patch = z.output<typeof patchSchema>;',
  ].join('\n');
}

function keyAndCursor(resource: Resource): string[] {
  const { key, order } = resource;
  const parts = key.map((column) => `${property(column.name)}: ${pathCode(resource, column)}`);
  const values = order.map((column) => valueCode(resource, { ...column, check: null }));
  const lead = 'export const cursorSchema = z.tuple([';
  return [
    [
      '/** The key in a path. */',
      listed('export const keySchema = z.object({', parts, '});'),
      '',
      'export type Key = z.output<typeof keySchema>;',
    ].join('\n'),
    [
      '/** A position in a list: the values it is ordered by. */',
      listed(lead, values, ']);'),
      '',
      'export type Cursor = z.output<typeof cursorSchema>;',
      '',
      'export function cursorOf(row: Row): Cursor {',
      `  ${listed(
        'return [',
        order.map((column) => member('row', column.name)),
        '];',
        2,
      )}`,
      '}',
    ].join('\n'),
  ];
}

/** `server/lib/enums.ts`; null when the schema has none. */
export function enumModule(schema: Schema): string | null {
  if (schema.enums.length === 0) return null;
  const names = enumNames(schema);
  const parts = schema.enums.map(({ name, values }) => {
    const own = names.get(name) ?? '';
    const code = listed(`export const ${own} = oneOf([`, values.map(quoted), ']);');
    return `${code}\n\nexport type ${own} = z.output<typeof ${own}>;`;
  });
  return `${[importLine(['type z'], 'zod'), importLine(['oneOf'], './values.ts')].join('\n')}\n\n${parts.join('\n\n')}\n`;
}
