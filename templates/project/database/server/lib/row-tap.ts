import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

const ROW = 0x44; // 'D' of the protocol
const HEAD_LENGTH = 5;

/** A row as it came over the line. */
export class RawRow {
  readonly name = 'dataRow';
  readonly length: number;
  /** How many values there are, then each of them behind its length; -1 for null. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.length = bytes.length + 4;
  }

  /** The values as text, which is what the driver asks for. */
  get fields(): (string | null)[] {
    let at = 2;
    return Array.from({ length: this.bytes.readUInt16BE(0) }, () => {
      const length = this.bytes.readInt32BE(at);
      const start = at + 4;
      at = start + Math.max(length, 0);
      return length < 0 ? null : this.bytes.toString('utf8', start, at);
    });
  }
}

/** What the driver reads from: everything but the rows, which go to `onRow` in their order. */
class Tap extends EventEmitter {
  readonly #onRow: (row: RawRow) => void;
  #waiting: Buffer[] = [];
  /** Bytes that must come before there is anything to read. */
  #missing = HEAD_LENGTH;

  constructor(stream: Duplex, onRow: (row: RawRow) => void) {
    super();
    this.#onRow = onRow;
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.emit('end'));
  }

  #take(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    const bytes = this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting);
    const rest = bytes.subarray(this.#read(bytes));
    this.#waiting = rest.length > 0 ? [rest] : [];
    this.#missing = (rest.length < HEAD_LENGTH ? HEAD_LENGTH : endOf(rest, 0)) - rest.length;
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
        this.#onRow(new RawRow(bytes.subarray(at + HEAD_LENGTH, end)));
        begin = end;
      }
      at = end;
    }
    if (begin < at) this.emit('data', bytes.subarray(begin, at));
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
