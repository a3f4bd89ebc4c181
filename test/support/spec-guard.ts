import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { child, findPath, isJson, type Json, placeAt } from '../../src/adapters/contract/ajv/description.ts';
import { closedComponents, closedSchema, merged } from './spec-guard/close-schemas.ts';

/** One call of a remote's API, as it went over the wire. */
export interface SpecExchange {
  readonly method: string;
  /** Path and query, with the path of the API's server. */
  readonly address: string;
  readonly requestHeaders: Readonly<Record<string, string | undefined>>;
  readonly requestBody: Uint8Array;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string | undefined>>;
  readonly answerBody: Uint8Array;
}

export interface SpecGuard {
  /** What both sides of a call did that the document does not say; kept in `violations` as well. */
  check(exchange: SpecExchange): readonly string[];
  /** All of them so far; a test asserts that there are none. */
  readonly violations: readonly string[];
  /** One of the same document with violations of its own: schemas are compiled once. */
  fork(): SpecGuard;
}

export interface SpecGuardOptions {
  /** What the paths of the document are served under (`/v1`). */
  readonly basePath?: string;
  /** Documented gaps of the document: a merge patch (RFC 7386), so that `null` takes a member away. */
  readonly overlay?: Json;
  /** What the body of a failure looks like whose status the document does not name (400 and above). */
  readonly failure?: Json;
}

/** An official document that lies beside the project and is no part of it; null where it is not. */
export function readSpec(name: string): Json | null {
  const file = new URL(`../../../shared/specs/${name}.openapi.json`, import.meta.url);
  if (!existsSync(file)) return null;
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJson(document)) throw new Error(`${name} is no OpenAPI document`);
  return document;
}

/**
 * Holds every request and every answer against an OpenAPI document, stricter than the document itself: what an object
 * does not name, it may not have; a parameter nobody described is an error; `nullable` means null. So neither a client
 * nor a fake can be wrong in a way that the other one happens to accept.
 */
export function specGuard(given: Json, { basePath = '', overlay = {}, failure }: SpecGuardOptions = {}): SpecGuard {
  const document = merged(given, overlay);
  const validate = validatorOf(document);
  const problemsOf = (exchange: SpecExchange): readonly string[] => {
    const { pathname, searchParams } = new URL(exchange.address, 'http://localhost');
    const path = pathname.startsWith(`${basePath}/`) ? findPath(document, pathname.slice(basePath.length)) : null;
    if (path === null) return ['the document does not have this address'];
    const item = child(child(document, 'paths'), path);
    const operation = child(item, exchange.method === 'HEAD' ? 'get' : exchange.method.toLowerCase());
    if (!isJson(operation.responses)) return ['the document does not have this method'];
    const parameters = parametersOf(document, item, operation);
    return [
      ...checkQuery(parameters, searchParams, validate),
      ...checkPath(parameters, path, pathname.slice(basePath.length), validate),
      ...checkHeaders(parameters, exchange.requestHeaders, validate),
      ...checkRequest(document, operation, exchange, validate),
      ...checkAnswer(document, operation, exchange, validate, failure),
    ];
  };
  return collecting(problemsOf);
}

function collecting(problemsOf: (exchange: SpecExchange) => readonly string[]): SpecGuard {
  const violations: string[] = [];
  return {
    violations,
    fork: () => collecting(problemsOf),
    check: (exchange) => {
      const problems = problemsOf(exchange).map(
        (problem) => `${exchange.method} ${exchange.address} → ${exchange.status}: ${problem}`,
      );
      violations.push(...problems);
      return problems;
    },
  };
}

type Validate = (schema: Json, value: unknown) => readonly string[];

function validatorOf(document: Json): Validate {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    logger: false,
    ownProperties: true,
  });
  addFormats.default(ajv);
  ajv.addSchema(closedComponents(document));
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    const closed = closedSchema(schema);
    const key = JSON.stringify(closed);
    const check = compiled.get(key) ?? ajv.compile(closed);
    compiled.set(key, check);
    return check(value) ? [] : (check.errors ?? []).map(errorText);
  };
}

function errorText({ instancePath, message = 'is not valid', params }: ErrorObject): string {
  const { additionalProperty, unevaluatedProperty, allowedValues } = params;
  const extra = additionalProperty ?? unevaluatedProperty ?? allowedValues;
  return `${instancePath || 'it'} ${message}${extra === undefined ? '' : ` (${String(extra)})`}`;
}

function dereferenced(document: Json, value: unknown): Json {
  if (!isJson(value)) return {};
  const { $ref: target } = value;
  if (typeof target !== 'string') return value;
  return placeAt(document, target.slice(2).split('/').map(decodeURIComponent))?.value ?? {};
}

