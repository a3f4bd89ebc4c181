import { parseColumnType } from '../column-type.ts';
import type { Column, EnumType, Table } from '../schema.ts';

/** What whoever made a row may not say about it, where administrators run the whole: that it is paid, or approved. */
const TRUSTED =
  /^(?:(?:is_)?(?:paid|refunded|settled|verified|approved|featured)|(?:paid|refunded|settled|verified|approved|featured)_(?:at|on|by)|\w+_(?:verified|approved|paid|refunded)(?:_at)?|(?:amount_paid|paid_amount|refunded_amount)(?:_cents)?|payment_(?:status|state)|(?:\w+_)?balance(?:_cents)?|is_admin)$/;

/** A state with one of these values is a decision of somebody else. */
const DECIDED = /^(?:approved|denied|rejected|refunded|verified|unverified|chargeback)$/;
const PAYMENTS = /(?:^|_)(?:payment|payout|refund|withdrawal|deposit)s?$/;
const STATE = /^(?:status|state)$/;

/**
 * The table with what is left to administrators protected. Such a column has a default or may be empty, so that rows
 * can be made without it; one that can be neither stays as it is.
 */
export function withTrusted(table: Table, enums: readonly EnumType[]): Table {
  return { ...table, columns: table.columns.map((column) => guarded(column, table, enums)) };
}

function guarded(column: Column, table: Table, enums: readonly EnumType[]): Column {
  const subject = column.name.replace(/_(?:id|uuid)$/, '');
  const values = enums.find(({ name }) => name === column.type)?.values ?? [];
  const isState = STATE.test(subject) && (PAYMENTS.test(table.name) || values.some((value) => DECIDED.test(value)));
  const isClosed = column.primaryKey || column.sensitive || table.access?.through === column.name;
  if (isClosed || !(isState || TRUSTED.test(subject))) return column;
  // Who is meant may read the row: that is said when it is made.
  if (table.access?.sharedWith.includes(column.name) && !column.nullable) return column;
  if (column.default !== null) return 'value' in column.default ? { ...column, protected: true } : column;
  if (column.nullable) return { ...column, protected: true };
  const first = firstValue(column, values);
  if (first !== null) return { ...column, protected: true, default: { value: first } };
  return isPlain(column, table) ? { ...column, protected: true, nullable: true } : column;
}

/** What a new row begins with. */
function firstValue(
  { name, type, check, references }: Column,
  values: readonly string[],
): string | number | boolean | null {
  if (references) return null;
  if (type === 'boolean') return false;
  const [first] = values;
  if (first !== undefined) return DECIDED.test(first) ? null : first;
  const read = parseColumnType(type);
  const isNumber = read !== null && !read.array && /^(?:integer|bigint|smallint|numeric|real|double)/.test(type);
  const isTime = /_(?:at|on)$/.test(name);
  return isNumber && !isTime && (check?.min ?? 0) <= 0 && (check?.max ?? 0) >= 0 ? 0 : null;
}

/** Nothing else depends on its being there. */
function isPlain({ name, unique }: Column, { uniques, checks }: Table): boolean {
  return !unique && !uniques.flat().includes(name) && !checks.some(({ left, right }) => [left, right].includes(name));
}
