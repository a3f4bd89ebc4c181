import { isJson } from './description.ts';

/** A document of OpenAPI 3.0 as one of 3.1: the schemas of 3.1 are JSON Schema, those of 3.0 nearly. */
export function asNewest(document: unknown): unknown {
  const isOlder = isJson(document) && typeof document.openapi === 'string' && document.openapi.startsWith('3.0.');
  return isOlder ? { ...newer(document), openapi: '3.1.0' } : document;
}

function newer(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const members = Object.entries(value).map(([name, item]): [string, unknown] => [name, newerValue(item)]);
  const { nullable, type, enum: choices, ...others } = Object.fromEntries(members);
  const own: Record<string, unknown> = {
    ...others,
    ...(type === undefined ? {} : { type: nullable === true && typeof type === 'string' ? [type, 'null'] : type }),
    ...(choices === undefined
      ? {}
      : { enum: nullable === true && Array.isArray(choices) ? [...choices, null] : choices }),
    // A member that is called so, and says nothing about a schema.
    ...(typeof nullable === 'boolean' || nullable === undefined ? {} : { nullable }),
  };
  for (const [plain, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof own[exclusive] !== 'boolean') continue;
    if (own[exclusive]) {
      own[exclusive] = own[plain];
      delete own[plain];
    } else delete own[exclusive];
  }
  return own;
}

function newerValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(newerValue);
  return isJson(value) ? newer(value) : value;
}

/** What the paths of a document begin with: the path of its first server. */
export function basePathOf(document: Readonly<Record<string, unknown>>): string {
  const [server]: readonly unknown[] = Array.isArray(document.servers) ? document.servers : [];
  const url = isJson(server) ? server.url : undefined;
  if (typeof url !== 'string' || url.includes('{') || !URL.canParse(url, 'http://localhost')) return '';
  return new URL(url, 'http://localhost').pathname.replace(/\/+$/, '');
}
