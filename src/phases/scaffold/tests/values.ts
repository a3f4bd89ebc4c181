import { parseColumnType } from '../../../domain/column-type.ts';
import type { InputField } from '../../../domain/rest.ts';
import { sampleInput } from '../../../domain/sample.ts';
import { sampleValue, scaleOf } from '../../../domain/sample-values.ts';
import type { Column, Schema, Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { jsonCode, quoted } from '../source.ts';
import { fieldRule } from '../value-rule.ts';

/** Values of the samples; neighbouring seeds are different. */
export const SEED = 7001;

/** The columns whose values no other row of the table may have, alone or together. */
export function uniqueSets(table: Table): readonly (readonly string[])[] {
  const key = table.columns.filter(({ primaryKey }) => primaryKey).map(({ name }) => name);
  const single = table.columns.filter(({ unique }) => unique).map(({ name }) => [name]);
  return [key, ...single, ...table.uniques].filter((columns) => columns.length > 0);
}

/** Code of a value that no other row has; `next()` counts up from a number that nobody else began with. */
export function uniqueCode(resource: Resource, field: InputField, schema: Schema): string {
  const { column } = field;
  const { type, choices } = resource.typeOf(column);
  if (!type) return `${jsonCode(choices?.values ?? [])}[next() % ${choices?.values.length ?? 1}]`;
  const scale = scaleOf(column);
  const span = scale ? scale.high - Math.max(scale.low, 0) : 0;
  switch (type.kind) {
    case 'text':
      return uniqueText(resource, field, schema);
    case 'integer':
    case 'bigint': {
      const low = Math.max(scale?.low ?? 0, 0);
      return span > 1e9 && low === 0 ? 'next()' : `${low} + (next() % ${Math.max(1, Math.floor(span))})`;
    }
    case 'decimal':
      return `(next() % ${Math.min(1e9, Math.max(1, Math.floor(span)))}).toFixed(${type.args[1] ?? 0})`;
    case 'float':
      return 'next()';
    case 'uuid':
      return 'randomUUID()';
    case 'date':
      return 'day(next()).slice(0, 10)';
    case 'timestamp':
      return type.base === 'timestamptz' ? "day(next()).replace('.000', '')" : 'day(next()).slice(0, -5)';
    case 'time':
      return 'new Date((next() % 86400) * 1000).toISOString().slice(11, 19)';
    case 'interval':
      return `\`\${1000 + (next() % 99_000)}:00:00\``;
    case 'network':
      return `\`10.\${next() % 250}.\${next() % 250}.\${next() % 250}\``;
    case 'bytes':
      return "Buffer.from(String(next())).toString('base64')";
    case 'boolean':
      return 'next() % 2 === 0';
    case 'json':
      return '{ number: next() }';
  }
}

function uniqueText(resource: Resource, field: InputField, schema: Schema): string {
  const rule = fieldRule(resource, field);
  const { min = 0, max = 1000 } = 'bounds' in rule ? rule.bounds : {};
  if (rule.kind === 'email') return `\`ada.\${next()}@example.com\``;
  const { args, base } = resource.typeOf(field.column).type ?? { args: [], base: 'text' };
  const exact = base === 'char' ? (args[0] ?? 1) : null;
  if (exact !== null && exact !== undefined) return `String(next()).padStart(${exact}, '0').slice(-${exact})`;
  const sample = String(sampleValue({ ...field.column, check: null, type: 'text' }, schema, 1, field.name));
  const head = sample.replace(/1[^1]*$/, '');
  const lead = /^[\w ,.:/-]{1,40}$/.test(head) ? head : 'sample-';
  if (lead.length + 9 <= max && lead.length + 9 >= min) return `\`${lead}\${next()}\``;
  if (min > 9) return `String(next()).padStart(${min}, '0')`;
  return max >= 9 ? 'String(next())' : `String(next()).slice(-${max})`;
}

/** Rows of such a table are few, because their unique values are. */
export function hasFewRows(resource: Resource): boolean {
  return uniqueSets(resource.table).some((columns) =>
    columns.every((name) => {
      const column = resource.table.columns.find((candidate) => candidate.name === name);
      return column !== undefined && !column.references && hasFewValues(resource, column);
    }),
  );
}

/** Too few for each row to have another one. */
export function hasFewValues(resource: Resource, column: Column): boolean {
  const { type } = resource.typeOf(column);
  const short = type?.kind === 'text' && (type.args[0] ?? 1000) < 4 && type.base !== 'text';
  return type === null || type.kind === 'boolean' || short;
}

/** A key that no row has: as JSON for a body, as text for a path. */
export function missingValue(column: Column, schema: Schema): unknown {
  const type = parseColumnType(column.type);
  switch (type?.kind) {
    case 'text': {
      const longest = type.args[0] ?? (type.base === 'char' ? 1 : 100);
      return 'no-such-row'.slice(0, longest);
    }
    case 'integer':
    case 'bigint':
      return type.base === 'smallint' ? 32_767 : 2_147_483_646;
    case 'decimal':
      return '99999'.slice(0, Math.max(1, (type.args[0] ?? 9) - (type.args[1] ?? 0)));
    case 'float':
      return 987_654.5;
    case 'uuid':
      return '00000000-0000-4000-8000-000000000000';
    case 'date':
      return '1900-01-01';
    case 'timestamp':
      return type.base === 'timestamptz' ? '1900-01-01T00:00:00Z' : '1900-01-01T00:00:00';
    case 'time':
      return '23:59:59';
    case 'interval':
      return 'PT1S';
    case 'network':
      return '192.0.2.255';
    case 'bytes':
      return 'AAAA';
    default:
      return sampleValue(column, schema, SEED);
  }
}

/** The body of a sample as JSON values, written as they are answered; foreign keys are left out. */
export function sampleBody(resource: Resource, schema: Schema, seed: number): Readonly<Record<string, unknown>> {
  const body = sampleInput(resource.table, schema, seed, {});
  const shown = resource.inputs
    .filter(({ name }) => Object.hasOwn(body, name))
    .map(({ name, column }) => [name, shownValue(resource, column, body[name])] as const);
  return Object.fromEntries(shown);
}

/** A sample value in the form in which it is answered. */
export function shownValue(resource: Resource, column: Column, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shownValue(resource, column, item));
  const { type } = resource.typeOf(column);
  if (typeof value !== 'string') return value;
  switch (type?.kind) {
    case 'timestamp':
      return value.replace('.000Z', type.base === 'timestamptz' ? 'Z' : '');
    case 'interval': {
      const seconds = Number(/^PT(\d+)S$/.exec(value)?.[1] ?? 0);
      const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
      return parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
    }
    case 'decimal':
      return type.args.length > 0 ? Number(value).toFixed(type.args[1] ?? 0) : value;
    default:
      return value;
  }
}

export function textList(values: readonly string[]): string {
  return `[${values.map(quoted).join(', ')}]`;
}
