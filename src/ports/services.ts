import type { DatabaseLimits } from '../domain/database.ts';
import type { ReportProgress } from '../domain/progress.ts';
import type { VersionLimits } from '../domain/version.ts';
import type { Archive } from './archive.ts';
import type { Builder } from './builder.ts';
import type { Clock, Ids } from './clock.ts';
import type { Cluster } from './cluster.ts';
import type { CodeReader } from './code-reader.ts';
import type { Contract } from './contract.ts';
import type { DatabaseAdmin } from './database-admin.ts';
import type { DeployTarget } from './deploy-target.ts';
import type { Ending } from './ending.ts';
import type { Http } from './http.ts';
import type { Model } from './model.ts';
import type { Programs } from './programs.ts';
import type { Remotes } from './remotes.ts';
import type { Repository } from './repository.ts';
import type { Runs } from './runs.ts';
import type { Sandbox } from './sandbox.ts';
import type { Sql } from './sql.ts';
import type { StateStore } from './state-store.ts';
import type { Templates } from './templates.ts';
import type { Vault } from './vault.ts';
import type { Wire } from './wire.ts';
import type { Workspace } from './workspace.ts';
import type { Writers } from './writer.ts';

/** Everything outside the process. A verb's signature names the part it touches: `Needs<'cluster' | 'state'>`. */
export interface Services {
  readonly model: Model;
  readonly writers: Writers;
  readonly sandbox: Sandbox;
  readonly codeReader: CodeReader;
  readonly cluster: Cluster;
  readonly databases: DatabaseAdmin;
  readonly sql: Sql;
  readonly state: StateStore;
  readonly vault: Vault;
  readonly workspace: Workspace;
  readonly templates: Templates;
  readonly builder: Builder;
  readonly target: DeployTarget;
  readonly programs: Programs;
  readonly http: Http;
  readonly wire: Wire;
  readonly contract: Contract;
  /** Rows put aside before a step. */
  readonly archive: Archive;
  readonly repository: Repository;
  readonly runs: Runs;
  readonly remotes: Remotes;
  readonly clock: Clock;
  readonly ending: Ending;
  readonly ids: Ids;
  readonly progress: ReportProgress;
  /** What a database may use when nothing else was said for it, and how many an owner may have. */
  readonly limits: DatabaseLimits & { readonly databases: number };
  /** How much of what was put aside is kept of each project. */
  readonly versionLimits: VersionLimits;
  /** Who acts: the owner of new projects. */
  readonly owner: string;
  /** Version of turbobackend, for what it records. */
  readonly toolVersion: string;
}

export type Needs<K extends keyof Services> = Pick<Services, K>;
