import type { Json } from '../../../../src/adapters/contract/ajv/description.ts';
import { BULK_UPLOAD, TOOLBOX_FAILURE } from './spec-overlays.ts';

/** Documents of our own, for where Daytona's do not lie beside the project: what turbobackend uses, and no more. */

const TEXT: Json = { type: 'string' };
const WHOLE: Json = { type: 'integer' };
const YES: Json = { type: 'boolean' };
const TEXTS: Json = { type: 'object', additionalProperties: TEXT };

const object = (required: Readonly<Record<string, Json>>, optional: Readonly<Record<string, Json>> = {}): Json => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
});

const list = (items: Json): Json => ({ type: 'array', items });

const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } });

interface Operation {
  readonly query?: Readonly<Record<string, Json>>;
  readonly body?: Json;
  readonly status?: number;
  readonly answer?: Json;
}

const operation = ({ query = {}, body, status = 200, answer }: Operation): Json => ({
  parameters: Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
  ...(body ? { requestBody: { required: true, ...json(body) } } : {}),
  responses: { [status]: { description: 'done', ...(answer ? json(answer) : {}) } },
});

const ROOM: Readonly<Record<string, Json>> = {
  id: TEXT,
  organizationId: TEXT,
  name: TEXT,
  user: TEXT,
  labels: TEXTS,
  public: YES,
  networkBlockAll: YES,
  target: TEXT,
  cpu: WHOLE,
  gpu: WHOLE,
  memory: WHOLE,
  disk: WHOLE,
  toolboxProxyUrl: TEXT,
};

const STATE: Json = {
  enum: [
    'creating',
    'destroyed',
    'destroying',
    'started',
    'stopped',
    'starting',
    'stopping',
    'error',
    'build_failed',
    'pending_build',
    'building_snapshot',
  ],
};

const ROOM_MORE: Readonly<Record<string, Json>> = {
  state: STATE,
  desiredState: TEXT,
  errorReason: TEXT,
  networkAllowList: TEXT,
  domainAllowList: TEXT,
  autoStopInterval: WHOLE,
  autoDeleteInterval: WHOLE,
  createdAt: TEXT,
};

const SANDBOX = object({ ...ROOM, env: TEXTS }, ROOM_MORE);

const CREATE = object(
  {},
  {
    name: TEXT,
    snapshot: TEXT,
    user: TEXT,
    env: TEXTS,
    labels: TEXTS,
    public: YES,
    networkBlockAll: YES,
    networkAllowList: TEXT,
    domainAllowList: TEXT,
    target: TEXT,
    cpu: WHOLE,
    memory: WHOLE,
    disk: WHOLE,
    autoStopInterval: WHOLE,
    autoDeleteInterval: WHOLE,
    ttlMinutes: WHOLE,
    buildInfo: object({ dockerfileContent: TEXT }),
  },
);

const KEY = object({
  name: TEXT,
  value: TEXT,
  createdAt: TEXT,
  permissions: list(TEXT),
  lastUsedAt: { type: ['string', 'null'] },
  expiresAt: { type: ['string', 'null'] },
  userId: TEXT,
});

/** The API that makes and finds sandboxes. */
export const minimalApi = (): Json => ({
  openapi: '3.0.0',
  paths: {
    '/api-keys/current': { get: operation({ answer: KEY }) },
    '/sandbox': {
      post: operation({ body: CREATE, answer: SANDBOX }),
      get: operation({
        query: { labels: TEXT, name: TEXT, limit: WHOLE, cursor: TEXT },
        answer: object({ items: list(object(ROOM, ROOM_MORE)), nextCursor: { type: ['string', 'null'] } }),
      }),
    },
    '/sandbox/{sandboxIdOrName}': { get: operation({ answer: SANDBOX }), delete: operation({ answer: SANDBOX }) },
    '/sandbox/{sandboxIdOrName}/start': { post: operation({ answer: SANDBOX }) },
    '/sandbox/{sandboxIdOrName}/stop': { post: operation({ query: { force: YES }, answer: SANDBOX }) },
    '/sandbox/{sandboxIdOrName}/labels': {
      put: operation({ body: object({ labels: TEXTS }), answer: object({ labels: TEXTS }) }),
    },
    '/sandbox/{sandboxIdOrName}/network-settings': {
      post: operation({
        body: object({}, { networkBlockAll: YES, networkAllowList: TEXT, domainAllowList: TEXT }),
        answer: SANDBOX,
      }),
    },
    '/sandbox/{sandboxId}/last-activity': {
      post: { ...operation({ status: 201 }), requestBody: json(object({}, { activityType: TEXT })) },
    },
    '/sandbox/{sandboxId}/toolbox-proxy-url': { get: operation({ answer: object({ url: TEXT }) }) },
    '/sandbox/{sandboxIdOrName}/ports/{port}/preview-url': {
      get: operation({ answer: object({ sandboxId: TEXT, url: TEXT, token: TEXT }) }),
    },
  },
});

const COMMAND = object({ id: TEXT, command: TEXT }, { exitCode: WHOLE });
const ENDED = object({ cmdId: TEXT }, { exitCode: WHOLE, stdout: TEXT, stderr: TEXT, output: TEXT });
const FILE_FACTS = ['name', 'path', 'mode', 'permissions', 'owner', 'group', 'modTime', 'modifiedAt'] as const;

const START = operation({ body: object({ command: TEXT }, { runAsync: YES, async: YES, suppressInputEcho: YES }) });

/** The daemon in a sandbox. */
export const minimalToolbox = (): Json => ({
  openapi: '3.0.0',
  paths: {
    '/work-dir': { get: operation({ answer: object({ dir: TEXT }) }) },
    '/files': { delete: operation({ query: { path: TEXT, recursive: YES }, status: 204 }) },
    '/files/bulk-upload': { post: BULK_UPLOAD },
    '/files/bulk-download': {
      post: {
        ...operation({ body: object({ paths: list(TEXT) }) }),
        responses: { 200: { content: { 'multipart/form-data': {} } } },
      },
    },
    '/files/folder': { post: operation({ query: { path: TEXT, mode: TEXT }, status: 201 }) },
    '/files/info': {
      get: operation({
        query: { path: TEXT },
        answer: object({
          ...Object.fromEntries(FILE_FACTS.map((name) => [name, TEXT])),
          isDir: YES,
          size: WHOLE,
        }),
      }),
    },
    '/process/execute': {
      post: operation({
        body: object({ command: TEXT }, { cwd: TEXT, envs: TEXTS, timeout: WHOLE }),
        answer: object({ result: TEXT }, { exitCode: WHOLE }),
      }),
    },
    '/process/session': { post: operation({ body: object({ sessionId: TEXT }), status: 201 }) },
    '/process/session/{sessionId}': {
      get: operation({ answer: object({ sessionId: TEXT, commands: list(COMMAND) }) }),
      delete: operation({ status: 204 }),
    },
    '/process/session/{sessionId}/exec': {
      post: { ...START, responses: { 200: json(ENDED), 202: json(ENDED) } },
    },
    '/process/session/{sessionId}/command/{commandId}': { get: operation({ answer: COMMAND }) },
    '/process/session/{sessionId}/command/{commandId}/logs': {
      get: operation({ answer: object({ output: TEXT, stdout: TEXT, stderr: TEXT }) }),
    },
  },
  components: { schemas: { ErrorResponse: TOOLBOX_FAILURE } },
});
