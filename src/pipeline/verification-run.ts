import type { ProjectFolder } from '../domain/project.ts';
import type { AttackResult, IndexAdvice, Profile, VerificationReport } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import type { PreparedTrial } from './prepared-trial.ts';
import type { Sections } from './report-sections.ts';
import type { TrialNeeds } from './trial-database.ts';

export type VerifyNeeds = TrialNeeds & Needs<'builder' | 'programs' | 'http' | 'wire' | 'contract'>;

export interface VerifyOrder {
  readonly profile: Profile;
  /** Breaks the project on purpose, again and again, and sees whether its tests notice: minutes. */
  readonly mutation?: boolean;
  /** Called when that begins: from then on it is stopped in good order, with `interrupted`, leaving nothing. */
  readonly untilSignal?: () => AbortSignal;
  /** Each section is a phase of its own to whoever watches. */
  readonly isTold?: boolean;
  /** A database that is being made already; it is not taken away. */
  readonly trial?: PreparedTrial;
}

/** One verification, and what its sections find beside their checks. */
export interface Run {
  readonly folder: ProjectFolder;
  readonly order: VerifyOrder;
  readonly services: VerifyNeeds;
  readonly sections: Sections;
  attacks: AttackResult | null;
  mutation: VerificationReport['mutation'];
  indexes: readonly IndexAdvice[];
}
