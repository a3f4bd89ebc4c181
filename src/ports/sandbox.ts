import type { ProgramEnd } from './programs.ts';
import type { FileTree } from './workspace.ts';

/** What shuts programs in: bubblewrap, namespaces of Linux by themselves, or, as somebody consented, nothing. */
export type SandboxKind = 'bubblewrap' | 'namespaces' | 'none';

/** A copy of a project that programs run in. It is thrown away; nothing of it comes back but what is asked for. */
export interface SandboxRoom {
  /**
   * Runs Node with these arguments, to its end: with no other environment than the one given, no network but its own
   * loopback, and nothing to read but the system, the packages and the copy. Never rejects for what the program does.
   */
  run(order: {
    readonly args: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    readonly deadlineMs: number;
    readonly signal?: AbortSignal | undefined;
  }): Promise<ProgramEnd>;
  /** Text of a file of the copy; null when there is none. Links are not followed. */
  read(path: string): Promise<string | null>;
  close(): Promise<void>;
}

/** Runs code that nobody trusts. */
export interface Sandbox {
  /** How programs are shut in on this machine; null: there is no way. */
  kind(): Promise<SandboxKind | null>;
  /**
   * A room with these files. `database` is what programs reach at `/run/postgresql` (and nothing else outside);
   * `prepare` makes the packages available in the folder it is given. Throws `sandbox.missing` when there is no way.
   */
  open(order: {
    readonly files: FileTree;
    readonly database: { readonly host: string; readonly port: number } | null;
    readonly prepare: (directory: string) => Promise<void>;
  }): Promise<SandboxRoom>;
}
