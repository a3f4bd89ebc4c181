import type { Json } from '../domain/api-document.ts';
import type { DeployLogins } from '../domain/deploy-logins.ts';
import type { Framework } from '../domain/framework.ts';
import type { RemotePlan, RemoteWishes } from '../domain/remote.ts';
import type { Request } from '../domain/request.ts';
import type { Profile } from '../domain/verification.ts';

/** What `create` was asked for. */
export interface CreateOrder {
  readonly request: Request;
  /** Folder the project folder is made in (absolute), unless `directory` says exactly where. */
  readonly parent: string;
  readonly name?: string;
  readonly directory?: string;
  /** Overrules detection. */
  readonly database?: boolean;
  readonly port?: number;
  /** Nitro, when nothing is said. */
  readonly framework?: Framework;
  /** The document that says what it answers; then the request only names it. */
  readonly contract?: Json;
  /** How much is tried in the end; `quick` unless said. */
  readonly verify?: Profile | 'none';
  /** The id of a new project; a random one when nothing is said. */
  readonly projectId?: string;
  /** Where it goes beside this machine, and the plan that somebody consented to. */
  readonly remotes?: { readonly wishes: RemoteWishes; readonly plan: RemotePlan };
  /** The database of a deployment. */
  readonly deployDatabase?: DeployLogins | null;
  /** False: no git repository is made, and nothing committed. */
  readonly git?: boolean;
}
