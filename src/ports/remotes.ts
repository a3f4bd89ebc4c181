import type { RemoteName } from '../domain/remote.ts';
import type { Archive } from './archive.ts';
import type { CodeHost } from './code-host.ts';
import type { ObjectStore } from './object-store.ts';
import type { RemoteMachines } from './remote-machine.ts';
import type { RemoteTarget } from './remote-target.ts';
import type { SandboxElsewhere } from './sandbox.ts';

/**
 * Clients of remotes, made when one is asked for. Each throws `remote.denied` naming the variable when there is no
 * token for it; nothing is sent before a method of theirs is called.
 */
export interface Remotes {
  /** A token (or a pair of keys) is there. */
  isConfigured(remote: RemoteName): boolean;
  target(): Promise<RemoteTarget>;
  machines(): Promise<RemoteMachines>;
  /** Where what a model writes for a project is tried; `onNote` hears what somebody may want to know. */
  sandbox(projectId: string, onNote: (message: string) => void): Promise<SandboxElsewhere>;
  codeHost(): Promise<CodeHost>;
  /** `bucket` takes the place of the configured one. */
  objects(bucket?: string): Promise<ObjectStore>;
  /** Where backups of rows lie in that bucket. */
  backups(bucket?: string): Promise<Archive>;
}
