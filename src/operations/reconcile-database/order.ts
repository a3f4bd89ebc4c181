import type { Environment } from '../../domain/database.ts';
import type { Wish } from '../../domain/provisioning.ts';
import type { Needs } from '../../ports/services.ts';
import type { DatabaseRecord } from '../../ports/state-records.ts';

export interface ReconcileOrder {
  readonly projectId: string;
  readonly env: Environment;
  readonly wish: Wish;
  /** Gives the three logins new passwords, unless such a change was begun and cut: then that one is finished. */
  readonly renewPasswords?: true;
  /** Looked at under the lock: unless the record is still like this, nothing is wished and nothing done. */
  readonly onlyIf?: (record: DatabaseRecord) => boolean;
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: (point: string) => void;
}

export type ReconcileNeeds = Needs<'cluster' | 'databases' | 'state' | 'vault' | 'clock' | 'progress' | 'limits'>;
