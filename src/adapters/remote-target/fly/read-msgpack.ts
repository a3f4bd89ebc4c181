/** What MessagePack can say: text, numbers, bytes, lists, and maps as lists of pairs. */
export type Packed = null | boolean | number | string | Uint8Array | readonly Packed[] | ReadonlyMap<Packed, Packed>;

/** More than any token has; what is deeper is no token. */
const MOST_DEEP = 16;

/**
 * One value of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), without extensions. Throws for
 * anything else, and for bytes that are left over. Numbers beyond 2^53 are rounded.
 */
export function readMsgpack(bytes: Uint8Array): Packed {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd) throw new Error('there is more than one value');
  return value;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): Packed {
    if (depth > MOST_DEEP) throw new Error('too deep');
    const kind = this.#unsigned(1);
    if (kind < 0x80) return kind;
    if (kind < 0x90) return this.#map(kind & 0x0f, depth);
    if (kind < 0xa0) return this.#list(kind & 0x0f, depth);
    if (kind < 0xc0) return this.#text(kind & 0x1f);
    if (kind >= 0xe0) return kind - 0x100;
    switch (kind) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return kind === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#unsigned(2 ** (kind - 0xc4)));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#unsigned(2 ** (kind - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#signed(2 ** (kind - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(2 ** (kind - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#unsigned(2 ** (kind - 0xdb)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 ** (kind - 0xdd)), depth);
      default:
        throw new Error(`no value of a token begins with ${kind}`);
    }
  }

  #list(length: number, depth: number): readonly Packed[] {
    this.#assertLeft(length);
    return Array.from({ length }, () => this.value(depth + 1));
  }

  #map(length: number, depth: number): ReadonlyMap<Packed, Packed> {
    this.#assertLeft(length * 2);
    return new Map(Array.from({ length }, () => [this.value(depth + 1), this.value(depth + 1)] as const));
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length));
  }

  #unsigned(size: number): number {
    return this.#take(size).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  #signed(size: number): number {
    const at = this.#at;
    this.#take(size);
    if (size === 8) return Number(this.#view.getBigInt64(at));
    return size === 4 ? this.#view.getInt32(at) : size === 2 ? this.#view.getInt16(at) : this.#view.getInt8(at);
  }

  #take(length: number): Uint8Array {
    this.#assertLeft(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Each value takes a byte at least, so that no length makes room for what is not there. */
  #assertLeft(length: number): void {
    if (length > this.#bytes.length - this.#at) throw new Error('the value is cut');
  }
}
