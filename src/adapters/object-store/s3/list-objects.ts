import { TurboError } from '../../../domain/errors.ts';
import type { StoredObject } from '../../../ports/object-store.ts';
import type { S3Connection } from './connection.ts';
import { childrenOf, textOf, type XmlElement } from './read-xml.ts';

/** All objects below a prefix, page after page, by key. Throws `remote.*`. */
export async function listObjects(connection: S3Connection, prefix: string): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    // Encoded, since XML cannot say every key.
    const query = { 'list-type': 2, prefix, 'encoding-type': 'url', 'continuation-token': token };
    const page = await connection.ask({ method: 'GET', query }, 'ListBucketResult');
    const isEncoded = textOf(page, 'EncodingType') === 'url';
    found.push(...childrenOf(page, 'Contents').map((entry) => objectOf(entry, isEncoded)));
    if (textOf(page, 'IsTruncated') !== 'true') return found.sort(byKey);
    token = textOf(page, 'NextContinuationToken') ?? '';
    if (token === '' || seen.has(token)) {
      throw new TurboError('remote.unusable', 'S3 says that its list goes on, and not where.', {
        details: { remote: 's3' },
      });
    }
    seen.add(token);
  }
}

const byKey = (one: StoredObject, other: StoredObject) => (one.key < other.key ? -1 : Number(one.key > other.key));

function objectOf(entry: XmlElement, isEncoded: boolean): StoredObject {
  const key = textOf(entry, 'Key') ?? '';
  const modified = Date.parse(textOf(entry, 'LastModified') ?? '');
  return {
    key: isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key,
    size: Number(textOf(entry, 'Size') ?? 0),
    sha256: null,
    modifiedAt: Number.isNaN(modified) ? null : Math.floor(modified / 1000),
  };
}
