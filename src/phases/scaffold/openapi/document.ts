import type { Endpoint } from '../../../domain/endpoint.ts';
import { DOCS_PATH, OPENAPI_PATH } from '../../../domain/rest.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { commentText } from '../source.ts';
import { AUTH_TAG, authPaths, authSchemas } from './auth.ts';
import { formatJson } from './format-json.ts';
import { tablePaths } from './operations.ts';
import { filterSchemas, SHARED_PARAMETERS, tableParameters } from './parameters.ts';
import { headers, jsonResponse, PROBLEM_SCHEMAS, PROBLEMS, problems, SHARED_HEADERS } from './responses.ts';
import { rowSchemas, shape } from './row-schemas.ts';
import { type Scene, sceneOf } from './scene.ts';
import { componentRef, described, type Json } from './value-schema.ts';
import { withWritten, writtenTags } from './written.ts';

/** The tag of what the server tells about itself. */
const SERVER_TAG = 'server';

/** `server/openapi.json`: the API in OpenAPI 3.1, written from the rules that the code is written from. */
export function openapiFile(
  about: { readonly name: string; readonly request: string },
  schema: Schema,
  resources: readonly Resource[],
  written: readonly Endpoint[],
): string {
  return formatJson(openapiDocument(about, sceneOf(schema, resources), written));
}

function openapiDocument(
  about: { readonly name: string; readonly request: string },
  scene: Scene,
  written: readonly Endpoint[],
): Json {
  const { resources, secured } = scene;
  const tables = resources.map(({ table }) => ({ name: table.name, ...described(table.description) }));
  const auth = secured ? [{ name: AUTH_TAG, description: 'What people do with their account.' }] : [];
  const plain = merged([authPaths(scene), ...resources.map((own) => tablePaths(scene, own)), serverPaths(secured)]);
  const paths = withWritten(plain, written, secured);
  return {
    openapi: '3.1.1',
    info: { title: commentText(about.name) || 'Backend', version: '0.1.0', ...described(about.request) },
    // Wherever the document was found.
    servers: [{ url: '/' }],
    tags: [...auth, ...tables, ...writtenTags(written), { name: SERVER_TAG, description: 'How the server is.' }],
    paths: withUniqueIds(paths),
    components: components(scene, JSON.stringify(paths)),
  };
}

/** What the paths refer to, as JSON, and what no path has to name. */
function components(scene: Scene, used: string): Json {
  const { resources, secured } = scene;
  const enums = enumSchemas(scene);
  const named = Object.entries(PROBLEMS).map(([name, [, response]]): [string, Json] => [name, response]);
  // The answer to a method that an address does not have belongs to none of its operations.
  const responses = named.filter(([name]) => isReferredTo(used, 'responses', name) || name === 'MethodNotAllowed');
  const headed = used + JSON.stringify(responses);
  const headers = Object.entries(SHARED_HEADERS).filter(([name]) => isReferredTo(headed, 'headers', name));
  const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a session.' };
  return {
    ...(secured && { securitySchemes: { bearer: scheme } }),
    parameters: merged([SHARED_PARAMETERS, ...resources.map((resource) => tableParameters(scene, resource))]),
    headers: Object.fromEntries(headers),
    responses: Object.fromEntries(responses),
    schemas: merged([
      ...resources.map((resource) => rowSchemas(scene, resource)),
      enums,
      filterSchemas(scene),
      authSchemas(scene),
      PROBLEM_SCHEMAS,
      {
        Health: shape({ status: { const: 'ok' }, database: { const: 'ok' } }),
        Ready: shape({ status: { const: 'ready' } }),
      },
    ]),
  };
}

function isReferredTo(text: string, kind: 'responses' | 'headers', name: string): boolean {
  return text.includes(JSON.stringify(componentRef(kind, name)));
}

function enumSchemas({ resources }: Scene): Json {
  const types = resources.flatMap((resource) => resource.table.columns.map((column) => resource.typeOf(column)));
  return Object.fromEntries(
    types.flatMap(({ choices, enumName }) => (choices ? [[enumName, { enum: choices.values }]] : [])),
  );
}

/** What the server tells everybody: with accounts, too, it looks at no token for that. */
function serverPaths(secured: boolean): Json {
  const open = secured ? { security: [{}] } : {};
  const get = (operationId: string, summary: string, body: string): Json => ({
    parameters: [componentRef('parameters', 'RequestId')],
    get: {
      tags: [SERVER_TAG],
      operationId,
      summary,
      ...open,
      responses: { 200: jsonResponse(summary, componentRef('schemas', body)), ...problems('Unavailable') },
    },
  });
  return {
    '/health': get('health', 'The server and its database answer.', 'Health'),
    '/ready': get('ready', 'New requests are welcome.', 'Ready'),
    [OPENAPI_PATH]: {
      get: {
        tags: [SERVER_TAG],
        operationId: 'openapi',
        summary: 'This document',
        ...open,
        responses: {
          200: jsonResponse('This document.', { type: 'object' }, { ETag: 'ETag' }),
          304: { description: 'The version that is known.', headers: headers({ ETag: 'ETag' }) },
        },
      },
    },
    [DOCS_PATH]: {
      get: {
        tags: [SERVER_TAG],
        operationId: 'docs',
        summary: 'This document as a page to read',
        ...open,
        responses: {
          200: {
            description: 'A page.',
            headers: headers({ ETag: 'ETag' }),
            content: { 'text/html': { schema: { type: 'string' } } },
          },
          304: { description: 'The version that is known.', headers: headers({ ETag: 'ETag' }) },
        },
      },
    },
  };
}

function merged(parts: readonly Json[]): Json {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** No two operations are called the same: `/posts/{id}/tags` and `/post-tags` would be. */
function withUniqueIds(paths: Json): Json {
  const taken = new Set<string>();
  const rename = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || !('operationId' in part)) return part;
    const wanted = String(part.operationId);
    let id = wanted;
    for (let number = 2; taken.has(id); number += 1) id = `${wanted}${number}`;
    taken.add(id);
    return { ...part, operationId: id };
  };
  const items = Object.entries(paths).map(([path, item]): [string, unknown] => {
    if (typeof item !== 'object' || item === null) return [path, item];
    return [path, Object.fromEntries(Object.entries(item).map(([name, part]) => [name, rename(part)]))];
  });
  return Object.fromEntries(items);
}
