/**
 * Runs one step of a recorded run. A finished step is read back, not run again; an interrupted or failed one runs
 * again, so steps are idempotent. The result must be JSON and must hold no secret: it is stored in the metadata
 * database. Steps running side by side are started in the same order every time.
 */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Durable runs: killed anywhere or failed at a step, the same call goes on where it was. */
export interface Runs {
  /**
   * Runs `body` as the run of this project, or resumes it. Throws `run.locked` when another live process has it.
   * A run that is finished gives its recorded result without running anything, unless `restart` is set: then every
   * step runs again.
   */
  execute<T>(projectId: string, body: (step: Step) => Promise<T>, options?: { restart?: boolean }): Promise<T>;
  /** Forgets a project's run and all it recorded. */
  forget(projectId: string): Promise<void>;
  close(): Promise<void>;
}
