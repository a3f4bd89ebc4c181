import { createHash } from 'node:crypto';
import type { Reply } from '../faults.ts';
import type { Operation } from './operation.ts';
import { refusal } from './refusal.ts';
import { type Bucket, type StoredObject, stored } from './state.ts';
import { childrenOf, escapeXml, readXml, textOf } from './xml.ts';

const XML = { 'content-type': 'application/xml' };
const KEPT = /^(?:x-amz-meta-.*|x-amz-checksum-.*|content-type|content-encoding|cache-control)$/;

const noSuchKey = (key: string) => refusal(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key }).reply;

export const putObject: Operation = ({ bucket, key, body, headers }) => {
  const there = bucket.objects.get(key);
  if (headers['if-none-match'] === '*' && there) {
    return refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold').reply;
  }
  const object = stored(body, keptHeaders(headers));
  bucket.objects.set(key, object);
  return { status: 200, headers: { etag: object.etag, ...checksumOf(object) } };
};

export const getObject: Operation = (request) => readObject(request.bucket, request.key, true);

/** A refusal of a HEAD has no body either. */
export const headObject: Operation = ({ bucket, key }) => {
  const reply = readObject(bucket, key, false);
  return reply.status === 200 ? reply : { status: reply.status };
};

function readObject(bucket: Bucket, key: string, isWhole: boolean): Reply {
  const object = bucket.objects.get(key);
  if (!object) return noSuchKey(key);
  const headers = {
    ...object.headers,
    etag: object.etag,
    'last-modified': object.modifiedAt.toUTCString(),
    'content-length': String(object.bytes.length),
    'content-type': object.headers['content-type'] ?? 'binary/octet-stream',
  };
  return { status: 200, headers, ...(isWhole ? { body: object.bytes } : {}) };
}

/** What is not there is deleted as well. */
export const deleteObject: Operation = ({ bucket, key }) => {
  bucket.objects.delete(key);
  return { status: 204 };
};

export const deleteObjects: Operation = ({ bucket, body, protectedKeys }) => {
  const order = readXml(body.toString());
  const keys = childrenOf(order, 'Object').map((object) => textOf(object, 'Key') ?? '');
  if (order.name !== 'Delete' || keys.length === 0 || keys.length > 1000) {
    return refusal(400, 'MalformedXML', 'The XML you provided was not well-formed or did not validate').reply;
  }
  const isQuiet = textOf(order, 'Quiet') === 'true';
  const told = keys.map((key) => {
    if (protectedKeys.has(key)) {
      return `<Error><Key>${escapeXml(key)}</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`;
    }
    bucket.objects.delete(key);
    return isQuiet ? '' : `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`;
  });
  return xml('DeleteResult', told.join(''));
};

export const listObjects: Operation = ({ bucket, query, pageSize }) => {
  const { objects, name } = bucket;
  const prefix = query.get('prefix') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? 1000), pageSize);
  const isEncoded = query.get('encoding-type') === 'url';
  const write = (key: string) => escapeXml(isEncoded ? encodeURIComponent(key).replaceAll('%20', '+') : key);
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString();
  // S3 orders keys by their bytes, not as a language would.
  const keys = [...objects.keys()].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  const rest = keys.filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
  const page = rest.slice(0, limit);
  const isTruncated = limit > 0 && rest.length > page.length;
  const parts = [
    `<Name>${name}</Name><Prefix>${write(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys>`,
    `<IsTruncated>${isTruncated}</IsTruncated>`,
    isEncoded ? '<EncodingType>url</EncodingType>' : '',
    isTruncated
      ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64')}</NextContinuationToken>`
      : '',
    ...page.map((key) => contents(write(key), objects.get(key))),
  ];
  return xml('ListBucketResult', parts.join(''));
};

function contents(key: string, object: StoredObject | undefined): string {
  if (!object) return '';
  const { etag, bytes, modifiedAt } = object;
  return `<Contents><Key>${key}</Key><LastModified>${modifiedAt.toISOString()}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
}

export const createUpload: Operation = ({ bucket, key, headers, newId }) => {
  const id = newId();
  bucket.uploads.set(id, { key, headers: keptHeaders(headers), parts: new Map() });
  return xml(
    'InitiateMultipartUploadResult',
    `<Bucket>${bucket.name}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId>`,
  );
};

const noSuchUpload = () => refusal(404, 'NoSuchUpload', 'The specified multipart upload does not exist.').reply;

export const uploadPart: Operation = ({ bucket, key, query, headers, body }) => {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  const number = Number(query.get('partNumber'));
  if (upload?.key !== key) return noSuchUpload();
  if (!(number >= 1 && number <= 10_000)) {
    return refusal(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive').reply;
  }
  const part = stored(body, keptHeaders(headers));
  upload.parts.set(number, part);
  return { status: 200, headers: { etag: part.etag, ...checksumOf(part) } };
};

export const completeUpload: Operation = ({ bucket, key, query, body, smallestPart }) => {
  const id = query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(id);
  if (upload?.key !== key) return noSuchUpload();
  const order = readXml(body.toString());
  const wanted = childrenOf(order, 'Part').map((part) => ({
    number: Number(textOf(part, 'PartNumber')),
    etag: textOf(part, 'ETag') ?? '',
    sum: textOf(part, 'ChecksumSHA256'),
  }));
  if (order.name !== 'CompleteMultipartUpload' || wanted.length === 0) {
    return refusal(400, 'MalformedXML', 'The XML you provided was not well-formed or did not validate').reply;
  }
  if (wanted.some(({ number }, index) => index > 0 && number <= (wanted[index - 1]?.number ?? 0))) {
    return refusal(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.').reply;
  }
  const parts: StoredObject[] = [];
  for (const { number, etag, sum } of wanted) {
    const part = upload.parts.get(number);
    const hasSum = part?.headers['x-amz-checksum-sha256'];
    if (!part || part.etag.replaceAll('"', '') !== etag.replaceAll('"', '') || (sum ?? hasSum) !== hasSum) {
      return refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found.').reply;
    }
    parts.push(part);
  }
  if (parts.slice(0, -1).some(({ bytes }) => bytes.length < smallestPart)) {
    return refusal(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.')
      .reply;
  }
  const whole = stored(Buffer.concat(parts.map(({ bytes }) => bytes)), upload.headers);
  const sums = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex')));
  const etag = `"${createHash('md5').update(sums).digest('hex')}-${parts.length}"`;
  bucket.objects.set(key, { ...whole, etag });
  bucket.uploads.delete(id);
  return xml(
    'CompleteMultipartUploadResult',
    `<Location>http://fake/${escapeXml(key)}</Location><Bucket>${bucket.name}</Bucket><Key>${escapeXml(key)}</Key><ETag>${escapeXml(etag)}</ETag>`,
  );
};

export const abortUpload: Operation = ({ bucket, query }) =>
  bucket.uploads.delete(query.get('uploadId') ?? '') ? { status: 204 } : noSuchUpload();

export const listUploads: Operation = ({ bucket, query }) => {
  const prefix = query.get('prefix') ?? '';
  const found = [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix));
  const told = found.map(([id, { key }]) => `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></Upload>`);
  return xml(
    'ListMultipartUploadsResult',
    `<Bucket>${bucket.name}</Bucket>${told.join('')}<IsTruncated>false</IsTruncated>`,
  );
};

function keptHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (KEPT.test(name) ? [[name, String(value)]] : [])),
  );
}

function checksumOf({ headers }: StoredObject): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-checksum-')));
}

function xml(name: string, inside: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</${name}>`;
  return { status: 200, headers: XML, body };
}
