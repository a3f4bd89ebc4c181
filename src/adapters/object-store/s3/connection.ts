import { TurboError } from '../../../domain/errors.ts';
import type { RemoteAnswer, RemoteOrder } from '../../shared/remote/contract.ts';
import { remoteClient } from '../../shared/remote/remote-client.ts';
import { explainFailure } from './explain-failure.ts';
import type { S3Options } from './options.ts';
import { readXml, type XmlElement } from './read-xml.ts';
import { signer } from './sign.ts';

/** A request to the bucket, or to an object of it. */
export interface S3Order extends Omit<RemoteOrder, 'path' | 'expect' | 'idempotent' | 'json'> {
  /** Without one the request is about the bucket. */
  readonly key?: string;
}

export interface S3Connection {
  readonly bucket: string;
  /** Everything asked for here may be asked for twice. Throws `remote.*`. */
  request(order: S3Order): Promise<RemoteAnswer>;
  /** The root element of the answer, which must have this name. Throws `remote.unusable` for any other. */
  ask(order: S3Order, root: string): Promise<XmlElement>;
}

/** The largest object that is read into memory, in bytes. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Speaks to one bucket; nothing is sent before something is asked for. */
export function openConnection(options: S3Options): S3Connection {
  const { accessKeyId, secretAccessKey, sessionToken, bucket, time, network = null } = options;
  const { origin, root } = placeOf(options);
  const client = remoteClient({
    remote: 's3',
    service: 'S3',
    baseUrl: origin,
    headers: {},
    secrets: [secretAccessKey, accessKeyId, ...(sessionToken === null ? [] : [sessionToken])],
    authorize: signer(options),
    explain: (answer, order) => explainFailure(answer, order, options),
    maxBytes: MAX_BYTES,
    network,
    ...(time === undefined ? {} : { time }),
  });
  const request: S3Connection['request'] = ({ key, ...order }) => {
    const path = key === undefined ? root || '/' : `${root}/${encodeKey(key)}`;
    return client.request({ ...order, path, idempotent: true, expect: 'bytes' });
  };
  return {
    bucket,
    request,
    async ask(order, name) {
      const answer = await request(order);
      const element = readXml(answer.bytes);
      if (element?.name === name) return element;
      // Some answers begin before it is known how they end: 200, and an error inside.
      const failure =
        element?.name === 'Error' ? explainFailure({ ...answer, status: 500 }, { ...order, path: '' }, options) : null;
      const said = failure ?? {
        code: 'remote.unusable' as const,
        message: `What answered is not S3: it gave no ${name}.`,
      };
      throw new TurboError(said.code, said.message, {
        hint: 'The same command again; else correct the configured endpoint.',
        details: { remote: 's3', status: answer.status },
      });
    },
  };
}

/** By path where an endpoint is given, or where a dot in the name would not fit Amazon's certificates. */
function placeOf({ endpoint, region, bucket }: S3Options): { readonly origin: string; readonly root: string } {
  if (endpoint !== null) return { origin: endpoint.replace(/\/+$/, ''), root: `/${bucket}` };
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return bucket.includes('.')
    ? { origin: `https://${host}`, root: `/${bucket}` }
    : { origin: `https://${bucket}.${host}`, root: '' };
}

/** Each part as S3 signs it: everything but letters, digits and `-._~` is escaped. */
function encodeKey(key: string): string {
  const parts = key.split('/');
  // A URL would take these for a way up, and ask for another object.
  if (key === '' || parts.some((part) => part === '.' || part === '..')) {
    throw new RangeError(`${JSON.stringify(key)} is no key of an object`);
  }
  return parts
    .map((part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/');
}
