import type { Schema } from '../../domain/schema.ts';
import type { Chance } from './chance.ts';
import type { Trials } from './contract/trials.ts';
import type { Field } from './field.ts';
import type { People } from './people.ts';
import type { Stock } from './stock.ts';
import type { Talk } from './talk.ts';

/** What one attack works with. */
export interface Scene extends Talk {
  readonly field: Field;
  readonly schema: Schema;
  readonly isFull: boolean;
  readonly chance: Chance;
  readonly people: People | null;
  readonly stock: Stock;
  /** Null where the operations of a contract are not tried signed in. */
  readonly trials: Trials | null;
}
