import type { Json } from '../domain/api-document.ts';
import { designContract } from '../domain/contract.ts';
import { contractDecision, isContractRequest } from '../domain/contract-request.ts';
import type { Decision } from '../domain/decision.ts';
import { TurboError } from '../domain/errors.ts';
import type { Explanation } from '../domain/explanation.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import { designSchema } from '../phases/design-schema.ts';
import { detect } from '../phases/detect.ts';
import type { Needs } from '../ports/services.ts';

interface DesignOrder {
  readonly request: Request;
  /** The person's word; it overrules detection. */
  readonly database?: boolean;
  /** Where a model's calls are recorded; no project when it is left out. */
  readonly projectId?: string;
  /** A description of the API, which says what is kept; then nobody is asked. */
  readonly contract?: Json;
}

const callerOf = ({ projectId }: DesignOrder) => (projectId === undefined ? undefined : { projectId });

/** A run that was cut before it was designed has kept the name of the document only. */
function lostContract(): TurboError {
  return new TurboError('run.not_found', 'The document this project is made from was not read yet.', {
    hint: 'Type the same again: turbobackend create --openapi <file>',
  });
}

/** Does it need a database? */
export async function decide(order: DesignOrder, services: Needs<'model' | 'progress'>): Promise<Decision> {
  if (order.contract) return contractDecision(designContract(order.contract).schema);
  if (isContractRequest(order.request)) throw lostContract();
  if (order.database === undefined) return detect(order.request, services, callerOf(order));
  return {
    needsDatabase: order.database,
    reason: `You said so: --database ${order.database ? 'yes' : 'no'}.`,
    confidence: 1,
    signals: [],
    decidedBy: 'user',
    costUsd: 0,
  };
}

/** What a new project keeps, and the document that says so; recorded, so that a resumed one needs no file again. */
export async function designStage(
  { request, contract, needsDatabase, projectId }: DesignOrder & { readonly needsDatabase: boolean },
  services: Needs<'model' | 'progress'>,
): Promise<{ readonly schema: Schema | null; readonly contract: Json | null }> {
  if (contract) return { schema: needsDatabase ? parseSchema(designContract(contract).schema) : null, contract };
  if (!needsDatabase) return { schema: null, contract: null };
  const caller = projectId === undefined ? undefined : { projectId };
  return { schema: (await designSchema(request, services, caller)).schema, contract: null };
}

/** The decision and, when there is to be a database, its schema and why it is so. */
export async function design(
  order: DesignOrder,
  services: Needs<'model' | 'progress'>,
): Promise<{
  readonly decision: Decision;
  readonly schema: Schema | null;
  readonly explanation: Explanation | null;
}> {
  if (order.contract) {
    const designed = designContract(order.contract);
    const decision = contractDecision(designed.schema);
    return { decision, ...designed, schema: decision.needsDatabase ? parseSchema(designed.schema) : null };
  }
  const decision = await decide(order, services);
  if (!decision.needsDatabase) return { decision, schema: null, explanation: null };
  return { decision, ...(await designSchema(order.request, services, callerOf(order))) };
}
