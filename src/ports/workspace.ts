/** Relative POSIX path → content. */
export type FileTree = Readonly<Record<string, string>>;

/** Files of project folders on this machine. All paths are absolute folders plus relative file names inside them. */
export interface Workspace {
  /** Names of what lies in a folder; null when there is no such folder. */
  list(directory: string): Promise<readonly string[] | null>;
  /** Content of a file, null when it does not exist. */
  read(directory: string, path: string): Promise<string | null>;
  /**
   * All files below a folder of the project, by their paths in the project; empty when there is none. Links are not
   * followed.
   */
  readTree(directory: string, folder: string): Promise<FileTree>;
  /**
   * The bytes of all files below a folder whose paths are wanted; a folder is asked about with a slash at its end, and not
   * looked into when it is not. Links are not followed. Throws `limit.reached` when there are more than `maxBytes`.
   */
  readFiles(
    directory: string,
    options: { readonly isWanted: (path: string) => boolean; readonly maxBytes: number },
  ): Promise<Readonly<Record<string, Uint8Array>>>;
  /**
   * Writes one file so that at every instant the old or the new content is there (temp, fsync, rename). One that only
   * its owner may read is not written into a folder where everybody could replace it (`workspace.unwritable`).
   */
  write(directory: string, path: string, content: string, options?: { mode?: number }): Promise<void>;
  /** Like `write` without a mode, but with the rights that the file has already. */
  rewrite(directory: string, path: string, content: string): Promise<void>;
  /** What lies there is a file of its own: no link, no folder. A missing one is none. */
  isFile(directory: string, path: string): Promise<boolean>;
  /** Writes a file that is not there yet; false, and nothing is changed, when something is. Of many at once one succeeds. */
  createFile(directory: string, path: string, content: string): Promise<boolean>;
  /** Takes a file away from everybody but its owner; true when others had some right to it. Missing is fine. */
  protect(directory: string, path: string): Promise<boolean>;
  /** Others than the owner of a file have some right to it. A missing one is nobody's. */
  isExposed(directory: string, path: string): Promise<boolean>;
  /**
   * Writes a whole new folder beside its place and renames it there. Throws `project.exists` when something is in the
   * way; a leftover of an interrupted attempt is replaced.
   */
  createFolder(
    directory: string,
    files: Readonly<Record<string, string | Uint8Array>>,
    options?: { modes?: Readonly<Record<string, number>> },
  ): Promise<void>;
  /** Throws `workspace.unwritable` when nothing could be made at this place; leaves nothing behind. */
  checkWritable(directory: string): Promise<void>;
  /** Takes away what writes of these files left that were killed. What a process of this machine is writing stays. */
  removeLeftovers(directory: string, paths: readonly string[]): Promise<void>;
  /** Removes one file; missing is fine. */
  remove(directory: string, path: string): Promise<void>;
  /** Removes a folder and everything in it; missing is fine. */
  removeFolder(directory: string): Promise<void>;
}
