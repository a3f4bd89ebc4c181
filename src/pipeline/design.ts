import type { Decision } from '../domain/decision.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { designSchema } from '../phases/design-schema.ts';
import { detect } from '../phases/detect.ts';
import type { Needs } from '../ports/services.ts';

interface DesignOrder {
  readonly request: Request;
  /** The person's word; it overrules detection. */
  readonly database?: boolean;
}

/** Does it need a database? */
export async function decide(order: DesignOrder, services: Needs<'model' | 'progress'>): Promise<Decision> {
  if (order.database === undefined) return detect(order.request, services);
  return {
    needsDatabase: order.database,
    reason: `You said so: --database ${order.database ? 'yes' : 'no'}.`,
    confidence: 1,
    signals: [],
    decidedBy: 'user',
    costUsd: 0,
  };
}

/** The decision and, when there is to be a database, its schema. */
export async function design(
  order: DesignOrder,
  services: Needs<'model' | 'progress'>,
): Promise<{ readonly decision: Decision; readonly schema: Schema | null }> {
  const decision = await decide(order, services);
  return { decision, schema: decision.needsDatabase ? await designSchema(order.request, services) : null };
}
