import type { Failure, RemoteAnswer, RemoteOrder } from '../../shared/remote/contract.ts';
import type { S3Options } from './options.ts';
import { readXml, textOf } from './read-xml.ts';

/** S3's own word for what is wrong; null when the answer has none. */
export function codeOf({ bytes }: Pick<RemoteAnswer, 'bytes'>): string | null {
  const error = readXml(bytes);
  return error?.name === 'Error' ? textOf(error, 'Code') : null;
}

/** What an answer means, where its status alone does not say. */
export function explainFailure(
  answer: RemoteAnswer,
  { method }: Pick<RemoteOrder, 'method' | 'path'>,
  { bucket, region, endpoint }: S3Options,
): Failure | null {
  const store = endpoint === null ? 'S3' : new URL(endpoint).host;
  const code = codeOf(answer);
  switch (code) {
    case 'InvalidAccessKeyId':
      return denied(`${store} does not know the key in AWS_ACCESS_KEY_ID.`, 'Give AWS_ACCESS_KEY_ID of this store.');
    case 'SignatureDoesNotMatch':
      return denied(
        `AWS_SECRET_ACCESS_KEY is not the secret of the key in AWS_ACCESS_KEY_ID.`,
        'Give both of one key.',
      );
    case 'InvalidToken':
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return denied('AWS_SESSION_TOKEN has expired, or belongs to another key.', 'Get new keys with their token.');
    case 'RequestTimeTooSkewed':
      return {
        code: 'remote.denied',
        message: `${store} refuses the signature: ${skewOf(answer)}`,
        hint: 'Set the clock of this machine, then the same command again.',
      };
    case 'AccessDenied':
    case 'AllAccessDisabled':
      return denied(
        `The key may not ${DEEDS[method] ?? 'do that'} in bucket ${bucket}.`,
        'Allow it s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject on its objects.',
      );
    case 'NoSuchBucket':
      return {
        code: 'remote.failed',
        message: `There is no bucket ${bucket} at ${store}.`,
        hint: 'Make it, or name another.',
      };
    case 'BucketAlreadyExists':
      return {
        code: 'remote.conflict',
        message: `Bucket ${bucket} belongs to somebody else.`,
        hint: 'Names of buckets are shared by everybody: choose another one.',
      };
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'IllegalLocationConstraintException':
      return otherRegion(answer, { bucket, region });
    case 'BadDigest':
    case 'XAmzContentSHA256Mismatch':
      return {
        code: 'remote.unusable',
        message: `What arrived at ${store} is not what was sent.`,
        hint: 'The same command again.',
      };
    default:
      // A HEAD is refused without a word.
      return answer.status === 301 ? otherRegion(answer, { bucket, region }) : worded(answer, code, store);
  }
}

const DEEDS: Readonly<Record<string, string>> = {
  GET: 'read',
  HEAD: 'read',
  PUT: 'write',
  POST: 'write',
  DELETE: 'delete',
};

const denied = (message: string, hint: string): Failure => ({ code: 'remote.denied', message, hint });

function otherRegion(answer: RemoteAnswer, { bucket, region }: Pick<S3Options, 'bucket' | 'region'>): Failure {
  const error = readXml(answer.bytes);
  const said = answer.headers['x-amz-bucket-region'] ?? textOf(error, 'Region');
  const other = said !== null && /^[a-z0-9-]{1,40}$/.test(said) ? said : null;
  return {
    code: 'remote.failed',
    message: `Bucket ${bucket} does not lie in region ${region}${other === null ? '' : `, but in ${other}`}.`,
    hint: `AWS_REGION=${other ?? '<its region>'}, then the same command again.`,
  };
}

function skewOf({ headers }: RemoteAnswer): string {
  const theirs = Date.parse(headers.date ?? '');
  const minutes = Math.round(Math.abs(Date.now() - theirs) / 60_000);
  return Number.isNaN(theirs) || minutes === 0
    ? 'its clock and the one of this machine differ.'
    : `its clock and the one of this machine differ by ${minutes} minutes.`;
}

/** Messages in XML are read as what they say. */
function worded(answer: RemoteAnswer, code: string | null, store: string): Failure | null {
  if (code === null || answer.status === 429 || answer.status >= 500) return null;
  const message = textOf(readXml(answer.bytes), 'Message') ?? '';
  const isConflict = answer.status === 409 || answer.status === 412;
  return {
    code: isConflict ? 'remote.conflict' : answer.status === 403 ? 'remote.denied' : 'remote.failed',
    message: `${store} answered ${code}: ${message.slice(0, 200)}`,
  };
}
