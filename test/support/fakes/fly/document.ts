import { child, isJson, type Json } from '../../../../src/adapters/contract/ajv/description.ts';
import { readSpec, type SpecGuard, specGuard } from '../../spec-guard.ts';

const failure = {
  type: 'object',
  required: ['error'],
  properties: { error: { type: 'string' }, status: { type: 'string' }, details: {} },
  additionalProperties: false,
};

const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } });
const leases = {
  type: 'object',
  required: ['status', 'data'],
  properties: {
    status: { type: 'string', enum: ['success'] },
    data: {
      type: 'object',
      required: ['nonce', 'expires_at', 'owner', 'version'],
      properties: {
        nonce: { type: 'string' },
        expires_at: { type: 'integer' },
        owner: { type: 'string' },
        version: { type: 'string' },
        description: { type: 'string' },
      },
    },
  },
};
const created = { type: 'object', properties: { id: { type: 'string' }, created_at: { type: 'integer' } } };
/** Told as a boolean, taken as a word: the document says so in a sentence. */
const autostop = { anyOf: [{ type: 'boolean' }, { enum: ['off', 'stop', 'suspend'] }] };

/** Where the document is known to be silent or wrong: its answer to a new app, its leases, its words for programs. */
const gaps: Json = {
  paths: {
    '/apps': { post: { responses: { '201': json(created) } } },
    '/apps/{app_name}/machines/{machine_id}/lease': {
      get: { responses: { '200': json({ $ref: null, ...leases }) } },
      post: { responses: { '201': json({ $ref: null, ...leases }) } },
    },
  },
  components: {
    schemas: {
      'fly.MachineService': { properties: { autostop: { type: null, enum: null, ...autostop } } },
      'main.statusCode': { enum: ['unknown', 'insufficient_capacity', 'name_taken'] },
    },
  },
};

/** Holds calls against Fly's own document where it is present, and against the schemas of a client made of it elsewhere. */
export async function flyGuard(mayRead = true): Promise<SpecGuard> {
  const guard = guards.get(mayRead) ?? makeGuard(mayRead);
  guards.set(mayRead, guard);
  return (await guard).fork();
}

const guards = new Map<boolean, Promise<SpecGuard>>();

async function makeGuard(mayRead: boolean): Promise<SpecGuard> {
  const spec = mayRead ? readSpec('fly-machines-2026-05-07') : null;
  if (spec) return specGuard(spec, { basePath: '/v1', overlay: gaps, failure });
  const { paths } = gaps;
  return specGuard(await derivedDocument(), { basePath: '/v1', overlay: { paths }, failure });
}

/** A document of what `@distilled.cloud/fly-io` says about each operation. */
async function derivedDocument(): Promise<Json> {
  const [operations, { toJsonSchemaDocument }, { httpSymbol }] = await Promise.all([
    import('@distilled.cloud/fly-io/Operations'),
    import('effect/Schema'),
    import('@distilled.cloud/fly-io/Traits'),
  ]);
  const schemas = new Map<string, unknown>(Object.entries(operations));
  const schemaOf = (value: unknown): Json => {
    // The package's own types are too wide to be said here; what is no schema throws.
    const { schema } = toJsonSchemaDocument(value as Parameters<typeof toJsonSchemaDocument>[0]);
    const plain = plainSchema(schema);
    return isJson(plain) ? plain : {};
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, input] of schemas) {
    const http = httpOf(input, httpSymbol);
    if (!name.endsWith('Input') || !http) continue;
    const output = schemas.get(name.replace(/Input$/, 'Output'));
    const methods = paths[http.path] ?? {};
    methods[http.method.toLowerCase()] = operationOf(http, schemaOf(input), schemaOf(output));
    paths[http.path] = methods;
  }
  return { openapi: '3.1.0', paths };
}

interface Http {
  readonly method: string;
  readonly path: string;
}

function httpOf(schema: unknown, symbol: symbol): Http | null {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null || !('ast' in schema))
    return null;
  const { ast } = schema;
  const annotations = typeof ast === 'object' && ast !== null && 'annotations' in ast ? ast.annotations : undefined;
  if (typeof annotations !== 'object' || annotations === null) return null;
  const found: unknown = Reflect.get(annotations, symbol);
  const { method, path } = isJson(found) ? found : {};
  // One path of the client has the base of all in it.
  return typeof method === 'string' && typeof path === 'string' ? { method, path: path.replace(/^\/v1\//, '/') } : null;
}

function operationOf({ method, path }: Http, input: Json, output: Json): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const members = Object.entries(child(input, 'properties')).filter(([name]) => !inPath.includes(name));
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  const content = Object.keys(output).length === 0 || output.type === 'null' ? {} : json(output);
  return {
    parameters: [
      ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...(hasBody ? [] : members.map(([name, schema]) => ({ name, in: 'query', schema }))),
    ],
    ...(hasBody && members.length > 0
      ? { requestBody: json({ type: 'object', properties: Object.fromEntries(members), additionalProperties: false }) }
      : {}),
    responses: { '2XX': content },
  };
}

/** Without what stands for a missing member, and for numbers that are none. */
function plainSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainSchema);
  if (!isJson(value)) return value;
  const { anyOf, ...rest } = value;
  const choices = Array.isArray(anyOf) ? anyOf.filter((one) => !isStandIn(one)).map(plainSchema) : [];
  const [only] = choices;
  if (choices.length === 1 && isJson(only)) return only;
  const others = Object.entries(rest).map(([name, one]) => [name, name === 'autostop' ? autostop : plainSchema(one)]);
  return { ...Object.fromEntries(others), ...(choices.length > 0 ? { anyOf: choices } : {}) };
}

function isStandIn(schema: unknown): boolean {
  if (!isJson(schema)) return false;
  const [word] = Array.isArray(schema.enum) ? schema.enum : [];
  return schema.type === 'null' || ['NaN', 'Infinity', '-Infinity'].includes(String(word));
}
