import type { Decision } from '../domain/decision.ts';
import { type ErrorCode, TurboError } from '../domain/errors.ts';
import { isInDoubt } from '../domain/in-doubt.ts';
import type { Request } from '../domain/request.ts';
import type { Caller } from '../ports/model.ts';
import type { Needs } from '../ports/services.ts';

/**
 * Does the request need a database? The answer says why, and how sure it is; in doubt it notes that it guessed. A model
 * that could not answer means no database, and is said loudly; what somebody has to mend first (a key, a name, a limit)
 * is thrown.
 */
export async function detect(
  request: Request,
  services: Needs<'model' | 'progress'>,
  caller?: Caller,
): Promise<Decision> {
  const decision = await services.model.detect(request, caller).catch(withoutAnswer);
  if (isInDoubt(decision)) {
    const guess = decision.needsDatabase ? 'with a database' : 'without a database';
    services.progress({
      kind: 'warning',
      message: `Not sure whether this needs a database; going on ${guess}. ${decision.reason}`,
    });
  }
  return decision;
}

/** What passes by itself, or is nobody's fault that could be mended. */
const NO_ANSWER: readonly ErrorCode[] = ['model.unreachable', 'model.timeout', 'model.failed', 'model.unusable'];

function withoutAnswer(error: unknown): Decision {
  if (!(error instanceof TurboError) || !NO_ANSWER.includes(error.code)) throw error;
  return {
    needsDatabase: false,
    reason: `No answer came (${error.code}): ${error.message} If it needs one: --database yes, or --model planner.`,
    confidence: 0,
    signals: [],
    decidedBy: 'nobody',
    costUsd: null,
  };
}
