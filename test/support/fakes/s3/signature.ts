import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Refusal, refusal } from './refusal.ts';

/** A key as IAM knows it. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  readonly sessionToken?: string;
  readonly isExpired?: boolean;
  /** Operations it may do; without it, all. */
  readonly allows?: readonly string[];
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const MAX_SKEW_MS = 15 * 60_000;

/** Who signed a request, or why it is refused. The signature is made again by AWS's own signer and compared. */
export async function whoSigned(
  request: SignedRequest,
  keys: readonly AccessKey[],
  { region, nowMs }: { readonly region: string; readonly nowMs: number },
): Promise<AccessKey | Refusal> {
  const said =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!said) return refusal(403, 'AccessDenied', 'Access Denied');
  const [, id = '', day = '', saidRegion = '', signedNames = '', signature = ''] = said;
  const key = keys.find((candidate) => candidate.id === id);
  if (!key)
    return refusal(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  if (saidRegion !== region) {
    return refusal(400, 'AuthorizationHeaderMalformed', `the region '${saidRegion}' is wrong; expecting '${region}'`, {
      Region: region,
    });
  }
  const date = readDate(String(request.headers['x-amz-date'] ?? ''));
  if (date === null || !String(request.headers['x-amz-date']).startsWith(day)) {
    return refusal(403, 'AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  if (Math.abs(date.getTime() - nowMs) > MAX_SKEW_MS) {
    return refusal(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        ServerTime: new Date(nowMs).toISOString(),
      },
    );
  }
  const names = signedNames.split(';');
  const forgotten = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && !names.includes(name));
  if (forgotten.length > 0 || !names.includes('host')) {
    return refusal(403, 'AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: forgotten.join(', '),
    });
  }
  if (key.sessionToken !== undefined && request.headers['x-amz-security-token'] !== key.sessionToken) {
    return refusal(403, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  if ((await signatureOf(request, key, { region, date, names })) !== signature) {
    return refusal(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  if (key.isExpired) return refusal(400, 'ExpiredToken', 'The provided token has expired.');
  return key;
}

async function signatureOf(
  { method, path, query, headers, body }: SignedRequest,
  key: AccessKey,
  { region, date, names }: { readonly region: string; readonly date: Date; readonly names: readonly string[] },
): Promise<string> {
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: {
      accessKeyId: key.id,
      secretAccessKey: key.secret,
      ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
    },
    sha256: NodeSha256,
    uriEscapePath: false,
  });
  const again = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: '',
      path: canonicalPath(path),
      query: Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)])),
      headers: Object.fromEntries(names.map((name) => [name, String(headers[name] ?? '')])),
      body,
    },
    { signingDate: date, signableHeaders: new Set(names) },
  );
  return /Signature=([0-9a-f]{64})/.exec(again.headers.authorization ?? '')?.[1] ?? '';
}

/** However the client wrote it, S3 signs the one way of writing a path. */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((part) =>
      encodeURIComponent(decodeURIComponent(part)).replace(
        /[!'()*]/g,
        (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');
}

function readDate(text: string): Date | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** SHA-256 in the shape that AWS's signer asks for. */
class NodeSha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.#hash = this.#open();
  }

  #open(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#open();
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
