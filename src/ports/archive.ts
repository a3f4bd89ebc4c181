/** A file as it was written: read again only when it still is the same. */
export interface ArchivedFile {
  readonly name: string;
  /** As it lies on the disk, compressed. */
  readonly bytes: number;
  /** sha256 (hex) of these bytes. */
  readonly sha256: string;
}

/** One folder of a project's. */
export interface ArchivePlace {
  readonly projectId: string;
  readonly folder: string;
}

/**
 * Texts put aside for projects in the data folder of turbobackend, compressed, readable only by their owner. All throw
 * `workspace.full` and `workspace.unwritable`.
 */
export interface Archive {
  /** The absolute path of a place, for people. */
  pathOf(place: ArchivePlace): string;
  /**
   * Writes one file, whole and on the disk when this returns. Null, and nothing is left, when it would have more than
   * `maxBytes`.
   */
  write(
    place: ArchivePlace,
    name: string,
    chunks: AsyncIterable<string> | Iterable<string>,
    options?: { readonly maxBytes?: number },
  ): Promise<ArchivedFile | null>;
  /** The lines of a file, without their line feeds. Throws `version.damaged` before the first when it is not what was written. */
  readLines(place: ArchivePlace, file: Pick<ArchivedFile, 'name' | 'sha256'>): AsyncIterable<string>;
  /** Takes away one folder, or all of a project. Missing is fine. */
  remove(projectId: string, folder?: string): Promise<void>;
  /** All folders of all projects, with what they take up in bytes. */
  list(): Promise<readonly (ArchivePlace & { readonly bytes: number })[]>;
}
