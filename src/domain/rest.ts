import type { Column, Table } from './schema.ts';

/**
 * How a table looks over HTTP. The generator, the sample rows and the verification all read this, so they cannot
 * disagree about a path or a field.
 */

/** `/order-items` for the table `order_items`. */
export function resourcePath(table: Pick<Table, 'name'>): string {
  return `/${table.name.replaceAll('_', '-')}`;
}

/** A column the backend or the database fills in; never accepted from a client. */
export function isServerMade(column: Column): boolean {
  return column.default !== null && 'generate' in column.default;
}

/** One field a client may send. */
export interface InputField {
  readonly name: string;
  readonly column: Column;
  /** Must be present on create: not nullable and without a default. */
  readonly required: boolean;
  /** The value is a password: stored as its scrypt hash, never as it came. */
  readonly hashed: boolean;
}

/** The fields of a create or update, in column order. A sensitive `password_hash` is sent as `password` and hashed. */
export function inputFields(table: Table): readonly InputField[] {
  return table.columns
    .filter((column) => !isServerMade(column))
    .map((column) => {
      const hashed = column.sensitive && column.name.endsWith('_hash');
      return {
        name: hashed ? column.name.slice(0, -'_hash'.length) : column.name,
        column,
        required: !column.nullable && column.default === null,
        hashed,
      };
    });
}

/** The columns a client gets to see. */
export function outputColumns(table: Table): readonly Column[] {
  return table.columns.filter((column) => !column.sensitive);
}
