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

/** `quick` is what `create` ends with, a few seconds; `full` tries everything, a minute. */
export const PROFILES = ['quick', 'full'] as const;
export type Profile = (typeof PROFILES)[number];

/** A request of an attack and what came back, with every secret of ours left out. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Cut when it is long; null without one. */
  readonly body: string | null;
  readonly answer: {
    /** Null when nothing answered. */
    readonly status: number | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}

/** An attack that got through. */
export interface Weakness {
  /** Of the attack: `other-rows`, `injection`, `forged-token` … */
  readonly attack: string;
  readonly title: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  /** Number in the Common Weakness Enumeration. */
  readonly cwe: number;
  /** What was attacked: `GET /posts ?sort`. */
  readonly where: string;
  /** What was seen, in a sentence. */
  readonly evidence: string;
  readonly exchange: Exchange | null;
  /** What mends it, in a sentence. */
  readonly fix: string;
}

/** What was left out of an attack, with the reason in a sentence. */
export interface Untried {
  readonly name: string;
  readonly reason: string;
}

export interface AttackResult {
  readonly attacks: readonly { readonly name: string; readonly attempts: number; readonly ms: number }[];
  readonly weaknesses: readonly Weakness[];
  /** Reports of before this was told have none. */
  readonly untried?: readonly Untried[];
}

/** A filter of the API without an index that it could use. */
export interface IndexAdvice {
  readonly table: string;
  readonly column: string;
  readonly statement: string;
  /** The statement that makes the index. */
  readonly fix: string;
}

export const SECTIONS = [
  'types',
  'lint',
  'build',
  'boot',
  'statements',
  'behaviour',
  'contract',
  'tests',
  'attacks',
  'mutation',
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** One part of a report. `skipped` is never silent: `reason` says why, and what would make it run. */
export interface Section {
  readonly name: SectionName;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason: string;
  readonly checks: readonly Check[];
  readonly ms: number;
}

/** Everything that is known about a backend before it is handed over. */
export interface VerificationReport {
  readonly project: { readonly id: string; readonly name: string };
  readonly profile: Profile;
  /** Unix seconds. */
  readonly at: number;
  readonly ms: number;
  /** No section failed; what was skipped is listed. */
  readonly passed: boolean;
  readonly sections: readonly Section[];
  readonly attacks: AttackResult | null;
  readonly indexes: readonly IndexAdvice[];
  readonly mutation: {
    readonly killed: number;
    readonly total: number;
    readonly survivors: readonly string[];
  } | null;
}
