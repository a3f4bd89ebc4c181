import type { FileTree } from './workspace.ts';

/** The texts we ship under templates/. */
export interface Templates {
  /** All files below a folder of templates/; `_gitignore` and the like get their real names (dot-files). */
  readTree(folder: string): Promise<FileTree>;
  /**
   * The files below a folder of templates/, or below all of it, that are not as they were when turbobackend was built,
   * that are gone or came: paths as they lie there, sorted. Empty where nothing was written down to compare them with.
   */
  changed(folder?: string): Promise<readonly string[]>;
}
