/** Relative POSIX path → content. */
export type FileTree = Readonly<Record<string, string>>;

/** Files of project folders on this machine. All paths are absolute folders plus relative file names inside them. */
export interface Workspace {
  /** Names of what lies in a folder; null when there is no such folder. */
  list(directory: string): Promise<readonly string[] | null>;
  /** Content of a file, null when it does not exist. */
  read(directory: string, path: string): Promise<string | null>;
  /** Writes one file so that at every instant the old or the new content is there (temp, fsync, rename). */
  write(directory: string, path: string, content: string, options?: { mode?: number }): Promise<void>;
  /**
   * Writes a whole new folder beside its place and renames it there. Throws `project.exists` when something is in the
   * way; a leftover of an interrupted attempt is replaced.
   */
  createFolder(
    directory: string,
    files: FileTree,
    options?: { modes?: Readonly<Record<string, number>> },
  ): Promise<void>;
  /** Throws `workspace.unwritable` when nothing could be made at this place; leaves nothing behind. */
  checkWritable(directory: string): Promise<void>;
  /** Removes one file; missing is fine. */
  remove(directory: string, path: string): Promise<void>;
  /** Removes a folder and everything in it; missing is fine. */
  removeFolder(directory: string): Promise<void>;
}
