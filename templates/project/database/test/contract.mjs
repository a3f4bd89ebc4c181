import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Holds answers against `server/openapi.json`, which is what others were promised. */

const source = readFileSync(new URL('../server/openapi.json', import.meta.url), 'utf8');
const { paths, components } = JSON.parse(source.replaceAll('#/components/schemas/', '#/$defs/'));
const checks = new Map();

/** The check of a schema, made when it is first needed. */
function checkOf(schema) {
  const text = JSON.stringify(schema);
  const check = checks.get(text) ?? z.fromJSONSchema({ ...schema, $defs: components.schemas });
  checks.set(text, check);
  return check;
}

function resolve(part) {
  const [, , kind, name] = part?.$ref?.split('/') ?? [];
  return name === undefined ? part : components[kind][name];
}

/** The path an address belongs to: `/posts/{id}` for `/posts/7`; fixed parts come first. */
function findPath(pathname) {
  const asked = pathname.split('/');
  const isFree = (part) => part.startsWith('{');
  const found = Object.keys(paths).filter((path) => {
    const parts = path.split('/');
    return (
      parts.length === asked.length && parts.every((part, at) => isFree(part) || part === asked[at])
    );
  });
  const rank = (path) =>
    path
      .split('/')
      .map((part) => (isFree(part) ? 1 : 0))
      .join('');
  return found.sort((one, other) => (rank(one) < rank(other) ? -1 : 1))[0];
}

/** What the document says of an answer. */
function responseOf(method, pathname, status) {
  const path = findPath(pathname);
  if (path === undefined) return status === 404 ? components.responses.NotFound : undefined;
  const operation = paths[path][method.toLowerCase()];
  if (operation) return resolve(operation.responses[status]);
  return status === 405 ? components.responses.MethodNotAllowed : undefined;
}

/** Of a whole row and a part of it, the part counts only when the query asked for one. */
function shapeFor(schema, query) {
  const isPossible = ({ 'x-with-query': names }) => !names || names.some((name) => query.has(name));
  return schema.anyOf ? { ...schema, anyOf: schema.anyOf.filter(isPossible) } : schema;
}

/** Fails when an answer is not as the document says. `headers` are those of fetch, `body` is parsed. */
export function assertDescribed(method, address, { status, headers, body }) {
  const { pathname, searchParams } = new URL(address, 'http://localhost');
  const where = `${method} ${pathname} → ${status}`;
  const response = responseOf(method, pathname, status);
  assert.ok(response, `${where} is not in server/openapi.json`);
  for (const [name, header] of Object.entries(response.headers ?? {})) {
    if (resolve(header).required) assert.ok(headers.has(name), `${where} has no ${name}`);
  }
  const [type] = (headers.get('content-type') ?? '').split(';');
  const schema = response.content?.[type]?.schema;
  if (!response.content) return assert.equal(body, null, `${where} has a body`);
  assert.ok(schema, `${where} is ${type || 'of no type'}, which is not in server/openapi.json`);
  const { error } = checkOf(shapeFor(schema, searchParams)).safeParse(body);
  const problem = error && `${error.issues[0].path.join('.')}: ${error.issues[0].message}`;
  assert.equal(
    problem,
    undefined,
    `${where}: the body is not as in server/openapi.json (${problem})`,
  );
}
