import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dawdle, FaultQueue, type Reply, receive, send } from './faults.ts';
import { damageOf } from './s3/integrity.ts';
import { deleteLifecycle, getLifecycle, putLifecycle } from './s3/lifecycle.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  deleteObject,
  deleteObjects,
  getObject,
  headObject,
  listObjects,
  listUploads,
  putObject,
  uploadPart,
} from './s3/objects.ts';
import type { Operation } from './s3/operation.ts';
import { isRefusal, refusal } from './s3/refusal.ts';
import { type AccessKey, whoSigned } from './s3/signature.ts';
import { type Bucket, newBucket } from './s3/state.ts';

export interface FakeS3Options {
  readonly keys: readonly AccessKey[];
  readonly region?: string;
  readonly buckets?: readonly string[];
  /** Buckets of somebody else: they exist, and nothing is let in. */
  readonly foreignBuckets?: readonly string[];
  readonly pageSize?: number;
  /** Bytes; S3's own is 5 MiB. */
  readonly smallestPart?: number;
}

/** S3 in this process, by its own rules. What it holds outlives whoever speaks to it. */
export interface FakeS3 {
  readonly url: string;
  readonly faults: FaultQueue;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Operations that were carried out or refused, in order; those that a fault kept away are not among them. */
  readonly done: readonly { readonly operation: string; readonly key: string; readonly status: number }[];
  /** Keys that nobody may delete. */
  readonly protectedKeys: Set<string>;
  /** The clock of S3 runs so much ahead of ours. */
  setSkew(ms: number): void;
  /** Hears of each request when it comes, before its body is read. */
  onCall(listener: (() => void) | null): void;
  stop(): Promise<void>;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  ListObjectsV2: listObjects,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
  ListMultipartUploads: listUploads,
  PutBucketLifecycleConfiguration: putLifecycle,
  GetBucketLifecycleConfiguration: getLifecycle,
  DeleteBucketLifecycle: deleteLifecycle,
  HeadBucket: () => ({ status: 200 }),
};
const NEEDS_SUM = new Set(['DeleteObjects', 'PutBucketLifecycleConfiguration']);

/** What S3 calls a request. */
function operationOf(method: string, key: string, query: URLSearchParams): string {
  if (key === '') {
    if (query.has('lifecycle')) {
      return (
        {
          PUT: 'PutBucketLifecycleConfiguration',
          GET: 'GetBucketLifecycleConfiguration',
          DELETE: 'DeleteBucketLifecycle',
        }[method] ?? 'unknown'
      );
    }
    if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    return { HEAD: 'HeadBucket', PUT: 'CreateBucket' }[method] ?? 'unknown';
  }
  if (query.has('uploads') && method === 'POST') return 'CreateMultipartUpload';
  if (query.has('uploadId')) {
    return { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method] ?? 'unknown';
  }
  return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? 'unknown';
}

/** Starts S3 on a free port, to be spoken to by path (`/bucket/key`). */
export async function startFakeS3(options: FakeS3Options): Promise<FakeS3> {
  const { keys, region = 'eu-central-1', pageSize = 1000, smallestPart = 5 * 1024 * 1024 } = options;
  const buckets = new Map((options.buckets ?? []).map((name) => [name, newBucket(name)]));
  const faults = new FaultQueue();
  const done: { operation: string; key: string; status: number }[] = [];
  const protectedKeys = new Set<string>();
  let skewMs = 0;

  const carryOut = async (operation: string, request: IncomingMessage, url: URL, body: Buffer): Promise<Reply> => {
    const { method = 'GET', headers } = request;
    const path = url.pathname;
    const query = url.searchParams;
    const signer = await whoSigned({ method, path, query, headers, body }, keys, {
      region,
      nowMs: Date.now() + skewMs,
    });
    if (isRefusal(signer)) return signer.reply;
    const [name, key] = placeOf(path);
    if (options.foreignBuckets?.includes(name) || !(signer.allows?.includes(operation) ?? true)) {
      return refusal(403, 'AccessDenied', 'Access Denied').reply;
    }
    const damage = damageOf(headers, body, NEEDS_SUM.has(operation));
    if (damage) return damage.reply;
    if (operation === 'CreateBucket') return createBucket(name, buckets);
    const bucket = buckets.get(name);
    if (!bucket) return refusal(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name }).reply;
    const run = OPERATIONS[operation];
    if (!run) return refusal(501, 'NotImplemented', 'A header or query you provided is not implemented').reply;
    const newId = () => randomBytes(12).toString('hex');
    return run({ bucket, key, query, headers, body, newId, pageSize, smallestPart, protectedKeys });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(`http://fake${request.url}`);
    const [, key] = placeOf(url.pathname);
    const operation = operationOf(request.method ?? 'GET', key, url.searchParams);
    const fault = faults.take(operation);
    const body = await receive(request, fault);
    if (body === null) return;
    if (!(await dawdle(response, fault))) return;
    if (fault?.kind === 'reset' && fault.when === 'before') return void request.socket.resetAndDestroy();
    if (fault?.kind === 'answer') return send(response, faultReply(fault), null);
    const reply = await carryOut(operation, request, url, body).catch(
      (error: unknown) => refusal(400, 'MalformedXML', String(error)).reply,
    );
    done.push({ operation, key, status: reply.status });
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    // The answer to a HEAD has no body, whatever it says.
    send(response, request.method === 'HEAD' ? { ...reply, body: '' } : reply, fault);
  };

  let heard: (() => void) | null = null;
  const server = createServer((request, response) => {
    heard?.();
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    buckets,
    done,
    protectedKeys,
    setSkew(ms) {
      skewMs = ms;
    },
    onCall(listener) {
      heard = listener;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function placeOf(path: string): readonly [bucket: string, key: string] {
  const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return [name, decodeURIComponent(key)];
}

function createBucket(name: string, buckets: Map<string, Bucket>): Reply {
  if (buckets.has(name)) {
    return refusal(409, 'BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded').reply;
  }
  buckets.set(name, newBucket(name));
  return { status: 200, headers: { location: `/${name}` } };
}

function faultReply({
  status,
  code,
  headers,
  body,
}: {
  status: number;
  code?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}): Reply {
  const said = refusal(status, code ?? 'InternalError', 'We encountered an internal error. Please try again.').reply;
  return { ...said, headers: { ...said.headers, ...headers }, ...(body === undefined ? {} : { body }) };
}
