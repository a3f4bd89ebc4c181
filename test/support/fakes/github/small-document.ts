import type { Json } from '../../../../src/adapters/contract/ajv/description.ts';

/**
 * A document of our own, for where GitHub's does not lie beside the project: the calls that turbobackend makes, by hand
 * after https://docs.github.com/rest. Requests are closed; of answers only what is read has to be there.
 */
export const smallDocument = (): Json => ({
  openapi: '3.1.0',
  paths: {
    '/user': { get: { responses: { 200: json(open({ login: TEXT, id: { type: 'integer' } })) } } },
    '/user/repos': { post: { requestBody: json(NEW_REPOSITORY), responses: { 201: json(REPOSITORY) } } },
    '/orgs/{org}/repos': {
      post: { parameters: inPath('org'), requestBody: json(NEW_REPOSITORY), responses: { 201: json(REPOSITORY) } },
    },
    '/repos/{owner}/{repo}': {
      parameters: inPath('owner', 'repo'),
      get: {
        responses: { 200: json(REPOSITORY), 301: json(open({ message: TEXT, url: TEXT, documentation_url: TEXT })) },
      },
      delete: { responses: { 204: { description: 'removed' } } },
    },
    '/repos/{owner}/{repo}/git/refs': {
      parameters: inPath('owner', 'repo'),
      post: {
        requestBody: json(closed({ ref: TEXT, sha: { type: 'string', pattern: '^[0-9a-f]{40}$' } })),
        responses: { 201: json(open({ ref: TEXT })) },
      },
    },
  },
});

const TEXT: Json = { type: 'string' };
const YES: Json = { type: 'boolean' };

const object = (properties: Readonly<Record<string, Json>>, isOpen: boolean): Json => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: isOpen,
});
const open = (properties: Readonly<Record<string, Json>>): Json => object(properties, true);
const closed = (properties: Readonly<Record<string, Json>>): Json => object(properties, false);

const json = (schema: Json): Json => ({ description: '', content: { 'application/json': { schema } } });

const inPath = (...names: readonly string[]): readonly Json[] =>
  names.map((name) => ({ name, in: 'path', required: true, schema: TEXT }));

const NEW_REPOSITORY: Json = {
  ...closed({ name: TEXT }),
  properties: { name: TEXT, private: YES, description: TEXT, auto_init: YES },
};

const REPOSITORY = open({
  name: TEXT,
  full_name: TEXT,
  owner: open({ login: TEXT }),
  private: YES,
  archived: YES,
  default_branch: TEXT,
  clone_url: TEXT,
  html_url: TEXT,
  permissions: closed({ admin: YES, maintain: YES, push: YES, triage: YES, pull: YES }),
  created_at: { type: 'string', format: 'date-time' },
});
