import type { Login } from '../domain/database.ts';
import type { ProgramEnd } from './programs.ts';
import type { FileTree } from './workspace.ts';

/**
 * What shuts programs in: bubblewrap, namespaces of Linux by themselves, a machine that has nothing else on it, or, as
 * somebody consented, nothing.
 */
export type SandboxKind = 'bubblewrap' | 'namespaces' | 'machine' | 'none';

/** A copy of a project that programs run in. It is thrown away; nothing of it comes back but what is asked for. */
export interface SandboxRoom {
  /** How programs of the room reach its database, as the backend's own login; null: it has none. Holds the password. */
  readonly databaseUrl: string | null;
  /**
   * Runs Node in the copy, which it sees and prints as `/project`, with these arguments, to its end: with no other
   * environment than the one given, no network but its own loopback, and nothing of ours to read but the packages and the
   * copy. What it started and left behind ends with it. Never rejects for what the program does; throws `remote.*` when
   * the room is elsewhere and out of reach.
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
  /** How programs are shut in; null: there is no way. */
  kind(): Promise<SandboxKind | null>;
  /**
   * A room with these files. `database` is the backend's own login to a database of this machine that their migrations
   * were applied to: programs get this one, and nothing else outside, or one of the room's own with the same migrations
   * and roles. `prepare` makes the packages available in a folder of this machine; elsewhere they are what the lock among
   * the files says. Throws `sandbox.missing` when there is no way, `remote.*` when it is elsewhere and out of reach.
   */
  open(order: {
    readonly files: FileTree;
    readonly database: Login | null;
    readonly prepare: (directory: string) => Promise<void>;
  }): Promise<SandboxRoom>;
}

/** A sandbox on a machine of somebody else's, which the first room makes. */
export interface SandboxElsewhere extends Sandbox {
  /** Name of the machine. */
  readonly name: string;
  /** Takes the machine away with everything on it; true when there was one. Throws `remote.*`. */
  remove(): Promise<boolean>;
}
