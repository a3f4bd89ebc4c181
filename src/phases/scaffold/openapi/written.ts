import { isJson } from '../../../domain/api-document.ts';
import type { Endpoint } from '../../../domain/endpoint.ts';
import { describedParts } from '../../../domain/endpoint-description.ts';
import { commentText, pascalCase } from '../source.ts';
import { headers } from './responses.ts';
import { componentRef, type Json } from './value-schema.ts';

/** The tag of what is no plain resource. */
const CUSTOM_TAG = 'custom';

/** The tags of endpoints that somebody wrote. */
export function writtenTags(endpoints: readonly Endpoint[]): readonly Json[] {
  return endpoints.length === 0 ? [] : [{ name: CUSTOM_TAG, description: 'What was written for this project.' }];
}

/** `paths` with endpoints that somebody wrote, as they were described, in the words they were asked for. */
export function withWritten(paths: Json, endpoints: readonly Endpoint[], secured: boolean): Json {
  const all: Record<string, unknown> = { ...paths };
  for (const endpoint of endpoints) {
    const known = all[endpoint.path];
    const item = typeof known === 'object' ? known : { parameters: pathParameters(endpoint) };
    all[endpoint.path] = { ...item, [endpoint.method.toLowerCase()]: operation(endpoint, secured) };
  }
  return all;
}

function operation(endpoint: Endpoint, secured: boolean): Json {
  const { name, purpose, inputs, answers, description } = endpoint;
  const camel = pascalCase(name);
  const { parameters, requestBody, success } = describedParts(endpoint, description);
  const others = parameters.filter((parameter) => parameter.in !== 'path');
  const told = commentText(answers) || 'The answer.';
  const content = { 'application/json': {} };
  return {
    tags: [CUSTOM_TAG],
    operationId: camel.charAt(0).toLowerCase() + camel.slice(1),
    summary: commentText(purpose),
    description: commentText(`Takes: ${inputs}`),
    ...(secured && { security: [{}, { bearer: [] }] }),
    ...(others.length > 0 && { parameters: others }),
    ...(requestBody && { requestBody }),
    responses: {
      ...Object.fromEntries(
        Object.entries(success).map(([status, answer]) => [
          status,
          { ...(isJson(answer) ? answer : {}), description: told, headers: headers() },
        ]),
      ),
      ...(description && { default: { description: told, headers: headers(), content } }),
    },
  };
}

function pathParameters(endpoint: Endpoint): readonly Json[] {
  const { parameters } = describedParts(endpoint, undefined);
  return [...parameters.filter((parameter) => parameter.in === 'path'), componentRef('parameters', 'RequestId')];
}
