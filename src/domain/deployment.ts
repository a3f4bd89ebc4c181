/** A file of a build: the hash of the files it was made of. It lies in the build, so that another build takes it away. */
export const BUILD_MARK = '.output/fingerprint';

/** Where a backend runs and whether it answers. */
export interface Deployment {
  readonly projectId: string;
  readonly target: 'local';
  readonly url: string;
  readonly port: number;
  readonly status: DeploymentStatus;
  /** Process id of the server, when it runs. */
  readonly pid: number | null;
  /** Unix seconds of the last start, when it runs. */
  readonly startedAt: number | null;
  /** Times the supervisor had to start it again since. */
  readonly restarts: number;
}

/**
 * `unhealthy`: the process lives but `/health` does not answer 200. `restarting`: it comes up again by itself. `failed`:
 * it is meant to run and nothing brings it back (given up, killed, a reboot). `stopped`: on purpose.
 */
export type DeploymentStatus = 'running' | 'unhealthy' | 'restarting' | 'failed' | 'stopped';
