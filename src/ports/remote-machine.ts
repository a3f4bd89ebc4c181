import type { PlannedThing, RemoteCheck } from '../domain/remote.ts';
import type { FileTree } from './workspace.ts';

/** A sandbox that is to be there. */
export interface RemoteMachineOrder {
  readonly projectId: string;
  /** The same one each time: a second call finds what a killed one made. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Image of a container; the service's own when left out. */
  readonly image?: string;
  readonly resources?: { readonly cpus?: number; readonly memoryGb?: number; readonly diskGb?: number };
  readonly environment: Readonly<Record<string, string>>;
  /** Stops after so long without a call, also when we are gone; 0: never. */
  readonly autoStopMinutes: number;
  /** Removed so long after it stopped, also when we are gone. */
  readonly autoDeleteMinutes: number;
  /** What it may reach: everything the service allows, nothing, or these networks (CIDR) and names (`*.example.com`). */
  readonly egress: 'open' | 'none' | { readonly networks: readonly string[]; readonly domains: readonly string[] };
}

export interface RemoteMachine {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly projectId: string | null;
}

/** How a command in a sandbox ended; `output` is both streams together. */
export interface RemoteRun {
  readonly exitCode: number;
  readonly output: string;
}

export interface RemoteCommand {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Running it twice is running it once: it is sent again when its answer is lost. */
  readonly isRepeatable?: boolean;
}

/** The way to what listens in a sandbox. */
export interface RemotePreview {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sandboxes of somebody else's, in which a project is built and tried. */
export interface RemoteMachines {
  readonly name: string;
  /** Token and scope; creates nothing. Never throws for what it is there to find out. */
  check(): Promise<readonly RemoteCheck[]>;
  /** What `ensure` would make; only reads. */
  plan(order: Pick<RemoteMachineOrder, 'projectId' | 'name' | 'resources'>): Promise<readonly PlannedThing[]>;
  /** A sandbox that runs: the project's own of this name, or a new one. Throws `remote.*`. */
  ensure(order: RemoteMachineOrder): Promise<RemoteMachine>;
  /** The absolute folder that commands start in. */
  workDirectory(id: string): Promise<string>;
  /** Writes files below an absolute folder there. */
  upload(id: string, directory: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Runs a shell command to its end. Throws `remote.failed` when it takes longer than it may. */
  run(id: string, command: string, options?: RemoteCommand): Promise<RemoteRun>;
  /** Starts a command that goes on; one of this name that runs is left alone. */
  startProcess(
    id: string,
    name: string,
    command: string,
    options?: Pick<RemoteCommand, 'cwd' | 'environment'>,
  ): Promise<void>;
  /** What a started command has printed so far. */
  processLog(id: string, name: string): Promise<string>;
  /** Files by their absolute paths; those that are not there are left out. */
  download(id: string, paths: readonly string[]): Promise<FileTree>;
  /** Where a port is reached from outside, and the headers that open it: they are secrets. */
  previewUrl(id: string, port: number): Promise<RemotePreview>;
  /** Tells the service that somebody still uses it. */
  keepAlive(id: string): Promise<void>;
  /**
   * From now on it reaches nothing outside; who asks it from outside is answered. For good, and as long as it lives.
   */
  closeNetwork(id: string): Promise<void>;
  /** A sandbox of a project, the one in which it is tried unless another is named; null when there is none. */
  find(projectId: string, name?: string): Promise<RemoteMachine | null>;
  /** All of turbobackend's, of every project. */
  list(): Promise<readonly RemoteMachine[]>;
  /** True when there was one. */
  remove(id: string): Promise<boolean>;
}
