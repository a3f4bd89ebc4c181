import { MAX_PAGE_LENGTH, MORE } from './budget.ts';
import { DescribedQuery, type Field } from './described-query.ts';
import type { RawRow } from './row-tap.ts';
import { types } from './types.ts';

interface Layout {
  readonly columns: readonly { readonly name: string; readonly parse: (text: string) => unknown }[];
  /** A row with nothing in it: its copies are quicker to fill than new objects, whatever columns are called. */
  readonly empty: Readonly<Record<string, unknown>>;
}

const layouts = new WeakMap<readonly Field[], Layout>();

function layoutOf(fields: readonly Field[]): Layout {
  const known = layouts.get(fields);
  if (known) return known;
  const columns = fields.map(({ name, dataTypeID }) => ({
    name,
    parse: types.getTypeParser(dataTypeID),
  }));
  const layout = { columns, empty: Object.fromEntries(columns.map(({ name }) => [name, null])) };
  layouts.set(fields, layout);
  return layout;
}

/** A statement whose rows become objects. */
export class ObjectRows<R extends object> extends DescribedQuery {
  readonly found: R[] = [];
  #layout: Layout = { columns: [], empty: {} };

  protected layOut(fields: readonly Field[]): void {
    this.#layout = layoutOf(fields);
  }

  handleDataRow({ bytes }: RawRow): void {
    const row = { ...this.#layout.empty };
    let at = 2;
    for (const { name, parse } of this.#layout.columns) {
      const start = at + 4;
      const length = bytes.readInt32BE(at);
      at = start + Math.max(length, 0);
      if (length >= 0) row[name] = parse(bytes.toString('utf8', start, at));
    }
    this.found.push(row as R);
  }
}

/** The same, as far as there is room for them; then MORE. The first one is always there. */
export class SomeRows<R extends object> extends ObjectRows<R> {
  #room = MAX_PAGE_LENGTH;
  #isCut = false;

  override handleDataRow(row: RawRow): void {
    this.#room -= row.length;
    if (this.#isCut) return;
    this.#isCut = this.#room < 0 && this.found.length > 0;
    if (this.#isCut) this.found.push(MORE as R);
    else super.handleDataRow(row);
  }
}
