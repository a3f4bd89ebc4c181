import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isJson, type Json, member } from '../../../domain/api-document.ts';
import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import { shown } from './parse-text.ts';

/** Refuses what is no OpenAPI 3.0 or 3.1, and what is not as the schema of its version says. */
export async function checkVersion(document: Json): Promise<void> {
  const validate = await validatorOf(document);
  if (validate(document)) return;
  const error = worst(validate.errors ?? []);
  const place = shown(`#${error?.instancePath ?? ''}`);
  throw new TurboError('contract.invalid', `The document is not valid OpenAPI at ${place}: ${textOf(error)}.`, {
    hint: 'Correct it there; https://spec.openapis.org/oas says what may stand at which place.',
  });
}

async function validatorOf(document: Json): Promise<ValidateFunction> {
  const swagger = member(document, 'swagger');
  const version = member(document, 'openapi');
  if (swagger !== undefined) {
    throw new TurboError('contract.unsupported', `This is Swagger ${said(swagger)}, not OpenAPI 3.`, {
      hint: 'Convert it first: npx swagger2openapi <file> -o openapi.yaml',
    });
  }
  if (typeof version === 'string' && /^3\.0\.\d+/.test(version)) {
    const { default: schema } = await import('@seriousme/openapi-schema-validator/schemas/v3.0/schema.json', {
      with: { type: 'json' },
    });
    const { id: _id, $schema: _dialect, ...rules } = schema;
    return new Ajv({ strict: false, logger: false, validateFormats: false }).compile(withNumericBounds(rules));
  }
  if (typeof version === 'string' && /^3\.1\.\d+/.test(version)) {
    const { default: schema } = await import('@seriousme/openapi-schema-validator/schemas/v3.1/schema.json', {
      with: { type: 'json' },
    });
    return new Ajv2020({ strict: false, logger: false, validateFormats: false }).compile(schema);
  }
  if (version === undefined) {
    throw new TurboError('contract.invalid', 'The document does not say which version of OpenAPI it is.', {
      hint: 'Its first line is, for example: openapi: 3.1.0',
    });
  }
  throw new TurboError('contract.unsupported', `The document is OpenAPI ${said(version)}.`, {
    hint: 'Bring it as OpenAPI 3.0 or 3.1.',
  });
}

/** In the dialect of that schema `exclusiveMinimum` says of `minimum` that it is no value itself. */
function withNumericBounds(rules: Json): Json {
  const text = JSON.stringify(rules, (_name, value: unknown) => {
    if (member(value, 'exclusiveMinimum') !== true || !isJson(value)) return value;
    const { minimum, ...others } = value;
    return { ...others, exclusiveMinimum: minimum };
  });
  const changed: unknown = JSON.parse(text);
  return isJson(changed) ? changed : rules;
}

function said(version: unknown): string {
  return isJson(version) ? '(an object)' : stripInvisible(String(version)).slice(0, 20);
}

/** The one that is deepest in the document: the others only tell that what holds it is wrong too. */
function worst(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length;
  const telling = errors.filter(({ keyword }) => !['oneOf', 'anyOf', 'if', 'not', '$ref'].includes(keyword));
  const [first, ...others] = telling.length > 0 ? telling : errors;
  return first && others.reduce((best, error) => (depth(error) > depth(best) ? error : best), first);
}

function textOf(error: ErrorObject | undefined): string {
  if (!error) return 'it does not follow the schema';
  const { additionalProperty, unevaluatedProperty } = error.params;
  const extra = additionalProperty ?? unevaluatedProperty;
  const name = typeof extra === 'string' ? ` (${JSON.stringify(shown(extra))})` : '';
  return `${error.message ?? 'it does not follow the schema'}${name}`;
}
