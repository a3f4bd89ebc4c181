/**
 * Runs one step of a recorded run. A finished step is read back, not run again; an interrupted or failed one runs
 * again, so steps are idempotent. The result must be JSON and must hold no secret: it is stored in the metadata
 * database. Steps running side by side are started in the same order every time.
 */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** The process that holds a project's run right now, on whichever machine. */
export interface RunHolder {
  readonly pid: number;
  /** Name of its machine; absent when it did not tell. */
  readonly host?: string;
  /** Unix seconds by the clock of the database; null when an administrator of another name may not see it. */
  readonly since: number | null;
}

/** One step of a run as it was recorded, which is when it had ended. */
export interface RunStep {
  readonly name: string;
  /** Unix seconds by the clock of the machine that ran it: to be shown, never to be compared between machines. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** How long it took. */
  readonly ms: number;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
}

/**
 * `running`: a live process has it. `interrupted`: not at its end, and nobody has it: killed, say. `failed`: a step
 * failed, and its error was reported. `cancelled`: somebody wished so; with a holder it stops at the end of its step.
 * All but `running` and `done` are taken up by the next `execute`.
 */
export type RunState = 'running' | 'interrupted' | 'failed' | 'cancelled' | 'done';

export interface RunRecord {
  readonly projectId: string;
  readonly state: RunState;
  readonly holder: RunHolder | null;
  /** Unix seconds; null for a run that has a holder but has not begun. */
  readonly startedAt: number | null;
  readonly updatedAt: number | null;
  /** In the order they were started; what runs now is not among them. */
  readonly steps: readonly RunStep[];
}

/** Durable runs: killed anywhere, cancelled, or failed at a step, the same call goes on where it was. */
export interface Runs {
  /**
   * Runs `body` as the run of this project, or resumes it. Throws `run.locked` when another live process has it, also
   * when it took the run over while we had lost the database; `run.cancelled` when somebody cancelled it meanwhile.
   * A run that is finished gives its recorded result without running anything, unless `restart` is set: then every
   * step runs again.
   */
  execute<T>(projectId: string, body: (step: Step) => Promise<T>, options?: { restart?: boolean }): Promise<T>;
  /** All runs, oldest first. Starts none, and makes nothing when there never was one. */
  list(): Promise<readonly RunRecord[]>;
  /** The run of a project; null when it has none. */
  find(projectId: string): Promise<RunRecord | null>;
  /**
   * Stops a live run at the end of the step it is in, and marks an interrupted one; both are taken up by the next
   * `execute`. Cancelling twice is cancelling once. Throws `run.not_found`, or `run.finished` when the run had ended
   * before, done or failed: nothing was cancelled then.
   */
  cancel(projectId: string): Promise<RunRecord>;
  /**
   * Does `work` while no process runs this project, and none can begin to: for what must not happen under a live run.
   * Throws `run.locked` when one does. Within `work` the run may be forgotten.
   */
  whileIdle<T>(projectId: string, work: () => Promise<T>): Promise<T>;
  /** Forgets a project's run and all it recorded. Throws `run.locked` when a live process has it. */
  forget(projectId: string): Promise<void>;
  close(): Promise<void>;
}
