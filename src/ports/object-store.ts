import type { RemoteCheck } from '../domain/remote.ts';

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Hex; null when whoever wrote it did not say. */
  readonly sha256: string | null;
  /** Unix seconds; null when the store does not say. */
  readonly modifiedAt: number | null;
}

/** One bucket of an S3-compatible store. */
export interface ObjectStore {
  readonly name: string;
  readonly bucket: string;
  /** Keys, region and rights on the bucket; leaves nothing behind. Never throws for what it is there to find out. */
  check(): Promise<readonly RemoteCheck[]>;
  /** Makes the bucket when there is none of this name; true when it did. Throws `remote.conflict` for a stranger's. */
  ensureBucket(): Promise<boolean>;
  /** Writes an object whole or not at all. `sha256` (hex) is kept with it, and checked by `get`. */
  put(
    key: string,
    bytes: Uint8Array,
    options: { readonly sha256: string; readonly contentType?: string },
  ): Promise<void>;
  /** Null when it is not there. Throws `remote.unusable` when it is not what was written. */
  get(key: string): Promise<Uint8Array | null>;
  head(key: string): Promise<StoredObject | null>;
  /** All objects below a prefix, by key. */
  list(prefix: string): Promise<readonly StoredObject[]>;
  /** Missing ones are fine. */
  delete(keys: readonly string[]): Promise<void>;
  /** Objects below this prefix are removed by the store after so many days. Other rules of the bucket stay. */
  setLifecycle(prefix: string, days: number): Promise<void>;
}
