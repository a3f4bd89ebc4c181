import type { Kysely } from 'kysely';
import type { Clock, Ids } from '../../../ports/clock.ts';
import type { Tables } from './tables.ts';

/** What the groups of methods share: the open database, and who and when we are. */
export interface Connection {
  readonly open: () => Promise<Kysely<Tables>>;
  readonly owner: string;
  readonly clock: Clock;
  readonly ids: Ids;
}
