import type { Schema } from '../../domain/schema.ts';
import type { Evidence } from './evidence.ts';
import type { SampleRows } from './sample-rows.ts';
import type { Talk } from './talk.ts';

/** What the proof of one table works with. */
export interface Scene {
  readonly schema: Schema;
  readonly evidence: Evidence;
  readonly rows: SampleRows;
  readonly talk: Talk;
}
