import type { Environment, LoginRole, OwnLimits } from '../domain/database.ts';
import type { TokenCounts } from '../domain/model-cost.ts';
import type { Wish } from '../domain/provisioning.ts';
import type { RemoteName } from '../domain/remote.ts';
import type { VerificationReport } from '../domain/verification.ts';
import type { VersionKind, VersionState } from '../domain/version.ts';

export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  /** Whose project it is: a user of the metadata database. */
  readonly owner: string;
  readonly request: string;
  /** Absolute path of the project folder. */
  readonly directory: string;
  readonly status: 'creating' | 'ready' | 'destroying';
  /** Unix seconds. */
  readonly createdAt: number;
}

export interface DatabaseRecord {
  readonly projectId: string;
  readonly env: Environment;
  readonly databaseName: string;
  readonly systemIdentifier: string;
  readonly desired: Wish;
  readonly status: 'creating' | 'ready' | 'deleting' | 'trashed' | 'failed';
  /** Grows with each change of `desired`; a late writer with an older one changes nothing. */
  readonly generation: number;
  readonly secrets: SealedSecrets;
  /** The passwords a rotation is about to bring in; null when none runs. */
  readonly nextSecrets: SealedSecrets | null;
  /** A rotation that is not finished: `roles` until the server has the new passwords, then `files` until `.env` has. */
  readonly rotation: 'roles' | 'files' | null;
  /** Name it has in the trash, or on its way there and back. */
  readonly trashName: string | null;
  /** Unix seconds by the clock of the metadata database; null outside the trash. */
  readonly trashedAt: number | null;
  readonly limits: OwnLimits;
  readonly lastError: string | null;
  /** Unix seconds: when it was last wished for or settled. */
  readonly updatedAt: number;
}

/** Sealed passwords; see `Vault`. */
export type SealedSecrets = Readonly<Record<LoginRole, string>>;

/** What somebody wants of a database, written down before anything is done. */
export interface DatabaseWish
  extends Pick<DatabaseRecord, 'projectId' | 'env' | 'databaseName' | 'systemIdentifier' | 'desired' | 'secrets'> {
  /** Where it goes when it goes to the trash. */
  readonly trashName?: string;
  /** For a new database: how many its project's owner may have. One beyond it is refused with `limit.reached`. */
  readonly maxOfOwner?: number;
}

/** A database that lives as long as a verification. Its id stands where other databases have that of a project. */
export interface ScratchRecord {
  readonly id: string;
  readonly projectId: string;
}

/** What was proven of a project last, and of which files: see `fingerprint`. */
export interface VerificationRecord {
  readonly fingerprint: string;
  readonly report: VerificationReport;
}

/** A version of a project as it is recorded; `details` is what `versionDetailsShape` says. */
export interface VersionRecord {
  readonly number: number;
  readonly kind: VersionKind;
  readonly state: VersionState;
  readonly details: unknown;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** A call of a model that is about to be made. */
export interface ModelCall {
  /** Null outside a project: `detect` in an empty folder, say. */
  readonly projectId: string | null;
  readonly phase: string;
  readonly provider: string;
  readonly model: string;
  /** sha256 of model and question; null for what costs nothing and is never looked up. */
  readonly key: string | null;
  /** US dollars it may cost at most; null when the price is not known. */
  readonly reservedUsd: number | null;
}

/** How a call of a model ended. */
export interface ModelCallEnd {
  readonly outcome: 'ok' | 'failed';
  readonly tokens: TokenCounts;
  /** US dollars; null when the price is not known. */
  readonly costUsd: number | null;
  readonly ms: number;
  /** What the model said; null when it failed. */
  readonly answer: string | null;
}

/** What a project has, or is about to have, on one remote. */
export interface RemoteRecord {
  readonly projectId: string;
  readonly remote: RemoteName;
  /** Name of the app, the sandbox, the repository (`owner/name`) or the bucket. */
  readonly place: string;
  /** `wished`: it may be there, in part or not at all. */
  readonly status: 'wished' | 'there';
  /** Addresses, regions, ids, hashes; never a secret. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  /** Unix seconds. */
  readonly updatedAt: number;
}
