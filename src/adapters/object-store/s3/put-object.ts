import { createHash } from 'node:crypto';
import { TurboError } from '../../../domain/errors.ts';
import type { S3Connection } from './connection.ts';
import { codeOf } from './explain-failure.ts';
import { childrenOf, escapeXml, textOf } from './read-xml.ts';

/** Name of the metadata in which the hash of an object is kept. */
export const HASH_HEADER = 'x-amz-meta-sha256';

interface Order {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Hex. */
  readonly sha256: string;
  readonly contentType: string;
}

/** How S3 writes a hash. */
export const sumOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/** Writes an object in one request: all of it is there, or nothing. */
export async function putWhole(connection: S3Connection, { key, bytes, sha256, contentType }: Order): Promise<void> {
  const headers = { 'content-type': contentType, [HASH_HEADER]: sha256, 'x-amz-checksum-sha256': sumOf(bytes) };
  await connection.request({ method: 'PUT', key, body: bytes, headers, timeout: 'transfer' });
}

/**
 * Writes an object in parts, each tried again by itself. It is there when all parts are; an upload that a killed process
 * left behind is ended first, since it costs as much as an object. Somebody else who does so in the meantime is writing
 * the same: then it is begun once more.
 */
export async function putInParts(connection: S3Connection, order: Order, partBytes: number): Promise<void> {
  for (let round = 1; ; round += 1) {
    await endUploads(connection, order.key);
    if (await uploadOnce(connection, order, partBytes)) {
      // A beginning whose answer was lost was begun twice.
      return endUploads(connection, order.key);
    }
    if (round === 3) {
      throw new TurboError('remote.conflict', `Somebody else ends every upload of ${order.key}.`, {
        hint: 'Wait until the other command has ended, then the same command again.',
        details: { remote: 's3' },
      });
    }
  }
}

async function endUploads(connection: S3Connection, key: string): Promise<void> {
  const query = { uploads: '', prefix: key };
  const uploads = await connection.ask({ method: 'GET', query }, 'ListMultipartUploadsResult');
  for (const upload of childrenOf(uploads, 'Upload')) {
    const uploadId = textOf(upload, 'UploadId');
    if (textOf(upload, 'Key') === key && uploadId !== null) await abort(connection, key, uploadId);
  }
}

async function abort(connection: S3Connection, key: string, uploadId: string): Promise<void> {
  await connection.request({ method: 'DELETE', key, query: { uploadId }, accept: [404] });
}

/** False when the upload was ended by somebody else. */
async function uploadOnce(connection: S3Connection, order: Order, partBytes: number): Promise<boolean> {
  const { key, sha256, contentType } = order;
  const headers = { 'content-type': contentType, [HASH_HEADER]: sha256, 'x-amz-checksum-algorithm': 'SHA256' };
  const begun = await connection.ask(
    { method: 'POST', key, query: { uploads: '' }, headers },
    'InitiateMultipartUploadResult',
  );
  const uploadId = textOf(begun, 'UploadId') ?? '';
  try {
    return await sendParts(connection, order, partBytes, uploadId);
  } catch (error) {
    // What made it fail is what has to be told; the next upload of this key ends this one as well.
    await abort(connection, key, uploadId).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  connection: S3Connection,
  { key, bytes, sha256 }: Order,
  partBytes: number,
  uploadId: string,
): Promise<boolean> {
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += partBytes) {
    const part = bytes.subarray(from, from + partBytes);
    const partNumber = parts.length + 1;
    const sum = sumOf(part);
    const answer = await connection.request({
      method: 'PUT',
      key,
      query: { partNumber, uploadId },
      body: part,
      headers: { 'x-amz-checksum-sha256': sum },
      timeout: 'transfer',
      accept: [404],
    });
    if (answer.status === 404) return isThere(connection, key, sha256);
    // A store that does not know these sums does not say them, and does not want to be told of them again.
    const isKnown = answer.headers['x-amz-checksum-sha256'] !== undefined;
    const etag = escapeXml(answer.headers.etag ?? '');
    const summed = isKnown ? `<ChecksumSHA256>${sum}</ChecksumSHA256>` : '';
    parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag>${summed}</Part>`);
  }
  return complete(connection, { key, sha256, uploadId, parts });
}

async function complete(
  connection: S3Connection,
  { key, sha256, uploadId, parts }: { key: string; sha256: string; uploadId: string; parts: readonly string[] },
): Promise<boolean> {
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
  const answer = await connection.request({
    method: 'POST',
    key,
    query: { uploadId },
    body,
    headers: { 'content-type': 'application/xml' },
    timeout: 'long',
    accept: [404],
  });
  // Also after an answer that was lost: the upload is over then, and the object there.
  const isOver = answer.status === 404 || codeOf(answer) !== null;
  return isOver ? isThere(connection, key, sha256) : true;
}

async function isThere(connection: S3Connection, key: string, sha256: string): Promise<boolean> {
  const { status, headers } = await connection.request({ method: 'HEAD', key, accept: [404] });
  return status === 200 && headers[HASH_HEADER] === sha256;
}
