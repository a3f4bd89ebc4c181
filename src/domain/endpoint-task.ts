import { ApiDocument, isJson, type Json, type Spot } from './api-document.ts';
import { planContract } from './contract.ts';
import { servedPlace } from './contract-place.ts';
import type { PlannedOperation } from './contract-plan.ts';
import type { EndpointPlan } from './endpoint.ts';
import { operationName } from './endpoint-path.ts';
import type { Schema } from './schema.ts';

/** An endpoint that somebody is asked to write. */
export interface EndpointTask {
  readonly plan: EndpointPlan;
  /** What whoever writes it is told of it, as JSON. */
  readonly brief: string;
  /** Parameters that its query may have, as far as they are known. */
  readonly query: readonly string[];
  /** Whoever has no account must be refused. */
  readonly needsAccount: boolean;
  readonly takesBody: boolean;
}

const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** An endpoint of a request: its plan says all there is to say. */
export function requestTask(plan: EndpointPlan): EndpointTask {
  return {
    plan,
    brief: JSON.stringify(plan, null, 1),
    query: [],
    needsAccount: false,
    takesBody: BODY_METHODS.has(plan.method),
  };
}

/** A longer description is no small endpoint. */
const MAX_BRIEF = 24_000;

/** The operations of a document that no resource covers, in its order; a brief that would be too long is null. */
export function operationTasks(
  value: Json,
  schema: Schema,
): readonly (Omit<EndpointTask, 'brief'> & { readonly brief: string | null })[] {
  const document = new ApiDocument(value);
  return planContract(value, schema).operations.flatMap((planned) => {
    const { query, takesBody, action } = planned;
    // Whoever tries what was written has no key.
    if (action.kind !== 'custom' || planned.guard === 'key' || servedPlace(planned) === null) return [];
    const item = document.at(document.root, 'paths', planned.describedPath);
    const spot = document.at(item, planned.method);
    const brief = spot && item ? JSON.stringify(briefOf(planned, action.reason, item, spot, document)) : '';
    return {
      plan: planOf(planned),
      brief: brief.length > MAX_BRIEF ? null : brief,
      query,
      needsAccount: planned.guard === 'account',
      takesBody,
    };
  });
}

const METHODS = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE', patch: 'PATCH' } as const;

function planOf({ id, method, path, summary }: PlannedOperation): EndpointPlan {
  const told = 'As the document says.';
  return {
    ...{ name: operationName(id), method: METHODS[method], path },
    ...{ purpose: summary || id, inputs: told, answers: told },
  };
}

const SIGNED_IN = {
  none: 'nobody has to sign in',
  optional: 'whoever signs in may see more: readAccount(event)',
  key: 'its route asks for a key',
  account: 'whoever is not signed in is refused with 401: requireAccount(event)',
} as const;

function briefOf(planned: PlannedOperation, reason: string, item: Spot, spot: Spot, document: ApiDocument): object {
  const { id, method, path, guard, status, failures } = planned;
  const shared: unknown = item.value.parameters;
  return {
    ...{ name: operationName(id), operation: id, method: METHODS[method], path },
    signingIn: SIGNED_IN[guard],
    success: status,
    failures: Object.keys(failures),
    noResourceBecause: reason,
    ...(shared === undefined ? {} : { parametersOfThePath: shared }),
    described: spot.value,
    references: referencesOf([spot.value, shared], document),
  };
}

/** Everything that references lead to, by reference. */
function referencesOf(value: unknown, document: ApiDocument): Json {
  const found = new Map<string, Json>();
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next.filter((item) => item !== undefined));
    if (!isJson(next)) continue;
    const { $ref: reference } = next;
    if (typeof reference === 'string' && !found.has(reference)) {
      const target = document.follow({ value: next, pointer: reference });
      found.set(reference, target.value);
      waiting.push(target.value);
    }
    waiting.push(...Object.values(next).filter((item) => item !== undefined));
  }
  return Object.fromEntries([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}
