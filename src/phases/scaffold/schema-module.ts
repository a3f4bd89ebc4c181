import { readableIdentifier } from '../../domain/identifier.ts';
import type { InputField } from '../../domain/rest.ts';
import type { Column, Schema } from '../../domain/schema.ts';
import { columnKind } from './column-kind.ts';
import { enumNames, type Resource } from './resource.ts';
import { commentText, entry, importLine, listed, member, noteText, property, quoted } from './source.ts';
import { defaultCode, fieldCode, textCode, typeCode } from './value-code.ts';

/** `server/schemas/<table>.ts`: what comes in and what goes out, checked and typed. */
export function schemaModule(whole: Resource): string {
  const isAccounts = whole.wall?.isAccounts ?? false;
  // What else an account is made of is said where people register.
  const resource = isAccounts ? { ...whole, inputs: whole.patches } : whole;
  const body = [
    rowType(resource),
    fields(resource),
    isAccounts ? '' : createSchema(resource, 'POST', 'createSchema', 'Create'),
    patchSchema(resource),
    adminPatchSchema(resource),
    isAccounts && resource.patches.length > 0
      ? createSchema(resource, 'PUT', 'replaceSchema', 'Replace')
      : replaceSchema(resource),
    keySchema(resource),
    columns(resource),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  const imports = ["import { z } from 'zod';"];
  imports.push("import * as column from '../lib/columns.ts';");
  if (/\benums\./.test(body)) imports.push("import * as enums from '../lib/enums.ts';");
  if (/\bvalue\./.test(body)) imports.push("import * as value from '../lib/values.ts';");
  return `${imports.join('\n')}\n\n${body}\n`;
}

function rowType(resource: Resource): string {
  const { table, output } = resource;
  const about = commentText(table.description);
  const lines = output.flatMap((column) => {
    const note = noteText(column.name, column.description);
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

/** Fields that may be left out, with what they are then. */
function lenientFields(resource: Resource, fields: readonly InputField[]): string[] {
  return fields
    .filter((field) => !field.required)
    .map(({ name, column }) => {
      const given = column.default !== null && 'value' in column.default ? column.default.value : null;
      const rule = given === null ? 'optional()' : `default(${defaultCode(resource, column, given)})`;
      return entry(name, `${member('fields', name)}.${rule}`);
    });
}

/** A body with all fields. */
function createSchema(resource: Resource, method: string, name: string, type: string): string {
  const { inputs } = resource;
  const lenient = lenientFields(resource, inputs);
  const lead = `export const ${name} = z.strictObject(`;
  const shape = inputs.length === 0 ? '{}' : 'fields';
  return [
    `/** Body of a ${method}. */`,
    lenient.length === 0 ? `${lead}${shape});` : listed(`${lead}{`, ['...fields', ...lenient], '});'),
    '',
    `export type ${type} = z.output<typeof ${name}>;`,
  ].join('\n');
}

function patchSchema({ inputs, patches }: Resource): string {
  if (patches.length === 0) return '';
  return [
    '/** Body of a PATCH: any of the fields. */',
    patches.length === inputs.length
      ? 'export const patchSchema = z.strictObject(fields).partial();'
      : somePartial(patches),
    '',
    'export type Patch = z.output<typeof patchSchema>;',
  ].join('\n');
}

function adminPatchSchema(resource: Resource): string {
  const { adminPatches } = resource;
  if (adminPatches.length === 0) return '';
  const some = adminPatches.map((field) => entry(field.name, `${fieldCode(resource, field)}.optional()`));
  return [
    '/** Body of a PATCH by an administrator: what is protected, too. */',
    listed('export const adminPatchSchema = patchSchema.extend({', some, '});'),
    '',
    'export type AdminPatch = z.output<typeof adminPatchSchema>;',
  ].join('\n');
}

/** What does not fit on a line is a call a line, as the formatter breaks chains. */
function somePartial(patches: readonly InputField[]): string {
  const line = listed('export const patchSchema = z.strictObject({', patchEntries(patches, 2), '}).partial();');
  if (!line.includes('\n')) return line;
  const lines = patchEntries(patches, 4).map((text) => `    ${text},`);
  return ['export const patchSchema = z', '  .strictObject({', ...lines, '  })', '  .partial();'].join('\n');
}

function patchEntries(patches: readonly InputField[], indent: number): string[] {
  return patches.map(({ name }) => entry(name, member('fields', name), indent));
}

/** What a POST takes, without the key, which is in the path. */
function replaceSchema({ inputs, patches }: Resource): string {
  if (patches.length === 0) return '';
  const key = inputs.filter(({ column }) => column.primaryKey);
  // Every object has a `constructor`: TypeScript takes it for an answer unless told that none is given.
  const inherited = inputs.filter(({ name, column }) => !column.primaryKey && name in Object.prototype);
  const omitted = [
    ...key.map(({ name }) => entry(name, 'true')),
    ...inherited.map(({ name }) => entry(name, 'undefined')),
  ];
  const code =
    key.length === 0
      ? 'export const replaceSchema = createSchema;'
      : listed('export const replaceSchema = createSchema.omit({', omitted, '});');
  return ['/** Body of a PUT. */', code, '', 'export type Replace = z.output<typeof replaceSchema>;'].join('\n');
}

function keySchema(resource: Resource): string {
  const parts = resource.key.map((column) => `${property(column.name)}: ${textCode(resource, column)}`);
  return [
    '/** The key in a path. */',
    listed('export const keySchema = z.object({', parts, '});'),
    '',
    'export type Key = z.output<typeof keySchema>;',
  ].join('\n');
}

function columns(resource: Resource): string {
  return [
    '/** What lists can show, and be filtered and sorted by. */',
    'export const columns = {',
    ...resource.output.map((column) => `  ${columnEntry(resource, column)}`),
    '} satisfies column.Columns;',
  ].join('\n');
}

function columnEntry(resource: Resource, column: Column): string {
  const kind = columnKind(resource, column);
  const name = quoted(readableIdentifier(column.name));
  const rule = kind === 'list' || kind === 'json' ? [name] : [name, textCode(resource, column)];
  const lead = `${property(column.name)}: column.`;
  if (!column.nullable) return listed(`${lead}${kind}(`, rule, '),', 2);
  const line = `${lead}nullable(column.${kind}(${rule.join(', ')})),`;
  if (line.length + 2 <= 100) return line;
  return `${lead}nullable(\n    ${listed(`column.${kind}(`, rule, '),', 4)}\n  ),`;
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
