import { parentLinks } from '../../../domain/sample.ts';
import type { Column, Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { listed, quoted } from '../source.ts';
import { defaultCode } from '../value-code.ts';
import { type Case, callCase, constantList, lines, objectCode } from './cases.ts';
import { limitsOf } from './limits.ts';
import { uniqueSets } from './values.ts';
import type { Voice } from './voice.ts';

/** Columns that are filled in by others; the owner's and what is protected are among them. */
export function unsendable({ table, inputs }: Resource): readonly string[] {
  const columns = table.columns.filter((column) => !inputs.some((field) => field.column === column));
  const hashes = inputs.filter(({ name, column }) => name !== column.name).map(({ column }) => column.name);
  return [...columns.map(({ name }) => name), ...hashes];
}

/** The defaults of a table as code, by field. */
export function defaultsOf({ inputs, ...resource }: Resource): Readonly<Record<string, string>> {
  const visible = inputs.filter(({ column }) => !column.sensitive && !column.primaryKey && !column.references);
  const entries = visible.flatMap(({ name, column }): [string, string][] => {
    const given = column.default;
    if (given && 'value' in given) return [[name, shownDefault({ inputs, ...resource }, column, given.value)]];
    return column.nullable ? [[name, 'null']] : [];
  });
  return Object.fromEntries(entries);
}

/** A default as it is answered. */
function shownDefault(resource: Resource, column: Column, value: string | number | boolean): string {
  const { type } = resource.typeOf(column);
  if (type?.kind === 'decimal' && !type.array) {
    const digits = type.args.length > 0 ? (type.args[1] ?? 0) : null;
    return quoted(digits === null ? String(value) : Number(value).toFixed(digits));
  }
  return defaultCode(resource, column, value);
}

export function bodyCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const who = [voice.client, quoted(table.name)];
  const required = inputs.filter((field) => field.required).map(({ name }) => quoted(name));
  const refused = inputs.flatMap((field) =>
    limitsOf(resource, field).refused.map(({ code, message }) => row([quoted(field.name), code, quoted(message)])),
  );
  return [
    ...(required.length > 0
      ? [
          callCase('all that is missing is named at once', 'checkRequired', [
            ...who,
            { as: 'required', code: constantList('required', '[', required, ']') },
          ]),
        ]
      : []),
    ...(refused.length > 0
      ? [
          callCase('values just outside of the limits are refused', 'checkRefused', [
            ...who,
            { as: 'outside', code: lines(refused) },
          ]),
        ]
      : []),
  ];
}

/** One of the lists in a list. */
function row(parts: readonly string[]): string {
  return listed('[', parts, ']', 2);
}

export function defaultCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, patches } = resource;
  const who = [voice.client, quoted(table.name)];
  const defaults = defaultsOf(resource);
  const inside = patches
    .filter(({ column }) => isFree(column, table))
    .flatMap((field) => {
      const { type } = resource.typeOf(field.column);
      const isExact = type?.base !== 'char' && !(type?.kind === 'decimal' && type.args.length === 0);
      const codes = limitsOf(resource, field).accepted.filter((code) => isExact || code === 'null');
      return codes.map((code) => row([quoted(field.name), code]));
    });
  return [
    ...(Object.keys(defaults).length > 0
      ? [
          callCase('what is left out has its default', 'checkDefaults', [
            ...who,
            { as: 'defaults', code: objectCode(defaults, 'defaults') },
          ]),
        ]
      : []),
    ...(inside.length > 0
      ? [
          callCase('values just inside of the limits are taken', 'checkAccepted', [
            ...who,
            { as: 'inside', code: lines(inside) },
          ]),
        ]
      : []),
  ];
}

/** A column whose values depend on no other row and no other column. */
function isFree(column: Column, table: Table): boolean {
  const linked = parentLinks(table).some(({ columns }) => columns.includes(column.name));
  const compared = table.checks.some(({ left, right }) => left === column.name || right === column.name);
  return !linked && !compared && !uniqueSets(table).flat().includes(column.name);
}
