import { z } from 'zod';
import { isJson, type Json } from './api-document.ts';

const schemaShape = z.record(z.string(), z.unknown());

/** What an endpoint takes and answers, as JSON schemas. */
export const endpointDescriptionShape = z.strictObject({
  query: z.array(z.strictObject({ name: z.string(), required: z.boolean(), schema: schemaShape })),
  /** Null: it takes none. */
  body: schemaShape.nullable(),
  /** Of success. */
  status: z.int().min(200).max(299),
  /** Null: the answer has no body. */
  answer: schemaShape.nullable(),
});

export type EndpointDescription = Readonly<z.output<typeof endpointDescriptionShape>>;

/** An endpoint, with what was said of it. */
interface DescribedEndpoint {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly purpose: string;
  readonly description?: EndpointDescription | undefined;
}

/** The same as somebody tells it who writes an endpoint: schemas are JSON as text. */
export interface ToldDescription {
  readonly query: readonly { readonly name: string; readonly required: boolean; readonly schema: string }[];
  readonly body: string | null;
  readonly status: number;
  readonly answer: string | null;
}

const MAX_QUERY = 12;
const MAX_SCHEMA_TEXT = 6000;
const MAX_DEPTH = 8;
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** Reads what was told; what is wrong with it is a sentence. */
export function readDescription(told: ToldDescription): EndpointDescription | { readonly problem: string } {
  try {
    if (told.query.length > MAX_QUERY) throw new Unfit(`query: at most ${MAX_QUERY} parameters`);
    const query = told.query.map(({ name, required, schema }) => {
      if (!/^[A-Za-z][\w.-]{0,59}$/.test(name)) throw new Unfit(`query: ${JSON.stringify(name)} is no name`);
      return { name, required, schema: readSchema(schema, `query.${name}`) };
    });
    if (!(told.status >= 200 && told.status < 300)) throw new Unfit('status: the one of success, from 200 to 299');
    const body = told.body === null ? null : readSchema(told.body, 'body');
    return {
      query,
      body,
      status: told.status,
      answer: told.answer === null ? null : readSchema(told.answer, 'answer'),
    };
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message };
    throw error;
  }
}

class Unfit extends Error {}

function readSchema(text: string, place: string): Json {
  if (text.length > MAX_SCHEMA_TEXT) throw new Unfit(`${place}: longer than ${MAX_SCHEMA_TEXT} characters`);
  try {
    const value: unknown = JSON.parse(text);
    checkSchema(value, place, 0);
    return isJson(value) ? value : {};
  } catch (error) {
    if (error instanceof Unfit) throw error;
    throw new Unfit(`${place}: is no JSON`);
  }
}

function checkSchema(value: unknown, place: string, depth: number): void {
  if (!isJson(value)) throw new Unfit(`${place}: must be a JSON schema`);
  if (depth > MAX_DEPTH) throw new Unfit(`${place}: is nested too deeply`);
  for (const [word, said] of Object.entries(value)) {
    const rule = RULES.get(word);
    if (!rule) throw new Unfit(`${place}.${word}: is not known here`);
    if (!rule.isFit(said)) throw new Unfit(`${place}.${word}: must be ${rule.what}`);
    for (const [name, inner] of rule.schemasIn(said)) checkSchema(inner, `${place}.${word}${name}`, depth + 1);
  }
}

/** What may be said with a word. */
interface Rule {
  readonly what: string;
  isFit(said: unknown): boolean;
  /** Schemas that lie in it, and where. */
  schemasIn(said: unknown): readonly (readonly [place: string, schema: unknown])[];
}

const word = (what: string, isFit: Rule['isFit'], schemasIn: Rule['schemasIn'] = () => []): Rule => ({
  ...{ what, isFit, schemasIn },
});
const isListOf = (said: unknown, isFit: (item: unknown) => boolean) =>
  Array.isArray(said) && said.length > 0 && said.every(isFit);
const isText = (said: unknown) => typeof said === 'string';
const isPlain = (said: unknown) => !(said instanceof Object);
const isType = (said: unknown) => TYPES.includes(String(said));
const CHOICES = word(
  'a list of schemas',
  (said) => isListOf(said, () => true),
  (said) => (Array.isArray(said) ? said.map((inner: unknown, index) => [`.${index}`, inner]) : []),
);

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['type', word(`one of ${TYPES.join(', ')}`, (said) => isType(said) || isListOf(said, isType))],
  [
    'properties',
    word(
      'an object',
      (said) => isJson(said) && !Object.hasOwn(said, '__proto__'),
      (said) => Object.entries(isJson(said) ? said : {}).map(([name, inner]) => [`.${name}`, inner]),
    ),
  ],
  ['items', word('a schema', isJson, (said) => [['', said]])],
  ['anyOf', CHOICES],
  ['oneOf', CHOICES],
  [
    'additionalProperties',
    word(
      'true, false or a schema',
      (said) => typeof said === 'boolean' || isJson(said),
      (said) => (isJson(said) ? [['', said]] : []),
    ),
  ],
  ['required', word('a list of names', (said) => Array.isArray(said) && said.every(isText))],
  ['enum', word('a list of values', (said) => isListOf(said, isPlain))],
  ['const', word('a value', isPlain)],
  ['description', word('a text', isText)],
  ['format', word('a text', isText)],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((name): [string, Rule] => [
    name,
    word('a number', (said) => typeof said === 'number'),
  ]),
  ...['minLength', 'maxLength', 'minItems', 'maxItems'].map((name): [string, Rule] => [
    name,
    word('a count', (said) => Number.isInteger(said) && Number(said) >= 0),
  ]),
]);

const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** An endpoint of which nobody said what it takes and answers. */
const unknownOf = (method: string) => ({
  ...{ query: [], answer: {}, status: null },
  body: BODY_METHODS.has(method) ? {} : null,
});

/** Parameters, body and answer of an endpoint as OpenAPI 3.1 describes them; failures are left out. */
export function describedParts(
  { method, path }: Pick<DescribedEndpoint, 'method' | 'path'>,
  description: EndpointDescription | undefined,
): { readonly parameters: readonly Json[]; readonly requestBody: Json | null; readonly success: Json } {
  const { query, body, answer, status } = description ?? unknownOf(method);
  const content = (schema: Json) => ({ content: { 'application/json': { schema } } });
  const answered = { description: 'The answer.', ...(answer && content(answer)) };
  return {
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        ...{ name, in: 'path', required: true },
        schema: { type: 'string' },
      })),
      ...query.map(({ name, required, schema }) => ({ name, in: 'query', required, schema })),
    ],
    requestBody: body && { ...content(body), required: true },
    success: { [status ?? 'default']: answered },
  };
}

/** A document of endpoints and nothing else. */
export function endpointDocument(endpoints: readonly DescribedEndpoint[]): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { name, method, path, purpose, description } of endpoints) {
    const { parameters, requestBody, success } = describedParts({ method, path }, description);
    const operation = {
      ...{ operationId: name.replace(/\W+/g, '_'), summary: purpose, parameters },
      ...(requestBody && { requestBody }),
      responses: success,
    };
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return { openapi: '3.1.0', info: { title: 'Endpoints', version: '1' }, paths };
}
