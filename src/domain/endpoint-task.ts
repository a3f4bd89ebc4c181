import { ApiDocument, isJson, type Json, type Spot } from './api-document.ts';
import { planContract } from './contract.ts';
import { servedPlace } from './contract-place.ts';
import type { ContractKeys, KeyPlace, PlannedOperation } from './contract-plan.ts';
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
  /** Null: no key counts. */
  readonly key: TaskKey | null;
}

/** What opens an endpoint that looks at keys. */
export interface TaskKey {
  /** One of them is enough; never empty. */
  readonly places: readonly KeyPlace[];
  /** A key that is good for nothing is refused with 403 at each of them. */
  readonly needsScope: boolean;
  /** Who has none is let in, too. */
  readonly isOptional: boolean;
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
    key: null,
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
  const { operations, keys } = planContract(value, schema);
  return operations.flatMap((planned) => {
    const { query, takesBody, action } = planned;
    if (action.kind !== 'custom' || servedPlace(planned) === null) return [];
    // What nobody may ask, nobody can try: and its scope is not to be forgotten on the way.
    if (planned.admits === 'nobody') return [];
    const item = document.at(document.root, 'paths', planned.describedPath);
    const spot = document.at(item, planned.method);
    const brief = spot && item ? JSON.stringify(briefOf(planned, action.reason, item, spot, document)) : '';
    return {
      plan: planOf(planned),
      brief: brief.length > MAX_BRIEF ? null : brief,
      query,
      needsAccount: planned.guard === 'account',
      takesBody,
      key: keyOf(planned, keys),
    };
  });
}

function keyOf({ guard, opens }: PlannedOperation, keys: ContractKeys | null): TaskKey | null {
  const places = Object.keys(opens).flatMap((scheme) => keys?.places[scheme] ?? []);
  if (places.length === 0) return null;
  const needsScope = Object.values(opens).every((scopes) => scopes.length > 0);
  return { places, needsScope, isOptional: guard === 'optional' };
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
  key: 'its route asks for a key before the handler is called, and refuses with 401 or 403: nothing to be done',
  account: 'whoever is not signed in is refused with 401: requireAccount(event)',
} as const;

function signingIn({ guard, opens, admits }: PlannedOperation): string {
  if (admits === 'admins')
    return 'its route lets in administrators only, others get 403; requireAccount(event) tells which of them it is';
  if (guard !== 'optional' || Object.keys(opens).length === 0) return SIGNED_IN[guard];
  const asked = `await hasKey(event, ${JSON.stringify(opens)})`;
  return `whoever brings a key may see more: ${asked} of '../../lib/optional-key.ts' tells; its route refuses bad keys`;
}

function briefOf(planned: PlannedOperation, reason: string, item: Spot, spot: Spot, document: ApiDocument): object {
  const { id, method, path, status, failures } = planned;
  const shared: unknown = item.value.parameters;
  return {
    ...{ name: operationName(id), operation: id, method: METHODS[method], path },
    signingIn: signingIn(planned),
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
