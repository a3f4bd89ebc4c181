/** Bytes that stand in a string of JSON as they are. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === 0x22 || byte === 0x5c ? 0 : 1,
);
const QUOTE = 0x22;

/** Without leaving early: most strings are plain, and a loop that does nothing else is the quickest. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  let plain = 1;
  for (let at = start; at < end; at += 1) plain &= IS_PLAIN[bytes[at] ?? 0] ?? 0;
  return plain === 1;
}

/** Up to here a loop takes less time than a call of `copy`. */
const SHORT = 40;
const FIRST_ROOM = 64 * 1024;
const MAX_SPARE = 8;

/** Room for the next texts. A new one each time would be what the garbage collector has most to do with. */
const spare: Buffer[] = [];

const NOTHING = Buffer.alloc(0);

/**
 * JSON in the making, in UTF-8. It has room from when something is written until its end; others use that again, and
 * what leaves it is a copy.
 */
export class JsonText {
  length = 0;
  #bytes: Buffer = NOTHING;

  /** What was written, as a text; it is empty then. */
  end(): string {
    const text = this.#bytes.toString('utf8', 0, this.length);
    if (this.#bytes.length === FIRST_ROOM && spare.length < MAX_SPARE) spare.push(this.#bytes);
    this.#bytes = NOTHING;
    this.length = 0;
    return text;
  }

  /** Takes back what was written behind a place. */
  cut(length: number): void {
    this.length = length;
  }

  text(text: string): void {
    this.#makeRoom(text.length * 3);
    this.length += this.#bytes.write(text, this.length);
  }

  copy(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#makeRoom(end - start);
    if (end - start > SHORT) {
      this.length += bytes.copy(this.#bytes, this.length, start, end);
      return;
    }
    const into = this.#bytes;
    let to = this.length;
    for (let at = start; at < end; at += 1) into[to++] = bytes[at] ?? 0;
    this.length = to;
  }

  /** A string, of bytes that are UTF-8. */
  string(bytes: Buffer, start: number, end: number): void {
    if (!isPlain(bytes, start, end)) {
      this.text(JSON.stringify(bytes.toString('utf8', start, end)));
      return;
    }
    this.#makeRoom(end - start + 2);
    this.#bytes[this.length++] = QUOTE;
    this.copy(bytes, start, end);
    this.#bytes[this.length++] = QUOTE;
  }

  #makeRoom(more: number): void {
    const needed = this.length + more;
    if (needed <= this.#bytes.length) return;
    if (this.#bytes === NOTHING && needed <= FIRST_ROOM) {
      this.#bytes = spare.pop() ?? Buffer.allocUnsafe(FIRST_ROOM);
      return;
    }
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
