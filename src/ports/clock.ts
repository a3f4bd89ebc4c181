export interface Clock {
  /** Unix seconds. */
  now(): number;
  /** Milliseconds that only ever grow, for durations. */
  elapsedMs(): number;
  sleep(ms: number): Promise<void>;
}

export interface Ids {
  /** 16 characters of [a-z0-9]. */
  projectId(): string;
  /** A nano id for rows of the metadata database. */
  rowId(): string;
}
