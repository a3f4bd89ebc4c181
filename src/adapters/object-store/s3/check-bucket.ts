import { createHash } from 'node:crypto';
import { isTurboError, TurboError } from '../../../domain/errors.ts';
import { OBJECTS_PLACE, type RemoteCheck } from '../../../domain/remote.ts';
import type { S3Connection } from './connection.ts';
import { codeOf } from './explain-failure.ts';

const WRONG_SUM = createHash('md5').update('something else').digest('base64');

/** Whether the key works, the bucket is there and may be read and written. Leaves nothing behind. */
export async function checkBucket(connection: S3Connection): Promise<readonly RemoteCheck[]> {
  const { bucket } = connection;
  try {
    const answer = await connection.request({
      method: 'GET',
      query: { 'list-type': 2, 'max-keys': 1, prefix: OBJECTS_PLACE },
      accept: [404],
    });
    if (answer.status === 404) {
      const detail = `The keys are accepted; there is no bucket ${bucket} yet, and it will be made.`;
      return [{ remote: 's3', name: 'bucket', passed: true, detail }];
    }
    const read = { remote: 's3', name: 'bucket', passed: true, detail: `Bucket ${bucket} can be read.` } as const;
    return [read, await checkWriting(connection)];
  } catch (error) {
    return [failed('bucket', error)];
  }
}

/** An object that is announced with a wrong sum is refused: for its sum by who would have let it in, and stored by nobody. */
async function checkWriting(connection: S3Connection): Promise<RemoteCheck> {
  const key = `${OBJECTS_PLACE}.check`;
  try {
    const answer = await connection.request({
      method: 'PUT',
      key,
      body: 'x',
      headers: { 'content-md5': WRONG_SUM },
      accept: [400],
    });
    const isRefused = answer.status === 400 && ['BadDigest', 'InvalidDigest'].includes(codeOf(answer) ?? '');
    if (isRefused) {
      return { remote: 's3', name: 'write', passed: true, detail: `Bucket ${connection.bucket} can be written.` };
    }
    if (answer.status < 300) await connection.request({ method: 'DELETE', key, accept: [404] });
    const detail = 'The store takes objects without checking that they arrived whole.';
    return { remote: 's3', name: 'write', passed: answer.status < 300, detail };
  } catch (error) {
    return failed('write', error);
  }
}

function failed(name: string, error: unknown): RemoteCheck {
  if (!isTurboError(error)) throw error;
  const { message: detail, hint } = error;
  return { remote: 's3', name, passed: false, detail, ...(hint === undefined ? {} : { hint }) };
}

/** Makes the bucket when there is none; true when it did. Throws `remote.conflict` for a stranger's. */
export async function ensureBucket(connection: S3Connection, region: string): Promise<boolean> {
  const found = await connection.request({ method: 'HEAD', accept: [403, 404] });
  if (found.status === 200) return false;
  if (found.status === 403) {
    throw new TurboError('remote.conflict', `Bucket ${connection.bucket} is somebody else's, or closed to this key.`, {
      hint: 'Choose another name, or allow the key s3:ListBucket on it.',
      details: { remote: 's3', status: 403 },
    });
  }
  // The oldest region has no name here.
  const place = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  const made = await connection.request({
    method: 'PUT',
    ...(region === 'us-east-1' ? {} : { body: place, headers: { 'content-type': 'application/xml' } }),
    accept: [409],
  });
  if (made.status < 300) return true;
  // An answer that was lost, or somebody who was quicker: ours all the same.
  if (codeOf(made) === 'BucketAlreadyOwnedByYou') return true;
  throw new TurboError('remote.conflict', `Bucket ${connection.bucket} belongs to somebody else.`, {
    hint: 'Names of buckets are shared by everybody: choose another one.',
    details: { remote: 's3', status: 409 },
  });
}
