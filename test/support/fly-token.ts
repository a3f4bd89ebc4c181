type Value = number | string | Uint8Array | boolean | readonly Value[] | ReadonlyMap<Value, Value>;

/** A limit in a token: its kind by number, and its body. */
export type Caveat = readonly [kind: number, body: Value];

/** Limits as Fly.io writes them (https://github.com/superfly/macaroon). */
export const caveats = {
  organization: (id: number, mask: number): Caveat => [0, [id, mask]],
  apps: (masks: Readonly<Record<number, number>>): Caveat => [
    3,
    [new Map(Object.entries(masks).map(([id, mask]) => [Number(id), mask]))],
  ],
  validity: (from: number, until: number): Caveat => [4, [from, until]],
  ifPresent: (ifs: Value, mask: number): Caveat => [13, [ifs, mask]],
};

/** A token in the form of Fly.io's with these limits. Its signature is none: only Fly.io could tell. */
export function flyToken(said: readonly Caveat[], location = 'https://api.fly.io/v1'): string {
  const nonce = [new Uint8Array([1, 2, 3]), new Uint8Array(16), false];
  const bytes = pack([nonce, location, said.flat(), new Uint8Array(32)]);
  return `FlyV1 fm2_${Buffer.from(bytes).toString('base64')}`;
}

function pack(value: Value): readonly number[] {
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2];
  if (typeof value === 'number') return packNumber(value);
  if (typeof value === 'string') return [0xd9, Buffer.byteLength(value), ...Buffer.from(value)];
  if (value instanceof Uint8Array) return [0xc4, value.length, ...value];
  if (value instanceof Map) return [0x80 | value.size, ...[...value].flatMap((pair) => pair.flatMap(pack))];
  if (Array.isArray(value)) return [0x90 | value.length, ...value.flatMap(pack)];
  throw new Error('not packed here');
}

function packNumber(value: number): readonly number[] {
  if (value < 0x80) return [value];
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xcf;
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return [...bytes];
}
