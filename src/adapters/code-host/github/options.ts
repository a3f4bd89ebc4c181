import type { Network } from '../../../domain/network.ts';
import type { RemoteTime } from '../../shared/remote/contract.ts';

/** GitHub, or a server that speaks like it, and whose token is used. */
export interface GithubOptions {
  readonly token: string;
  readonly apiUrl: string;
  /** Where repositories are pushed to. */
  readonly serverUrl: string;
  /** What git may know of this machine; nothing secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
}
