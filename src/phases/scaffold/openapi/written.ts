import type { Endpoint } from '../../../domain/endpoint.ts';
import { commentText, pascalCase } from '../source.ts';
import { headers } from './responses.ts';
import { componentRef, type Json } from './value-schema.ts';

/** The tag of what is no plain resource. */
const CUSTOM_TAG = 'custom';

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** The tags of endpoints that somebody wrote. */
export function writtenTags(endpoints: readonly Endpoint[]): readonly Json[] {
  return endpoints.length === 0 ? [] : [{ name: CUSTOM_TAG, description: 'What was written for this project.' }];
}

/** `paths` with endpoints that somebody wrote: in the words they were asked for, since no schema tells their shapes. */
export function withWritten(paths: Json, endpoints: readonly Endpoint[], secured: boolean): Json {
  const all: Record<string, unknown> = { ...paths };
  for (const endpoint of endpoints) {
    const known = all[endpoint.path];
    const item = typeof known === 'object' ? known : { parameters: pathParameters(endpoint.path) };
    all[endpoint.path] = { ...item, [endpoint.method.toLowerCase()]: operation(endpoint, secured) };
  }
  return all;
}

function operation({ name, method, purpose, inputs, answers }: Endpoint, secured: boolean): Json {
  const camel = pascalCase(name);
  const content = { 'application/json': {} };
  return {
    tags: [CUSTOM_TAG],
    operationId: camel.charAt(0).toLowerCase() + camel.slice(1),
    summary: commentText(purpose),
    description: commentText(`Takes: ${inputs}`),
    ...(secured && { security: [{}, { bearer: [] }] }),
    ...(WITH_BODY.has(method) && { requestBody: { content } }),
    responses: { default: { description: commentText(answers) || 'The answer.', headers: headers(), content } },
  };
}

function pathParameters(path: string): readonly Json[] {
  const own = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return [...own, componentRef('parameters', 'RequestId')];
}
