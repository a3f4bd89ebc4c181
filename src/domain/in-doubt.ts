import type { Decision } from './decision.ts';

/** Below this confidence a decision is a guess. */
const DOUBT = 0.65;

/** People are asked, or told so where nobody can be asked. */
export function isInDoubt({ confidence }: Pick<Decision, 'confidence'>): boolean {
  return confidence < DOUBT;
}
