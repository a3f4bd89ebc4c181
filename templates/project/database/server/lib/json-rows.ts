import { MAX_PAGE_LENGTH } from './budget.ts';
import { DescribedQuery, type Field } from './described-query.ts';
import { JsonText } from './json-text.ts';
import type { Sendable } from './lane.ts';
import type { Row } from './pages.ts';
import type { RawRow } from './row-tap.ts';
import { jsonKindOf, types } from './types.ts';

/** A page of rows, as JSON. */
export interface JsonPage {
  /** `{"data":[…]`, to be ended by who knows what else it says. */
  readonly text: JsonText;
  /** How many rows it has. */
  readonly count: number;
  /** Others follow. */
  readonly hasMore: boolean;
  /** What the last row has in some columns; nothing when there is no row. */
  readonly last: (names: readonly string[]) => Row;
}

const BEGIN = Buffer.from('{"data":[');
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

interface Writer {
  readonly lead: Buffer;
  readonly write: Write;
}

const layouts = new WeakMap<readonly Field[], readonly Writer[]>();

function writersOf(fields: readonly Field[]): readonly Writer[] {
  const known = layouts.get(fields);
  if (known) return known;
  const writers = fields.map((field, index) => ({
    lead: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`),
    write: writerOf(field.dataTypeID),
  }));
  layouts.set(fields, writers);
  return writers;
}

interface Extent {
  /** The most rows a page has. */
  readonly limit: number;
  /** So many of the columns are shown; all of them when nothing is said. */
  readonly shown?: number | undefined;
}

/** A SELECT of one row more than a page has, whose rows become JSON without having been objects. */
export class JsonRows extends DescribedQuery {
  readonly #limit: number;
  readonly #shown: number | undefined;
  readonly #text = new JsonText();
  #fields: readonly Field[] = [];
  #writers: readonly Writer[] = [];
  #count = 0;
  #last: RawRow | null = null;
  #hasMore = false;

  constructor(
    statement: Sendable,
    values: unknown[],
    { limit, shown }: Extent,
    done: (error?: Error) => void,
  ) {
    super(statement, values, done);
    this.#limit = limit;
    this.#shown = shown;
  }

  protected layOut(fields: readonly Field[]): void {
    const writers = writersOf(fields);
    this.#fields = fields;
    this.#writers = this.#shown === undefined ? writers : writers.slice(0, this.#shown);
  }

  handleDataRow(row: RawRow): void {
    if (this.#hasMore) return;
    if (this.#count === this.#limit) {
      this.#end();
      return;
    }
    const before = this.#text.length;
    this.#write(row.bytes);
    if (this.#text.length > MAX_PAGE_LENGTH && this.#count > 0) {
      this.#text.cut(before);
      this.#end();
      return;
    }
    this.#count += 1;
    this.#last = row;
  }

  /** The page is full: the next one begins behind the last row. */
  #end(): void {
    this.#hasMore = true;
    this.#last?.keep();
  }

  #write(bytes: Buffer): void {
    const text = this.#text;
    text.copy(this.#count > 0 ? COMMA : BEGIN);
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
    if (this.#count === 0) this.#text.copy(BEGIN);
    this.#text.text(']');
    return {
      text: this.#text,
      count: this.#count,
      hasMore: this.#hasMore,
      last: (names) => this.#parseLast(names),
    };
  }

  #parseLast(names: readonly string[]): Row {
    const values = names.map((name) => {
      const place = this.#fields.findIndex((field) => field.name === name);
      const text = place < 0 ? null : (this.#last?.text(place) ?? null);
      const parse = types.getTypeParser(this.#fields[place]?.dataTypeID ?? 0);
      return [name, text === null ? null : parse(text)] as const;
    });
    return Object.fromEntries(values);
  }
}
