/** How a program ended. */
export interface ProgramEnd {
  /** Null when it was ended by a signal, which it is after its deadline, or could not be started. */
  readonly code: number | null;
  /** The last of what it printed, both streams together, without the values of its environment. */
  readonly output: string;
}

/** A built server that runs for as long as somebody looks at it. */
export interface TrialServer {
  readonly url: string;
  /** Everything it has printed so far. */
  log(): string;
  isRunning(): boolean;
  /** Lets it finish, and removes its copy. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Programs of a project, for the time of a look at it. They get the harmless variables of this machine and what they
 * are given, and nothing else of ours.
 */
export interface Programs {
  /** Runs a program to its end in a folder. Never rejects for what the program does. */
  run(order: {
    readonly command: readonly [string, ...string[]];
    readonly directory: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly deadlineMs: number;
    /** Ends it like its deadline does. */
    readonly signal?: AbortSignal | undefined;
  }): Promise<ProgramEnd>;
  /**
   * Runs a copy of what was built in a project's folder, on a free port of this machine, until `/health` is answered at
   * all. It reads no `.env`, a build that comes later does not touch it, and it ends when this process does, however
   * that ends. Throws `build.failed` when nothing was built, `deploy.unhealthy` with the end of its log when it does not
   * come up.
   */
  serve(order: {
    readonly directory: string;
    readonly environment: Readonly<Record<string, string>>;
  }): Promise<TrialServer>;
}
