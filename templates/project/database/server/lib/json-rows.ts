import pg from 'pg';
import { MAX_PAGE_LENGTH } from './budget.ts';
import { JsonText } from './json-text.ts';
import type { Sendable } from './lane.ts';
import type { Row } from './pages.ts';
import type { RawRow } from './row-tap.ts';
import { jsonKindOf, types } from './types.ts';

/** A page of rows, as JSON. */
export interface JsonPage {
  /** `{"data":[…]`, to be ended by who knows what else it says. */
  readonly text: JsonText;
  /** The last row of it; null when there is none. */
  readonly last: Row | null;
  /** Others follow. */
  readonly hasMore: boolean;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

const COMMA = Buffer.from(',');
const NULL = Buffer.from('null');
const END = Buffer.from('}');

/** Writes one value, which is from `start` to `end`. */
type Write = (json: JsonText, bytes: Buffer, start: number, end: number) => void;

/** Integers beyond this may not be exact as numbers of JSON; they are answered as everywhere else. */
const EXACT_DIGITS = 15;

function writerOf(id: number): Write {
  const parse = types.getTypeParser(id);
  const writeParsed: Write = (json, bytes, start, end) =>
    json.text(JSON.stringify(parse(bytes.toString('utf8', start, end))));
  switch (jsonKindOf(id)) {
    case 'text':
      return (json, bytes, start, end) => json.string(bytes, start, end);
    case 'json':
      return (json, bytes, start, end) => json.copy(bytes, start, end);
    case 'integer':
      return (json, bytes, start, end) =>
        end - start > EXACT_DIGITS
          ? writeParsed(json, bytes, start, end)
          : json.copy(bytes, start, end);
    default:
      return writeParsed;
  }
}

/** A SELECT of one row more than a page has, whose rows become JSON without having been objects. */
export class JsonRows extends pg.Query {
  readonly #limit: number;
  readonly #text = new JsonText();
  #fields: readonly Field[] = [];
  #writers: readonly { readonly lead: Buffer; readonly write: Write }[] = [];
  #count = 0;
  #last: RawRow | null = null;
  #hasMore = false;

  constructor(
    statement: Sendable,
    values: unknown[],
    limit: number,
    done: (error: Error | undefined) => void,
  ) {
    super({ ...statement, values }, done);
    this.#limit = limit;
    this.#text.text('{"data":[');
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#fields = fields;
    this.#writers = fields.map(({ name, dataTypeID }, index) => ({
      lead: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
      write: writerOf(dataTypeID),
    }));
  }

  handleDataRow(row: RawRow): void {
    if (this.#hasMore) return;
    if (this.#count === this.#limit) {
      this.#hasMore = true;
      return;
    }
    const before = this.#text.length;
    this.#write(row.bytes);
    if (this.#text.length > MAX_PAGE_LENGTH && this.#count > 0) {
      this.#text.cut(before);
      this.#hasMore = true;
      return;
    }
    this.#count += 1;
    this.#last = row;
  }

  #write(bytes: Buffer): void {
    const text = this.#text;
    if (this.#count > 0) text.copy(COMMA);
    let at = 2;
    for (const { lead, write } of this.#writers) {
      text.copy(lead);
      const start = at + 4;
      const length = bytes.readInt32BE(at);
      at = start + Math.max(length, 0);
      if (length < 0) text.copy(NULL);
      else write(text, bytes, start, at);
    }
    text.copy(END);
  }

  /** What came, when all has come. */
  page(): JsonPage {
    this.#text.text(']');
    return {
      text: this.#text,
      last: this.#last && this.#parse(this.#last),
      hasMore: this.#hasMore,
    };
  }

  #parse({ fields }: RawRow): Row {
    const values = this.#fields.map(({ name, dataTypeID }, index) => {
      const text = fields[index] ?? null;
      return [name, text === null ? null : types.getTypeParser(dataTypeID)(text)] as const;
    });
    return Object.fromEntries(values);
  }
}
