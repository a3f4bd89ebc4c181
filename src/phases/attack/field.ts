import type { Schema } from '../../domain/schema.ts';
import type { Needs } from '../../ports/services.ts';
import type { Chance } from './chance.ts';
import type { Ledger } from './ledger.ts';
import type { Oracle } from './oracles.ts';
import type { AttackOrder } from './order.ts';
import type { Gate } from './parallel.ts';

/** What all attacks of one run share. */
export interface Field {
  readonly order: AttackOrder;
  readonly schema: Schema;
  /** Where it runs, without a slash at the end. */
  readonly base: string;
  readonly isFull: boolean;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly oracle: Oracle;
  readonly gate: Gate;
  /** Places that once gave no answer. */
  readonly silent: Set<string>;
  /** It has ended and did not come back: asking further would only take time. */
  isDead: boolean;
  readonly needs: Needs<'http' | 'wire' | 'clock' | 'progress'>;
}
