import { child, isJson, type Json } from '../../../src/adapters/contract/ajv/description.ts';

const COMPONENTS = 'https://turbobackend.invalid/components';
/** Keywords that hold a schema each, several, or one for each name. */
const LISTS = ['allOf', 'anyOf', 'oneOf'] as const;

/** A document with a merge patch (RFC 7386) applied. */
export function merged(document: Json, patch: Json): Json {
  const result: Record<string, unknown> = { ...document };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = isJson(value) ? merged(child(result, name), value) : value;
  }
  return result;
}

/**
 * The components of a document twice, as JSON Schema 2020-12: `closed` have only the members they name; `open` are parts
 * of an `allOf`, whose whole is closed instead.
 */
export function closedComponents(document: Json): Json {
  const schemas = Object.entries(child(child(document, 'components'), 'schemas'));
  const all = (isClosed: boolean) =>
    Object.fromEntries(schemas.map(([name, schema]) => [name, isJson(schema) ? rewritten(schema, isClosed) : schema]));
  return { $id: COMPONENTS, closed: all(true), open: all(false) };
}

/** A schema of an operation, closed; it refers to `closedComponents`. */
export function closedSchema(schema: Json): Json {
  return rewritten(schema, true);
}

function rewritten(schema: Json, isClosed: boolean): Json {
  const { $ref: target, nullable, ...rest } = schema;
  if (typeof target === 'string') {
    const name = target.split('/').at(-1) ?? '';
    return { $ref: `${COMPONENTS}#/${isClosed ? 'closed' : 'open'}/${name}` };
  }
  const result = parts(rest, isClosed);
  if (nullable !== true) return result;
  return { anyOf: [{ type: 'null' }, result] };
}

function parts(schema: Json, isClosed: boolean): Json {
  const result: Record<string, unknown> = { ...schema };
  const hasOwnMembers = isJson(schema.properties);
  const isWhole = Array.isArray(schema.allOf) || (hasOwnMembers && LISTS.some((name) => Array.isArray(schema[name])));
  for (const name of LISTS) {
    const list = schema[name];
    if (Array.isArray(list))
      result[name] = list.map((one) => (isJson(one) ? rewritten(one, isClosed && !isWhole) : one));
  }
  for (const name of ['items', 'additionalProperties', 'not'] as const) {
    const one = schema[name];
    if (isJson(one)) result[name] = rewritten(one, name !== 'not');
  }
  if (hasOwnMembers) {
    const members = Object.entries(child(schema, 'properties'));
    result.properties = Object.fromEntries(
      members.map(([name, one]) => [name, isJson(one) ? rewritten(one, true) : one]),
    );
  }
  for (const [plain, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue;
    result[exclusive] = schema[plain];
    if (schema[exclusive]) delete result[plain];
    else delete result[exclusive];
  }
  if (!isClosed || schema.additionalProperties !== undefined) return result;
  if (isWhole) return { ...result, unevaluatedProperties: false };
  return hasOwnMembers ? { ...result, additionalProperties: false } : result;
}
