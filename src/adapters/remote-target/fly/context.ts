import type { RemoteClient, RemoteTime } from '../../shared/remote/contract.ts';
import type { FlyApi } from './fly-api.ts';

/** What every deed of this adapter needs. */
export interface Fly {
  readonly api: FlyApi;
  /** Of the place where Fly's own programs get their logs. */
  readonly logs: RemoteClient;
  readonly time: RemoteTime;
  /** Slug of the organisation; `personal` stands for whatever it is called. */
  readonly organization: string;
  /** Address of an app, `{app}` standing for its name. */
  readonly appUrl: string;
}
