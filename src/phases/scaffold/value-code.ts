import type { ColumnType } from '../../domain/column-type.ts';
import type { InputField } from '../../domain/rest.ts';
import type { Column } from '../../domain/schema.ts';
import type { Resource } from './resource.ts';
import { jsonCode, listed, numberCode } from './source.ts';
import { defaultValue, fieldRule, textRule, type ValueRule } from './value-rule.ts';

/** `value.text({ max: 80 })`. */
function call(name: string, bounds: Readonly<Record<string, number | undefined>> = {}): string {
  const given = Object.entries(bounds).filter(([, bound]) => bound !== undefined);
  if (given.length === 0) return `value.${name}()`;
  return listed(
    `value.${name}({`,
    given.map(([key, bound]) => `${key}: ${numberCode(bound)}`),
    '})',
  );
}

function ruleCode(rule: ValueRule): string {
  if (rule.kind === 'enum') return `enums.${rule.name}`;
  if (rule.kind === 'list') return `value.list(${ruleCode(rule.item)})`;
  return call(rule.kind, 'bounds' in rule ? rule.bounds : {});
}

/** The check for a field of a body. */
export function fieldCode(resource: Resource, field: InputField): string {
  const check = ruleCode(fieldRule(resource, field));
  return field.column.nullable ? `${check}.nullable()` : check;
}

/** The check for a value that comes as text, in a path or a query. Limits of the column do not count there. */
export function textCode(resource: Resource, column: Column): string {
  const rule = textRule(resource, column);
  switch (rule.kind) {
    case 'integer':
    case 'float':
      return call(`${rule.kind}Text`, rule.bounds);
    case 'boolean':
      return call('booleanText');
    default:
      return ruleCode(rule);
  }
}

/** The TypeScript type of a column's values in an answer. */
export function typeCode(resource: Resource, column: Column): string {
  const { type, enumName } = resource.typeOf(column);
  const item = type ? itemType(type) : `enums.${enumName}`;
  const whole = type?.array ? `${item}[]` : item;
  return column.nullable && whole !== 'unknown' ? `${whole} | null` : whole;
}

function itemType(type: ColumnType): string {
  switch (type.kind) {
    case 'integer':
    case 'bigint':
    case 'float':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'json':
      return 'unknown';
    default:
      return 'string';
  }
}

/** The constant of a column as its checked value would be. */
export function defaultCode(resource: Resource, column: Column, constant: string | number | boolean): string {
  return jsonCode(defaultValue(resource, column, constant));
}
