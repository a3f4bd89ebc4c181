import { createHash } from 'node:crypto';
import { TurboError } from '../../../domain/errors.ts';
import type { ObjectStore, StoredObject } from '../../../ports/object-store.ts';
import type { RemoteAnswer } from '../../shared/remote/contract.ts';
import { checkBucket, ensureBucket } from './check-bucket.ts';
import { openConnection, type S3Connection } from './connection.ts';
import { codeOf } from './explain-failure.ts';
import { listObjects } from './list-objects.ts';
import type { S3Options } from './options.ts';
import { HASH_HEADER, putInParts, putWhole } from './put-object.ts';
import { childrenOf, escapeXml, textOf } from './read-xml.ts';
import { setLifecycle, sumHeaders } from './set-lifecycle.ts';

const PART_BYTES = 16 * 1024 * 1024;
/** More keys S3 does not take at once. */
const DELETED_AT_ONCE = 1000;
const READS = 3;

/** One bucket of Amazon S3, or of a store that speaks like it. */
export function s3Store(options: S3Options): ObjectStore {
  const connection = openConnection(options);
  const { bucket, region, partBytes = PART_BYTES } = options;
  return {
    name: 's3',
    bucket,
    check: () => checkBucket(connection),
    ensureBucket: () => ensureBucket(connection, region),
    async put(key, bytes, { sha256, contentType = 'application/octet-stream' }) {
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw damaged(key, bucket);
      const order = { key, bytes, sha256, contentType };
      await (bytes.length > partBytes ? putInParts(connection, order, partBytes) : putWhole(connection, order));
    },
    get: (key) => getObject(connection, key),
    head: (key) => headObject(connection, key),
    list: (prefix) => listObjects(connection, prefix),
    async delete(keys) {
      for (let from = 0; from < keys.length; from += DELETED_AT_ONCE) {
        await deleteObjects(connection, keys.slice(from, from + DELETED_AT_ONCE));
      }
    },
    setLifecycle: (prefix, days) => setLifecycle(connection, prefix, days),
  };
}

/** Held against the hash it was written with, and read again when it is another: the fault may be the way. */
async function getObject(connection: S3Connection, key: string): Promise<Uint8Array | null> {
  for (let read = 1; read <= READS; read += 1) {
    const answer = await connection.request({ method: 'GET', key, timeout: 'transfer', accept: [404] });
    if (answer.status === 404) return nothing(answer, connection.bucket);
    const written = answer.headers[HASH_HEADER];
    const hash = createHash('sha256').update(answer.bytes).digest('hex');
    if (written === undefined || written === hash) return answer.bytes;
  }
  throw damaged(key, connection.bucket);
}

/** There is no such object; without the bucket there is not even a place for it. */
function nothing(answer: RemoteAnswer, bucket: string): null {
  if (codeOf(answer) !== 'NoSuchBucket') return null;
  throw new TurboError('remote.failed', `There is no bucket ${bucket}.`, {
    hint: 'Make it, or name another.',
    details: { remote: 's3', status: 404 },
  });
}

function damaged(key: string, bucket: string): TurboError {
  return new TurboError('remote.unusable', `Object ${key} of bucket ${bucket} is not what was written.`, {
    hint: 'Somebody has changed it, or the store has damaged it: push it again.',
    details: { remote: 's3', key },
  });
}

async function headObject(connection: S3Connection, key: string): Promise<StoredObject | null> {
  const { status, headers } = await connection.request({ method: 'HEAD', key, accept: [404] });
  if (status === 404) return null;
  const modified = Date.parse(headers['last-modified'] ?? '');
  return {
    key,
    size: Number(headers['content-length'] ?? 0),
    sha256: headers[HASH_HEADER] ?? null,
    modifiedAt: Number.isNaN(modified) ? null : Math.floor(modified / 1000),
  };
}

async function deleteObjects(connection: S3Connection, keys: readonly string[]): Promise<void> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
  const body = Buffer.from(`<Delete>${objects.join('')}<Quiet>true</Quiet></Delete>`);
  const order = { method: 'POST', query: { delete: '' }, body, headers: sumHeaders(body) };
  const kept = childrenOf(await connection.ask(order, 'DeleteResult'), 'Error');
  if (kept.length === 0) return;
  const [first] = kept;
  const message = `${kept.length} of ${keys.length} objects could not be deleted; ${textOf(first, 'Key')}: ${textOf(first, 'Code')}.`;
  throw new TurboError('remote.denied', message, {
    hint: 'Allow the key s3:DeleteObject on the objects of the bucket.',
    details: { remote: 's3', keys: kept.flatMap((entry) => textOf(entry, 'Key') ?? []) },
  });
}
