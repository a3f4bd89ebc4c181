import { z } from 'zod';
import { endpointDescriptionShape } from './endpoint-description.ts';
import { isForbiddenName } from './endpoint-path.ts';
import { AUTH_PATHS, DOCS_PATH, OPENAPI_PATH } from './rest.ts';
import type { SchemaProblem } from './schema-rules.ts';

/** An endpoint that is no plain resource: somebody writes it. */
export const endpointPlanShape = z.strictObject({
  /** Of its files: `top-customers`. */
  name: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** `/customers/{id}/invoices`: parts in braces vary. */
  path: z.string(),
  /** What it does, in one or two sentences. */
  purpose: z.string(),
  /** What it takes from path, query and body, and what of it is refused. */
  inputs: z.string(),
  /** Status codes and what is in the answers. */
  answers: z.string(),
});

export type EndpointPlan = Readonly<z.output<typeof endpointPlanShape>>;

/** An endpoint as a project remembers it. */
export const endpointShape = endpointPlanShape.extend({
  status: z.enum(['written', 'missing']),
  /** Why it is missing; empty when it was written. */
  reason: z.string(),
  /** What it takes and answers, as far as its writer said. */
  description: endpointDescriptionShape.optional(),
});

export type Endpoint = Readonly<z.output<typeof endpointShape>>;

/** More of them are another project. */
const MAX_ENDPOINTS = 8;
const MAX_TEXT = 1000;

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const PATH = /^(?:\/(?:[a-z][a-z0-9-]*|\{[a-z][a-z0-9_]*\}))+$/;

/** `/a/{id}` and `/a/{key}` are one address. */
const shapeOf = (path: string) => path.replace(/\{[^}]*\}/g, '{}');
const addressOf = ({ method, path }: Pick<EndpointPlan, 'method' | 'path'>) => `${method} ${shapeOf(path)}`;
const namesTwice = (path: string) => {
  const names = path.match(/\{[^}]*\}/g) ?? [];
  return new Set(names).size < names.length;
};
/** `GET /posts/{id}` */
const pathOf = (route: string) => route.slice(route.indexOf(' ') + 1);

/** What is wrong with a list of endpoints; `routes` are those the project has: `GET /posts/{id}`. */
export function findEndpointProblems(
  endpoints: readonly EndpointPlan[],
  routes: readonly string[],
): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const taken = new Set(routes.map(shapeOf));
  if (endpoints.length > MAX_ENDPOINTS) {
    problems.push({ path: 'endpoints', message: `has ${endpoints.length} entries; ${MAX_ENDPOINTS} are the limit` });
  }
  const names = new Set<string>();
  const spellings = new Map(routes.map((route) => pathOf(route)).map((path) => [shapeOf(path), path]));
  for (const [index, endpoint] of endpoints.entries()) {
    const at = (part: string) => `endpoints.${index}.${part}`;
    const { name, path } = endpoint;
    if (!NAME.test(name) || name.length > 40 || isForbiddenName(name) || names.has(name)) {
      problems.push({ path: at('name'), message: 'must be a name of its own in kebab-case, at most 40 characters' });
    }
    names.add(name);
    if (!PATH.test(path) || path.length > 120 || namesTwice(path)) {
      problems.push({ path: at('path'), message: 'must look like /orders/{id}/refunds, each part with its own name' });
    } else if (isOurs(path) || [...taken].some((route) => isTaken(endpoint, route))) {
      problems.push({ path: at('path'), message: `${addressOf(endpoint)} leads to another endpoint already` });
    } else if ((spellings.get(shapeOf(path)) ?? path) !== path) {
      problems.push({ path: at('path'), message: `is ${spellings.get(shapeOf(path))} already: use its names` });
    }
    spellings.set(shapeOf(path), spellings.get(shapeOf(path)) ?? path);
    taken.add(addressOf(endpoint));
    for (const part of ['purpose', 'inputs', 'answers'] as const) {
      if (endpoint[part].length > MAX_TEXT) problems.push({ path: at(part), message: `is longer than ${MAX_TEXT}` });
    }
  }
  return problems;
}

/** The same address, or one that another takes for a key: `/posts/popular` where `/posts/{id}` is. */
function isTaken(endpoint: EndpointPlan, route: string): boolean {
  const [own, other] = [addressOf(endpoint).split('/'), route.split('/')];
  return own.length === other.length && own.every((part, index) => part === other[index] || other[index] === '{}');
}

function isOurs(path: string): boolean {
  const own: readonly string[] = ['/health', '/ready', OPENAPI_PATH, DOCS_PATH, ...Object.values(AUTH_PATHS)];
  return own.includes(path) || path.startsWith('/auth/');
}

/** The file of its route: `server/routes/customers/[id]/invoices.get.ts`. */
export function routeFile({ method, path }: Pick<EndpointPlan, 'method' | 'path'>): string {
  const place = path.slice(1).replace(/\{([^}]*)\}/g, '[$1]');
  return `server/routes/${place}.${method.toLowerCase()}.ts`;
}
