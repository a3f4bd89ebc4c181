import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Holds answers against `server/openapi.json`, the document this server is made from. */

const document = JSON.parse(
  readFileSync(new URL('../server/openapi.json', import.meta.url), 'utf8'),
);
const isOld = document.openapi.startsWith('3.0');
const defaultTarget = isOld ? 'openapi-3.0' : 'draft-2020-12';
const folder = isOld ? 'definitions' : '$defs';

/** References lead to where checks are looked for. */
function moved(schema) {
  return JSON.parse(
    JSON.stringify(schema).replaceAll('#/components/schemas/', () => `#/${folder}/`),
  );
}

const schemas = moved(document.components?.schemas ?? {});

function resolve(part) {
  if (typeof part?.$ref !== 'string') return part;
  const names = part.$ref.slice(2).split('/');
  const plain = names.map((name) =>
    decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'),
  );
  return resolve(plain.reduce((value, name) => value?.[name], document));
}

/** Fails when an answer of an operation is not as the document says. Failures it does not describe are free. */
export function assertDescribed({ id, method, path }, { status, headers, body }) {
  // The longest: others may end alike.
  const plain = (text) => text.replaceAll(/\{[^{}]*\}/g, '{}');
  const [own] = Object.keys(document.paths)
    .filter((one) => plain(path).endsWith(plain(one)))
    .sort((one, other) => other.length - one.length);
  const item = document.paths[own];
  const { responses } = resolve(item)[method.toLowerCase()];
  const found = responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses.default;
  const where = `${id} → ${status}`;
  if (found === undefined) {
    const isSilent = !Object.keys(responses).some((key) => key.startsWith('2'));
    return assert.ok(status >= 400 || isSilent, `${where} is not in the document`);
  }
  const { content } = resolve(found);
  if (!content) return assert.equal(body, null, `${where} has a body`);
  const [type] = (headers.get('content-type') ?? '').split(';');
  const schema = (content[type] ?? content['*/*'])?.schema;
  assert.ok(schema, `${where} is ${type}, which is not in the document`);
  const whole = { ...moved(schema), [folder]: schemas };
  const { error } = z.fromJSONSchema(whole, { defaultTarget }).safeParse(body);
  const problem = error && `${error.issues[0].path.join('.')}: ${error.issues[0].message}`;
  assert.equal(problem, undefined, `${where} is not as the document says`);
}
