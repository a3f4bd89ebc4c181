import type { PlannedThing, RemoteCheck } from '../domain/remote.ts';

/** A repository is wished; without an owner it belongs to the account of the token. */
export interface RepositoryWish {
  readonly owner?: string;
  readonly name: string;
}

export interface RemoteRepository {
  readonly owner: string;
  readonly name: string;
  /** For people. */
  readonly url: string;
  /** For git; holds no login. */
  readonly cloneUrl: string;
  /** This call made it. */
  readonly created: boolean;
  readonly defaultBranch: string;
}

/** Where repositories are kept. */
export interface CodeHost {
  readonly name: string;
  /** Token and scope; creates nothing. Never throws for what it is there to find out. */
  check(): Promise<readonly RemoteCheck[]>;
  /** What `ensureRepository` would make; only reads. */
  plan(wish: RepositoryWish): Promise<readonly PlannedThing[]>;
  /** Makes the repository, or adopts it when it is the token's owner's. Throws `remote.*`. */
  ensureRepository(
    wish: RepositoryWish & { readonly isPrivate: boolean; readonly description: string },
  ): Promise<RemoteRepository>;
  /** Pushes what is committed in a folder; never by force. Throws `remote.conflict` when the branch there went its own way. */
  push(order: {
    readonly directory: string;
    readonly repository: Pick<RemoteRepository, 'owner' | 'name' | 'cloneUrl'>;
    readonly branch: string;
  }): Promise<{ readonly commit: string; readonly branch: string; readonly isNew: boolean }>;
  /** Removes a repository for good; true when there was one. Throws `remote.denied` without the scope for it. */
  remove(repository: Pick<RemoteRepository, 'owner' | 'name'>): Promise<boolean>;
}
