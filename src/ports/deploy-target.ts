import type { Deployment } from '../domain/deployment.ts';

export interface DeployOrder {
  readonly projectId: string;
  readonly directory: string;
  /** A port somebody insists on; otherwise the last one used, or a free one below 32768. */
  readonly port?: number;
  /** What the build must be made of, as its `BUILD_MARK` says; any build is started without it. */
  readonly fingerprint?: string;
}

/** Where backends run. Secrets are read by the server from the project's own `.env`; none passes through here. */
export interface DeployTarget {
  readonly name: string;
  /**
   * Starts the build as it is now in place of what runs and waits until `/health` answers 200.
   * When it does not become healthy, what was healthy before is started again where possible. Throws
   * `deploy.unhealthy` with what the log says and what runs now, `deploy.port_taken`, or `build.failed` when there is
   * nothing built, or a build of other files.
   */
  start(order: DeployOrder): Promise<Deployment>;
  /**
   * Starts (or replaces) the server with what runs or was healthy last, whatever has been built since: a build counts
   * only when `start` was told so. Throws like `start`, and `project.incomplete` when nothing was ever healthy.
   */
  startAgain(order: DeployOrder): Promise<Deployment>;
  /** Finishes running requests and stops; true when something was running. */
  stop(projectId: string): Promise<boolean>;
  /** The truth, also after a reboot or kill -9; null when it was never deployed. */
  inspect(projectId: string): Promise<Deployment | null>;
  /** The last lines of the log, then, with `follow`, each new line until the signal fires. */
  logs(projectId: string, options: { lines: number; follow: boolean; signal?: AbortSignal }): AsyncIterable<string>;
  /** Stops and forgets: state and logs are removed. */
  remove(projectId: string): Promise<void>;
}
