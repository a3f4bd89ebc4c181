import type { ApiDocument } from '../api-document.ts';
import type { EnumType, SchemaInput } from '../schema.ts';
import type { EntityField } from './entity.ts';
import { type Shape, shapeOf } from './shape.ts';

export type TableInput = SchemaInput['tables'][number];
export type ColumnInput = TableInput['columns'][number];

/** The type of the column that holds a value, and its limits. */
export interface Storage {
  readonly type: string;
  readonly check: NonNullable<ColumnInput['check']> | null;
}

const MAX_VALUE_BYTES = 63;

/** How values of a shape are kept; `enums` collects the kinds that have names of their own. */
export function storageOf(document: ApiDocument, shape: Shape, enumName: string, enums: EnumType[]): Storage {
  switch (shape.kind) {
    case 'text':
      return textStorage(shape, enumName, enums);
    case 'integer': {
      const isSmall = shape.format === 'int32';
      const fits = (bound: number | undefined) => bound === undefined || Number.isSafeInteger(bound);
      const check = fits(shape.min) && fits(shape.max) ? bounds({ min: shape.min, max: shape.max }) : null;
      const isInRange = Math.abs(shape.min ?? 0) < 2 ** 31 && Math.abs(shape.max ?? 0) < 2 ** 31;
      return { type: isSmall && isInRange ? 'integer' : 'bigint', check };
    }
    case 'number':
      return { type: 'double precision', check: bounds({ min: shape.min, max: shape.max }) };
    case 'boolean':
      return { type: 'boolean', check: null };
    case 'list':
      return { type: listType(shape.items ? shapeOf(document, shape.items) : null), check: null };
    default:
      return { type: 'jsonb', check: null };
  }
}

function bounds(given: Readonly<Record<string, number | undefined>>): Storage['check'] {
  const set = Object.entries(given).filter(([, bound]) => bound !== undefined);
  return set.length === 0 ? null : Object.fromEntries(set);
}

function textStorage(shape: Extract<Shape, { kind: 'text' }>, enumName: string, enums: EnumType[]): Storage {
  const { values, format } = shape;
  const fits = values.every((value) => value.trim() !== '' && Buffer.byteLength(value) <= MAX_VALUE_BYTES);
  if (values.length > 0 && fits) {
    const same = enums.find((type) => type.name === enumName);
    if (!same) enums.push({ name: enumName, values: [...new Set(values)] });
    return { type: enumName, check: null };
  }
  if (format === 'uuid') return { type: 'uuid', check: null };
  if (format === 'date-time') return { type: 'timestamptz', check: null };
  if (format === 'date') return { type: 'date', check: null };
  const min = shape.minLength || undefined;
  const max = format === 'email' ? Math.min(shape.maxLength ?? 254, 254) : shape.maxLength || undefined;
  return { type: 'text', check: bounds({ minLength: min, maxLength: max }) };
}

function listType(item: Shape | null): string {
  if (item?.kind === 'text' && !item.nullable) return item.format === 'uuid' ? 'uuid[]' : 'text[]';
  if (item?.kind === 'integer' && !item.nullable) return 'bigint[]';
  if (item?.kind === 'number' && !item.nullable) return 'double precision[]';
  return 'jsonb';
}

/** What stands in a column that nobody gave a value for, and whether somebody had to decide it. */
export interface Preset {
  readonly nullable: boolean;
  readonly value: string | number | boolean | null;
  readonly isAssumed: boolean;
}

/** Null where answers may do without; otherwise what the document says, or the emptiest value of the kind. */
export function presetOf(field: EntityField, type: string): Preset {
  const { shape, createRequired, readFilled, updateNull } = field;
  const said = presetValue(shape.preset, type);
  // Null in a change is refused where no answer may have it.
  const nullable = updateNull && !readFilled;
  if (createRequired) return { nullable, value: null, isAssumed: false };
  if (said !== null) return { nullable, value: said, isAssumed: false };
  if (!readFilled) return { nullable: true, value: null, isAssumed: false };
  const empty = emptyOf(shape, type);
  return { nullable: nullable || empty === null, value: empty, isAssumed: empty !== null };
}

function presetValue(preset: unknown, type: string): string | number | boolean | null {
  if (type.endsWith('[]') || type === 'jsonb')
    return Array.isArray(preset) && preset.length === 0 ? emptyList(type) : null;
  if (type === 'timestamptz' || type === 'date' || type === 'uuid') return null;
  return typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean' ? preset : null;
}

/** None where it may be none, otherwise as near to it as it may be. */
function smallestOf({
  min = 0,
  max = 0,
}: {
  readonly min: number | undefined;
  readonly max: number | undefined;
}): number {
  return Math.max(min, Math.min(0, max));
}

function emptyList(type: string): string {
  return type === 'jsonb' ? '[]' : '{}';
}

function emptyOf(shape: Shape, type: string): string | number | boolean | null {
  switch (shape.kind) {
    case 'list':
      return emptyList(type);
    case 'boolean':
      return false;
    case 'text':
      // Rows begin as the first of several values: authors write states in the order in which they are gone through.
      if (shape.values.length > 0) return shape.values[0] ?? null;
      return type === 'text' && (shape.minLength ?? 0) === 0 && shape.pattern === undefined ? '' : null;
    case 'integer':
    case 'number':
      return smallestOf(shape);
    default:
      return null;
  }
}
