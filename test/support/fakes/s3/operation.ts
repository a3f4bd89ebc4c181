import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../faults.ts';
import type { Bucket } from './state.ts';

/** A request that was let in, and what it is about. */
export interface Admitted {
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly newId: () => string;
  /** Most entries of one page of a list. */
  readonly pageSize: number;
  /** Bytes that every part but the last must have. */
  readonly smallestPart: number;
  /** Keys that nobody may delete. */
  readonly protectedKeys: ReadonlySet<string>;
}

export type Operation = (request: Admitted) => Reply;
