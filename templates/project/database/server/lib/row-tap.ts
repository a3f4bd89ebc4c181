import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

const ROW = 0x44; // 'D' of the protocol
const HEAD_LENGTH = 5;

/** A row as it came over the line. Its bytes are there only while it is handed on, unless it is kept. */
export class RawRow {
  readonly name = 'dataRow';
  readonly length: number;
  /** How many values there are, then each of them behind its length; -1 for null. */
  bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.length = bytes.length + 4;
  }

  keep(): void {
    this.bytes = Buffer.from(this.bytes);
  }

  /** The value in a place, as text. */
  text(place: number): string | null {
    let at = 2;
    for (let before = 0; before < place; before += 1) {
      at += 4 + Math.max(this.bytes.readInt32BE(at), 0);
    }
    const length = this.bytes.readInt32BE(at);
    return length < 0 ? null : this.bytes.toString('utf8', at + 4, at + 4 + length);
  }

  /** All values, which is what the driver asks for. */
  get fields(): (string | null)[] {
    return Array.from({ length: this.bytes.readUInt16BE(0) }, (_, place) => this.text(place));
  }
}

/** What the driver reads from: everything but the rows, which go to `onRow` in their order. */
class Tap extends EventEmitter {
  readonly #onRow: (row: RawRow) => void;
  /** The last row that was handed on, while others may follow. */
  #latest: RawRow | null = null;
  /** The beginning of a message, of which the rest has not come yet. */
  #begun = Buffer.alloc(0);
  #have = 0;

  constructor(stream: Duplex, onRow: (row: RawRow) => void) {
    super();
    this.#onRow = onRow;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.emit('end'));
  }

  /** Nothing of the chunk is used later: the stream reads the next one into the same place. */
  #take(chunk: Buffer): void {
    let at = 0;
    while (this.#have > 0 && at < chunk.length) at += this.#complete(chunk.subarray(at));
    at += this.#read(chunk.subarray(at));
    if (at < chunk.length) this.#begin(chunk.subarray(at));
    // Whoever makes a page looks back at it when the next one comes.
    this.#latest?.keep();
    this.#latest = null;
  }

  #begin(bytes: Buffer): void {
    const isKnown = bytes.length >= HEAD_LENGTH;
    this.#begun = Buffer.allocUnsafe(isKnown ? endOf(bytes, 0) : HEAD_LENGTH);
    this.#have = bytes.copy(this.#begun);
  }

  /** Takes what is missing of the message that has begun, and hands it on when it is whole; tells how much it took. */
  #complete(bytes: Buffer): number {
    const taken = bytes.copy(this.#begun, this.#have);
    this.#have += taken;
    if (this.#have < this.#begun.length) return taken;
    const begun = this.#begun;
    this.#have = 0;
    if (this.#read(begun) === 0) this.#begin(begun);
    return taken;
  }

  /** Hands on the messages that are whole; tells where they end. */
  #read(bytes: Buffer): number {
    let begin = 0;
    let at = 0;
    while (at + HEAD_LENGTH <= bytes.length) {
      const end = endOf(bytes, at);
      if (end > bytes.length) break;
      if (bytes[at] === ROW) {
        if (begin < at) this.emit('data', bytes.subarray(begin, at));
        this.#latest = new RawRow(bytes.subarray(at + HEAD_LENGTH, end));
        this.#onRow(this.#latest);
        begin = end;
      }
      at = end;
    }
    if (begin < at) {
      this.emit('data', bytes.subarray(begin, at));
      this.#latest = null;
    }
    return at;
  }
}

/** Where the message that begins at a place ends: its length does not count its first byte. */
function endOf(bytes: Buffer, at: number): number {
  return at + 1 + bytes.readUInt32BE(at + 1);
}

/** The part of the driver's client that this stands between. */
interface Tapped {
  readonly connection: EventEmitter & { attachListeners(stream: EventEmitter): void };
}

/**
 * Lets a query have its rows as bytes: to make texts of a page of rows, and objects of the texts, costs more than all
 * else that the server does for a list. Queries that want objects get them as ever. To be called before it connects.
 */
export function tapRows(client: object): void {
  const { connection } = client as Tapped;
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) =>
    attach(new Tap(stream as Duplex, (row) => connection.emit('dataRow', row)));
}
