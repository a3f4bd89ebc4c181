/**
 * Runs one step of a recorded run. A finished step is read back, not run again; an interrupted one runs again, so
 * steps are idempotent. The result must be JSON and must hold no secret: it is stored in the metadata database.
 */
export type Step = <T>(name: string, title: string, work: () => Promise<T>) => Promise<T>;

export interface RunSummary {
  readonly id: string;
  readonly projectId: string;
  readonly status: 'running' | 'interrupted' | 'done' | 'failed';
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly steps: readonly { readonly name: string; readonly status: 'done' | 'failed' }[];
}

/** Durable runs: killed anywhere, the same call goes on where it was. */
export interface Runs {
  /**
   * Runs `body` as the run of this project, or resumes it. Throws `run.locked` when another live process has it.
   * A run that is finished gives its recorded result without running anything.
   */
  execute<T>(projectId: string, body: (step: Step) => Promise<T>): Promise<T>;
  list(): Promise<readonly RunSummary[]>;
  /** Forgets a project's run, so that the same request can be made again. */
  forget(projectId: string): Promise<void>;
  close(): Promise<void>;
}
