import { createHash } from 'node:crypto';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Headers that come back as they were sent: metadata, content type and checksum. */
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedAt: Date;
}

export interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredObject>;
}

export interface Bucket {
  readonly name: string;
  readonly objects: Map<string, StoredObject>;
  readonly uploads: Map<string, Upload>;
  /** The configuration as it was put; null when there is none. */
  lifecycle: string | null;
}

export function newBucket(name: string): Bucket {
  return { name, objects: new Map(), uploads: new Map(), lifecycle: null };
}

/** An object with the sum that S3 calls its tag. */
export function stored(bytes: Buffer, headers: Readonly<Record<string, string>>): StoredObject {
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  return { bytes, etag, headers, modifiedAt: new Date() };
}
