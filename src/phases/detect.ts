import type { Decision } from '../domain/decision.ts';
import type { Request } from '../domain/request.ts';
import type { Needs } from '../ports/services.ts';

/** Does the request need a database? The answer says why, and how sure it is; in doubt it notes that it guessed. */
export async function detect(request: Request, services: Needs<'model' | 'progress'>): Promise<Decision> {
  const decision = await services.model.detect(request);
  if (decision.confidence < DOUBT) {
    const guess = decision.needsDatabase ? 'with a database' : 'without a database';
    services.progress({
      kind: 'warning',
      message: `Not sure whether this needs a database; going on ${guess}. ${decision.reason}`,
    });
  }
  return decision;
}

/** Below this confidence the decision is a guess, and people are told so. */
const DOUBT = 0.65;