function parametersOf(document: Json, item: Json, operation: Json): readonly Json[] {
  const lists = [item.parameters, operation.parameters].map((list) => (Array.isArray(list) ? list : []));
  return lists.flat().map((parameter) => dereferenced(document, parameter));
}

/** What a text of the address stands for, by the type that is described. */
function readText(schema: Json, text: string): unknown {
  const isNumber = schema.type === 'integer' || schema.type === 'number' || schema.type === undefined;
  if (isNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (schema.type !== 'string' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function checkQuery(parameters: readonly Json[], query: URLSearchParams, validate: Validate): readonly string[] {
  const described = new Map(parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]));
  const unknown = [...new Set(query.keys())].filter((name) => !described.has(name));
  const problems = unknown.map((name) => `the query parameter ${name} is not described`);
  for (const [name, parameter] of described) {
    const texts = query.getAll(String(name));
    if (texts.length === 0) {
      if (parameter.required === true) problems.push(`the query parameter ${String(name)} is missing`);
      continue;
    }
    const schema = child(parameter, 'schema');
    const items = child(schema, 'items');
    const value =
      schema.type === 'array' ? texts.map((text) => readText(items, text)) : readText(schema, texts[0] ?? '');
    const said = texts.length > 1 && schema.type !== 'array' ? ['is given twice'] : validate(schema, value);
    problems.push(...said.map((problem) => `the query parameter ${String(name)}: ${problem}`));
  }
  return problems;
}

function checkPath(parameters: readonly Json[], path: string, pathname: string, validate: Validate): readonly string[] {
  const given = pathname.split('/');
  return path.split('/').flatMap((part, at) => {
    const parameter = parameters.find((one) => one.in === 'path' && `{${String(one.name)}}` === part);
    if (!parameter) return [];
    const schema = child(parameter, 'schema');
    const problems = validate(schema, readText(schema, decodeURIComponent(given[at] ?? '')));
    return problems.map((problem) => `the path parameter ${part}: ${problem}`);
  });
}

function checkHeaders(
  parameters: readonly Json[],
  headers: SpecExchange['requestHeaders'],
  validate: Validate,
): readonly string[] {
  return parameters.flatMap((parameter) => {
    if (parameter.in !== 'header') return [];
    const value = headers[String(parameter.name).toLowerCase()];
    if (value === undefined)
      return parameter.required === true ? [`the header ${String(parameter.name)} is missing`] : [];
    const schema = child(parameter, 'schema');
    const problems = validate(schema, readText(schema, value));
    return problems.map((problem) => `the header ${String(parameter.name)}: ${problem}`);
  });
}

function checkRequest(document: Json, operation: Json, exchange: SpecExchange, validate: Validate): readonly string[] {
  const described = dereferenced(document, operation.requestBody);
  const { requestBody: body, requestHeaders: headers } = exchange;
  if (body.length === 0) return described.required === true ? ['the request has no body'] : [];
  if (Object.keys(child(described, 'content')).length === 0) return ['the request must not have a body'];
  return checkBody(child(described, 'content'), headers['content-type'], body, validate).map(
    (one) => `request: ${one}`,
  );
}

function checkAnswer(
  document: Json,
  operation: Json,
  { method, status, answerHeaders, answerBody }: SpecExchange,
  validate: Validate,
  failure: Json | undefined,
): readonly string[] {
  const responses = child(operation, 'responses');
  const key = [String(status), `${String(status)[0]}XX`, 'default'].find((name) => Object.hasOwn(responses, name));
  if (key === undefined && (status < 400 || !failure)) return ['the document does not have this status'];
  const described = key === undefined ? {} : dereferenced(document, responses[key]);
  const content = key === undefined ? { 'application/json': { schema: failure } } : child(described, 'content');
  if (method === 'HEAD') return [];
  if (Object.keys(content).length === 0) return answerBody.length === 0 ? [] : ['the answer must not have a body'];
  return checkBody(content, answerHeaders['content-type'], answerBody, validate).map((one) => `answer: ${one}`);
}

function checkBody(content: Json, header: string | undefined, body: Uint8Array, validate: Validate): readonly string[] {
  const type = (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const key = [type, `${type.split('/')[0]}/*`, '*/*'].find((name) => Object.hasOwn(content, name));
  if (key === undefined) return [`the content type ${type || '(none)'} is not described`];
  if (!type.endsWith('json')) return [];
  const { schema } = child(content, key);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isJson(schema) ? validate(schema, value) : [];
  } catch {
    return ['the body is no JSON'];
  }
}
