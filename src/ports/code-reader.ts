import type { FileTree } from './workspace.ts';

/** A source file as a tree of ESTree with TypeScript, or why and where (offset in UTF-16 units) it cannot be read. */
export type CodeTree = { readonly program: unknown } | { readonly problem: string; readonly offset: number };

/** Reads source code without running any of it. */
export interface CodeReader {
  /**
   * The trees of files, by their paths; the ending of a path (`.ts`, `.mjs`) tells the language. Never rejects for what
   * the texts are, also when they bring a parser down.
   */
  read(files: FileTree): Promise<Readonly<Record<string, CodeTree>>>;
}
