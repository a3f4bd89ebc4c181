import type { ColumnType } from '../column-type.ts';
import type { Column, EnumType, Generator, Table } from '../schema.ts';
import { constantProblem, numberProblem } from './constants.ts';
import { columnPath, enumPath, isEnum, isVisibleText, type RuleContext, resolveType, show } from './context.ts';

const MAX_ENUM_LABEL_BYTES = 63;
/** Length of the nano ids a backend makes. */
const ID_LENGTH = 21;

/** Types a generator can fill, for the message; `fits` decides. */
const GENERATOR_TYPES: Readonly<Record<Generator, { readonly as: string; fits(type: ColumnType): boolean }>> = {
  id: {
    as: `text, or varchar with room for ${ID_LENGTH} characters`,
    fits: (type) => type.base === 'text' || (type.base === 'varchar' && (type.args[0] ?? ID_LENGTH) >= ID_LENGTH),
  },
  created: { as: 'bigint, timestamptz, timestamp or date', fits: isMoment },
  updated: { as: 'bigint, timestamptz, timestamp or date', fits: isMoment },
  uuid: { as: 'uuid', fits: (type) => type.base === 'uuid' },
  identity: { as: 'smallint, integer or bigint', fits: (type) => type.kind === 'integer' || type.kind === 'bigint' },
  // The account's key, whatever its type is; `access.ts` looks at the reference.
  owner: { as: 'that of the key of the accounts table', fits: () => true },
};

function isMoment(type: ColumnType): boolean {
  return type.base === 'bigint' || type.kind === 'timestamp' || type.kind === 'date';
}

function isNumeric(type: ColumnType): boolean {
  return type.kind === 'integer' || type.kind === 'bigint' || type.kind === 'decimal' || type.kind === 'float';
}

/** Why a generator cannot fill the column; null when it can. */
function generatorProblem(generator: Generator, column: Column, type: ColumnType | EnumType): string | null {
  const wanted = GENERATOR_TYPES[generator];
  if (isEnum(type) || type.array || !wanted.fits(type)) {
    return `"${generator}" makes no value of ${show(column.type)}: the type must be ${wanted.as}`;
  }
  if (generator === 'identity' && column.nullable) return 'an identity column is never null: set nullable to false';
  if (column.references && generator !== 'owner')
    return `"${generator}" would make a value that nothing refers to: the column is a foreign key`;
  return null;
}

/** Why a constant breaks the column's own check; null when it passes. */
function outsideCheck(value: string | number | boolean, { check }: Column): string | null {
  if (!check) return null;
  const number = Number(value);
  const length = [...String(value)].length;
  const breaks =
    (check.min !== undefined && number < check.min) ||
    (check.max !== undefined && number > check.max) ||
    (check.minLength !== undefined && length < check.minLength) ||
    (check.maxLength !== undefined && length > check.maxLength);
  return breaks ? `${show(String(value))} breaks the check of the same column` : null;
}

function defaultProblem(column: Column, type: ColumnType | EnumType): string | null {
  const given = column.default;
  if (!given) return null;
  if ('generate' in given) return generatorProblem(given.generate, column, type);
  if (isEnum(type)) {
    const known = type.values.some((value) => value === given.value);
    return known ? null : `${show(String(given.value))} is not a value of the enum ${show(type.name)}`;
  }
  return constantProblem(given.value, type) ?? outsideCheck(given.value, column);
}

function checkProblems(column: Column, type: ColumnType | EnumType): string[] {
  const { min, max, minLength, maxLength } = column.check ?? {};
  const problems: string[] = [];
  if (min !== undefined || max !== undefined) {
    if (isEnum(type) || type.array || !isNumeric(type)) problems.push('min and max are for numbers only');
    else {
      for (const bound of [min, max]) {
        const problem = bound === undefined ? null : numberProblem(bound, type);
        if (problem) problems.push(problem);
      }
    }
    if (min !== undefined && max !== undefined && min > max) problems.push(`min ${min} is more than max ${max}`);
  }
  if (minLength !== undefined || maxLength !== undefined) {
    if (isEnum(type) || type.array || type.kind !== 'text') problems.push('lengths are for text only');
    else {
      const room = type.args[0];
      for (const length of [minLength, maxLength]) {
        if (room !== undefined && length !== undefined && length > room) {
          problems.push(`a length of ${length} is more than the type holds (${room})`);
        }
      }
    }
    if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
      problems.push(`minLength ${minLength} is more than maxLength ${maxLength}`);
    }
  }
  return problems;
}

function checkColumn(column: Column, table: Table, context: RuleContext): void {
  const path = columnPath(column, table, context.schema);
  const type = resolveType(column, context);
  if (!type) {
    if (!context.unreadable.has(column.type)) {
      context.report(`${path}.type`, `${show(column.type)} is neither a known type nor one of the enums`);
    }
    return;
  }
  const wrongDefault = defaultProblem(column, type);
  if (wrongDefault) context.report(`${path}.default`, wrongDefault);
  for (const problem of checkProblems(column, type)) context.report(`${path}.check`, problem);
  if (column.primaryKey && column.nullable) context.report(`${path}.nullable`, 'a primary key cannot be null');
  if (column.primaryKey && column.sensitive) {
    context.report(`${path}.sensitive`, 'a primary key cannot be sensitive: rows are addressed by it');
  }
}

function checkEnum(type: EnumType, context: RuleContext): void {
  const path = enumPath(type, context.schema);
  type.values.forEach((value, index) => {
    const at = `${path}.values[${index}]`;
    const bytes = Buffer.byteLength(value);
    if (value.trim() === '') context.report(at, 'is empty');
    if (bytes > MAX_ENUM_LABEL_BYTES) {
      context.report(at, `has ${bytes} bytes; ${MAX_ENUM_LABEL_BYTES} are the limit of PostgreSQL`);
    }
    if (!isVisibleText(value) || /[\n\t]/.test(value)) {
      context.report(at, 'contains invisible, control or bidirectional characters');
    }
    if (type.values.indexOf(value) < index) context.report(at, `${show(value)} is there already`);
  });
  const used = context.schema.tables.some((table) => table.columns.some((column) => column.type === type.name));
  // A table that could not be read may well use it.
  if (!used && context.unreadable.size === 0) context.report(path, 'no column uses this enum');
}

/** Types, defaults, generators and checks of columns; values of enums. */
export function checkColumns(context: RuleContext): void {
  for (const type of context.schema.enums) checkEnum(type, context);
  for (const table of context.schema.tables) {
    for (const column of table.columns) checkColumn(column, table, context);
  }
}
