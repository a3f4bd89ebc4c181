import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { TurboError } from '../../../domain/errors.ts';
import type { CheckAnswer, Contract } from '../../../ports/contract.ts';
import type { HttpAnswer } from '../../../ports/http.ts';
import { child, findPath, isJson, type Json, type Place, placeAt, pointer } from './description.ts';
import { asNewest, basePathOf } from './given-document.ts';

const DOCUMENT = 'https://turbobackend.invalid/openapi';
/** Errors of one answer that are told; the rest says the same again. */
const MOST_ERRORS = 5;
/** On a shape that is only answered when the query has one of these parameters. */
const CONDITION = 'x-with-query';

/** Checks with JSON Schema 2020-12, the dialect of OpenAPI 3.1; each schema is compiled when it is first needed. */
export function ajvContract(): Contract {
  return {
    open: async (given, { isGiven = false } = {}) => {
      const document = isGiven ? asNewest(given) : given;
      if (!isJson(document) || typeof document.openapi !== 'string' || !document.openapi.startsWith('3.1.')) {
        throw new TurboError('verify.failed', 'The description of the API is no OpenAPI 3.1 document.', {
          hint: 'Write it anew: turbobackend scaffold',
        });
      }
      return checkerOf(document, isGiven);
    },
  };
}

type Validate = (names: readonly string[], value: unknown) => readonly string[];

function checkerOf(document: Json, isGiven: boolean): CheckAnswer {
  const validate = validatorOf(document);
  const base = isGiven ? basePathOf(document) : '';
  return (method, address, answer) => {
    const { pathname, searchParams } = new URL(address, 'http://localhost');
    const where = `${method} ${address} → ${answer.status}`;
    const place = isGiven
      ? givenPlace(document, method, pathname, base, answer.status)
      : responsePlace(document, method, pathname, answer.status);
    if (place === null) return [];
    if (typeof place === 'string') return [`${where}: ${place}`];
    const hasBody = method !== 'HEAD';
    const problems = [
      ...checkHeaders(document, place, answer, validate),
      ...(hasBody ? checkBody(place, answer, searchParams, validate) : []),
    ];
    return problems.slice(0, MOST_ERRORS).map((problem) => `${where}: ${problem}`);
  };
}

function validatorOf(document: Json): Validate {
  // What every object inherits (`constructor`) is no property of an answer.
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateSchema: false,
    logger: false,
    ownProperties: true,
  });
  addFormats.default(ajv);
  ajv.addSchema(document, DOCUMENT);
  return (names, value) => {
    const reference = `${DOCUMENT}#${pointer(...names)}`;
    const check = ajv.getSchema(reference);
    if (!check) return [`there is no schema at ${names.join('/')}`];
    return check(value) ? [] : (check.errors ?? []).map(errorText);
  };
}

function errorText({ instancePath, message = 'is not valid', params }: ErrorObject): string {
  const { additionalProperty } = params;
  const extra = typeof additionalProperty === 'string' ? ` (${additionalProperty})` : '';
  return `body${instancePath} ${message}${extra}`;
}

/** The response that is described for an answer; a sentence when there is none. */
function responsePlace(document: Json, method: string, pathname: string, status: number): Place | string {
  const shared = (name: string) => placeAt(document, ['components', 'responses', name]);
  const path = findPath(document, pathname);
  if (path === null) {
    // 400 is for an address that cannot be read at all.
    const place = status === 404 ? shared('NotFound') : status === 400 ? shared('BadRequest') : null;
    return place ?? 'must be 404: the document does not have this address';
  }
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = child(child(child(document, 'paths'), path), verb);
  if (!isJson(operation.responses)) {
    return (
      (status === 405 ? shared('MethodNotAllowed') : null) ?? 'must be 405: the document does not have this method'
    );
  }
  const names = ['paths', path, verb, 'responses', String(status)];
  return placeAt(document, names) ?? 'the document does not have this status';
}

/** The same of somebody's own document; null for an answer that it says nothing about, and need not. */
function givenPlace(
  document: Json,
  method: string,
  pathname: string,
  base: string,
  status: number,
): Place | string | null {
  const path = pathname.startsWith(`${base}/`) ? findPath(document, pathname.slice(base.length)) : null;
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  if (path === null || !isJson(child(child(child(document, 'paths'), path), verb).responses)) return null;
  for (const key of [String(status), `${String(status)[0]}XX`, `${String(status)[0]}xx`, 'default']) {
    const place = placeAt(document, ['paths', path, verb, 'responses', key]);
    if (place) return place;
  }
  // Nobody describes everything that can go wrong.
  const { responses } = child(child(child(document, 'paths'), path), verb);
  const hasSuccess = Object.keys(isJson(responses) ? responses : {}).some((key) => key.startsWith('2'));
  return status >= 400 || !hasSuccess ? null : 'the document does not have this status';
}

function checkHeaders(document: Json, { value, names }: Place, { headers }: HttpAnswer, validate: Validate): string[] {
  return Object.keys(child(value, 'headers')).flatMap((name) => {
    const given = headers[name.toLowerCase()];
    const place = placeAt(document, [...names, 'headers', name]);
    if (given === undefined || !place) return place?.value.required === true ? [`the header ${name} is missing`] : [];
    const { type } = child(place.value, 'schema');
    const errors = validate([...place.names, 'schema'], type === 'integer' ? Number(given) : given);
    return errors.map((error) => `the header ${name} (${given}): ${error}`);
  });
}

function checkBody(place: Place, { headers, body, status }: HttpAnswer, query: URLSearchParams, validate: Validate) {
  const content = child(place.value, 'content');
  if (Object.keys(content).length === 0) return body === '' ? [] : ['there must be no body'];
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  const described = [type, `${type.split('/', 1)[0]}/*`, '*/*'].find((one) => Object.hasOwn(content, one));
  if (described === undefined) return [`the content type ${type || '(none)'} is not described`];
  if (!type.endsWith('json')) return [];
  const parsed = parseJson(body);
  if (parsed === undefined) return ['the body is no JSON'];
  const names = [...place.names, 'content', described, 'schema'];
  const problems = validateAnswer(child(content[described], 'schema'), names, parsed, query, validate);
  const said = type === 'application/problem+json' && isJson(parsed) ? parsed.status : status;
  return said === status ? problems : [...problems, `the body says that the status is ${String(said)}`];
}

/** Of several shapes those that a parameter of the query has to ask for count only when it does. */
function validateAnswer(
  schema: Json,
  names: readonly string[],
  value: unknown,
  query: URLSearchParams,
  validate: Validate,
): readonly string[] {
  const shapes: readonly unknown[] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  if (!shapes.some((shape) => isJson(shape) && CONDITION in shape)) return validate(names, value);
  const results = shapes.flatMap((shape, at) => {
    const wanted = isJson(shape) ? shape[CONDITION] : undefined;
    if (Array.isArray(wanted) && !wanted.some((name) => query.has(String(name)))) return [];
    return [validate([...names, 'anyOf', String(at)], value)];
  });
  return results.find((errors) => errors.length === 0) ?? results[0] ?? [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
