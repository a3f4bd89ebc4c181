import type { Decision } from '../domain/decision.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import type { Accounts } from '../domain/schema.ts';
import type { Profile, Section } from '../domain/verification.ts';
import type { RemotesDone } from './remote-story.ts';
import type { PhaseTime } from './watch.ts';

/** What `create` leaves behind; never a password. */
export interface Created {
  readonly project: { readonly id: string; readonly name: string; readonly directory: string };
  readonly decision: Decision;
  readonly database: {
    readonly name: string;
    readonly tables: readonly string[];
    /** Who signs in; null or left out when nobody does. */
    readonly accounts?: Pick<Accounts, 'table' | 'login'> | null;
    /** The table of the keys that operations of a document ask for; null when there are none. */
    readonly keys?: string | null;
  } | null;
  /** What a model wrote, or was to write, beside the resources. */
  readonly endpoints?: readonly Pick<Endpoint, 'method' | 'path' | 'status' | 'reason'>[];
  readonly url: string;
  /** Operations of the document that answer 501 until somebody writes them. */
  readonly missing?: readonly { readonly operation: string; readonly reason: string }[];
  readonly checks: readonly { readonly name: string; readonly passed: boolean }[];
  /** What it was proven by, without the checks; null when nobody wanted it proven. */
  readonly verification: {
    readonly profile: Profile;
    readonly sections: readonly Pick<Section, 'name' | 'outcome' | 'reason'>[];
    /** Attacks tried, in attempts. */
    readonly attempts: number;
    /** Indexes that would help. */
    readonly indexes: readonly string[];
    /** Path of the whole report. */
    readonly report: string;
  } | null;
  /** What was done elsewhere; null when nothing was wished there. */
  readonly remotes: RemotesDone | null;
  readonly phases: readonly PhaseTime[];
  /** Milliseconds from the call to the answer; less than the sum of the phases, since some run side by side. */
  readonly ms: number;
  /** US dollars; null when a model's price is not known. */
  readonly costUsd: number | null;
  /** True when everything was there already. */
  readonly existed: boolean;
}
