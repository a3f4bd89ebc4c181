import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { type Refusal, refusal } from './refusal.ts';

const base64 = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('base64');

function crc32Of(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

const SUMS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  'content-md5': (bytes) => base64('md5', bytes),
  'x-amz-checksum-sha256': (bytes) => base64('sha256', bytes),
  'x-amz-checksum-sha1': (bytes) => base64('sha1', bytes),
  'x-amz-checksum-crc32': crc32Of,
};

/** Refuses what is not what its headers say; null when it is. `isSumNeeded`: operations that S3 wants a sum with. */
export function damageOf(headers: IncomingHttpHeaders, body: Buffer, isSumNeeded: boolean): Refusal | null {
  const said = headers['x-amz-content-sha256'];
  if (said === undefined)
    return refusal(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  if (String(said).startsWith('STREAMING-')) {
    return refusal(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented');
  }
  const hash = createHash('sha256').update(body).digest('hex');
  if (said !== 'UNSIGNED-PAYLOAD' && said !== hash) {
    return refusal(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      {
        ClientComputedContentSHA256: String(said),
        S3ComputedContentSHA256: hash,
      },
    );
  }
  for (const [name, sumOf] of Object.entries(SUMS)) {
    const sum = headers[name];
    if (sum !== undefined && sum !== sumOf(body)) {
      return refusal(400, 'BadDigest', `The ${name} you specified did not match what we received.`);
    }
  }
  const hasSum = Object.keys(SUMS).some((name) => headers[name] !== undefined);
  if (isSumNeeded && !hasSum)
    return refusal(400, 'InvalidRequest', 'Missing required header for this request: Content-MD5');
  return null;
}
