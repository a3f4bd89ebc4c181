import { createHash } from 'node:crypto';
import type { RemoteClientOptions } from '../../shared/remote/contract.ts';
import type { S3Options } from './options.ts';

/**
 * Signs requests with AWS's fourth scheme. The hash of what is sent is part of the signature, so the store refuses what
 * was damaged on the way.
 */
export function signer({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  region,
  time,
}: S3Options): NonNullable<RemoteClientOptions['authorize']> {
  return async ({ method, url, headers, body }) => {
    const { AwsV4Signer } = await import('aws4fetch');
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': hash },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
      datetime: compactTime(time?.now() ?? Date.now()),
      ...(sessionToken === null ? {} : { sessionToken }),
    }).sign();
    return Object.fromEntries(signed.headers);
  };
}

/** `20260102T030405Z` */
function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '');
}
