/** Evidence that a backend works: what was tried, what came back. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** Why it failed, with the request and the answer; empty when it passed. */
  readonly detail: string;
  readonly ms: number;
}

export interface Verification {
  readonly passed: boolean;
  readonly checks: readonly Check[];
}
