import type { BenchRequest } from './bench.ts';

/** One request of an attack. */
export interface Attempt extends BenchRequest {
  /** What is tried, for whoever has to mend it. */
  readonly what: string;
  /** Besides an answer that is no failure of the server. */
  readonly wanted?: number;
  /** A status that it must not be answered with. */
  readonly unwanted?: number;
}
