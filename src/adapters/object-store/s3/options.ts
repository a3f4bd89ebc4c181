import type { Network } from '../../../domain/network.ts';
import type { RemoteTime } from '../../shared/remote/contract.ts';

/** One bucket of a store, and whose key is used. */
export interface S3Options {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  readonly region: string;
  /** Null: Amazon's own of the region. */
  readonly endpoint: string | null;
  readonly bucket: string;
  /** Bytes from which on an object is uploaded in parts of that size; S3 asks for 5 MiB at least. */
  readonly partBytes?: number;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
}
