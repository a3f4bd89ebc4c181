import type { Json } from '../domain/api-document.ts';
import type { Framework } from '../domain/framework.ts';
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
}
