import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Certificates for tests, written as DER by hand: what a test needs wrong with one, no tool is asked to make. */

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM (PKCS #8). */
  readonly key: string;
}

interface Wish {
  /** DNS names and IPv4 addresses it is for. */
  readonly names: readonly string[];
  /** Signs it; it signs itself when there is none. */
  readonly authority?: Certificate & { readonly name: string; readonly privateKey: KeyObject };
  /** Days from now. */
  readonly validFrom?: number;
  readonly validTo?: number;
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Uint8Array) => der(0x03, Buffer.from([0]), content);
const TRUE = Buffer.from([0x01, 0x01, 0xff]);
/** ecdsa-with-SHA256 */
const ALGORITHM = sequence(oid('2a8648ce3d040302'));

const nameOf = (common: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(common)))));

function day(fromNow: number): Buffer {
  const text = new Date(Date.now() + fromNow * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    /^[\d.]+$/.test(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  return sequence(oid('551d11'), der(0x04, sequence(...entries)));
}

const pem = (content: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${(content.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;

let serial = 1;

function issue(subject: string, extension: Buffer, keys: ReturnType<typeof newKeys>, wish: Omit<Wish, 'names'>) {
  serial += 1;
  const tbs = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x01, serial])),
    ALGORITHM,
    nameOf(wish.authority?.name ?? subject),
    sequence(day(wish.validFrom ?? -2), day(wish.validTo ?? 30)),
    nameOf(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', tbs, wish.authority?.privateKey ?? keys.privateKey);
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate: pem(sequence(tbs, ALGORITHM, bits(signature))), key };
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** An authority that signs others. */
export function newAuthority(name: string): NonNullable<Wish['authority']> {
  const keys = newKeys();
  const isAuthority = sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE)));
  return { ...issue(name, isAuthority, keys, {}), name, privateKey: keys.privateKey };
}

/** A server's certificate. */
export function newCertificate({ names, ...wish }: Wish): Certificate {
  return issue(names[0] ?? 'nobody', alternativeNames(names), newKeys(), wish);
}
