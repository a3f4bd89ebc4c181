/** Why nothing can be committed, in words that go on after "no commit: ". */
export type NoRepository = { readonly kind: 'none'; readonly reason: string };

/** The git repository that a project folder lies in. Paths are relative to the project folder. */
export interface OpenedRepository {
  readonly kind: 'open';
  /** False while nothing has ever been committed. */
  readonly hasCommits: boolean;
  /** The files of the folder that differ from the last commit, those unknown to git included; without the ignored ones. */
  readonly changed: readonly string[];
}

/** What to commit. */
export interface CommitOrder {
  /** Paths in the folder: as they are now, or gone. What git ignores is left out. */
  readonly paths: readonly string[];
  readonly message: string;
}

/** What became of it. */
export type Committed =
  | { readonly kind: 'committed'; readonly id: string }
  /** Nothing of it differs from the last commit. */
  | { readonly kind: 'same' }
  | NoRepository;

/**
 * Commits of what we wrote, and of nothing else, in whatever repository a project folder lies in. No hooks are run,
 * nothing is signed, no setting of anybody is changed, what a person has staged stays staged. A secret (`.env…`) is
 * never committed. Never rejects for what git says: a commit is a convenience, the work is done without it.
 */
export interface Repository {
  /** The folder's repository, if there is git and one that it works with. */
  open(directory: string): Promise<OpenedRepository | NoRepository>;
  commit(directory: string, order: CommitOrder): Promise<Committed>;
  /** Makes a repository of the folder unless it lies in one already, and commits these files. Safe to repeat. */
  begin(directory: string, order: CommitOrder): Promise<Committed>;
}
