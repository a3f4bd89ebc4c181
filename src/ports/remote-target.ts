import type { PlannedThing, RemoteCheck } from '../domain/remote.ts';
import type { FileTree } from './workspace.ts';

/** What is to run on somebody else's machines. */
export interface RemoteDeployOrder {
  readonly projectId: string;
  /** Name of the project, for people. */
  readonly name: string;
  /** Name of the app there; the same one each time, so that a second call finds what a killed one made. */
  readonly app: string;
  readonly region: string;
  /** The built server with its migrations and the script that applies them, by their paths in the project. */
  readonly files: FileTree;
  /** What the server is told in clear. */
  readonly environment: Readonly<Record<string, string>>;
  /** DATABASE_URL, APP_SECRET …: they travel in the body of one request and nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A finished image to run instead of `files`. */
  readonly image?: string;
  /** Hash of what the files were made of; two deployments of one version are one. */
  readonly version: string;
}

/** What runs there, as it is now. */
export interface RemoteDeployment {
  readonly app: string;
  readonly url: string;
  /** `unhealthy`: machines run and a check fails. `stopped`: there is an app, and nothing runs. */
  readonly status: 'running' | 'starting' | 'unhealthy' | 'stopped';
  /** `version` of the order that made it; null when nobody knows. */
  readonly version: string | null;
  readonly machines: readonly {
    readonly id: string;
    readonly region: string;
    readonly state: string;
    readonly healthy: boolean;
  }[];
  /** Unix seconds of the last release; null when nobody knows. */
  readonly releasedAt: number | null;
}

/** Machines that run a backend for the public. Found again by names and labels: killed anywhere, the same call goes on. */
export interface RemoteTarget {
  readonly name: string;
  /** Token, organisation and scope; creates nothing. Never throws for what it is there to find out. */
  check(): Promise<readonly RemoteCheck[]>;
  /** What `deploy` would make; only reads. */
  plan(order: Pick<RemoteDeployOrder, 'projectId' | 'app' | 'region'>): Promise<readonly PlannedThing[]>;
  /**
   * Runs this version, migrations first, and waits until it is healthy; `onStep` hears what is being done. What ran
   * before goes on when it is not: `deploy.unhealthy`. A migration that fails stops it before any machine is changed:
   * `migration.failed`. Throws `remote.*`.
   */
  deploy(order: RemoteDeployOrder, onStep: (message: string) => void): Promise<RemoteDeployment>;
  /** Null when there is no such app. */
  inspect(app: string): Promise<RemoteDeployment | null>;
  /** The last lines, oldest first. Throws `remote.failed` with the way to them where the service does not give them. */
  logs(app: string, options: { readonly lines: number }): Promise<readonly string[]>;
  scale(
    app: string,
    wish: { readonly count?: number; readonly memoryMb?: number; readonly cpus?: number },
  ): Promise<RemoteDeployment>;
  /** Back to the version before; its migrations stay. Throws `deploy.not_running` when there is none. */
  rollback(app: string): Promise<RemoteDeployment>;
  /** Takes the app away with everything in it; true when there was one. */
  remove(app: string, projectId: string): Promise<boolean>;
}
