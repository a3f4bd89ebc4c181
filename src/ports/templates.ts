import type { FileTree } from './workspace.ts';

/** The texts we ship under templates/. */
export interface Templates {
  /** All files below a folder of templates/; `_gitignore` and the like get their real names (dot-files). */
  readTree(folder: string): Promise<FileTree>;
}
