import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { accessOf } from '../../../src/domain/access.ts';
import { resourcePath } from '../../../src/domain/rest.ts';
import type { Schema, SchemaInput } from '../../../src/domain/schema.ts';
import { parseSchema } from '../../../src/domain/schema-rules.ts';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import type { FileTree } from '../../../src/ports/workspace.ts';
import { projectOf, readSchema, repositoryRoot, run, scaffoldServices } from '../../support/generated-projects.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const template = await scaffoldServices.templates.readTree('project');

/** A hundred tables, each with rows of the one before. */
function hundredTables(): Schema {
  const names = Array.from({ length: 100 }, (_, at) => `table_${at}`);
  const tables = names.map((name, at): SchemaInput['tables'][number] => ({
    name,
    description: `Table number ${at}.`,
    columns: [
      { name: 'id', type: 'varchar(21)', primaryKey: true, default: { generate: 'id' } },
      ...(at > 0
        ? [{ name: 'parent_id', type: 'varchar(21)', references: { table: `table_${at - 1}`, column: 'id' } }]
        : []),
      { name: 'title', type: 'varchar(200)', unique: true },
      { name: 'body', type: 'text', nullable: true },
      { name: 'price', type: 'numeric(10,2)', check: { min: 0 } },
      { name: 'stock', type: 'integer', default: { value: 0 } },
      { name: 'due', type: 'date', nullable: true },
      { name: 'created_at', type: 'bigint', default: { generate: 'created' } },
    ],
  }));
  return parseSchema({ version: 1, tables });
}

const NAMES = ['blog', 'hostile', 'types', 'tasks', 'forum', 'shop'];
const schemas: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(NAMES.map((name) => [name, readSchema(name)])),
  'a hundred tables': hundredTables(),
};

const trees = new Map<string, FileTree>();
function filesOf(name: string): FileTree {
  const known = trees.get(name) ?? scaffoldFiles(projectOf(schemas[name] ?? null), template);
  trees.set(name, known);
  return known;
}

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly $ref?: string }[];
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly info: { readonly title: string; readonly description: string };
}

function documentOf(name: string): Document {
  return JSON.parse(filesOf(name)['server/openapi.json'] ?? '{}');
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

function operationsOf(document: Document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      METHODS.includes(method) ? [{ path, method, operation }] : [],
    ),
  );
}

test.each(Object.keys(schemas))('an outside validator finds nothing wrong: %s', async (name) => {
  const result = await new Validator().validate(JSON.parse(filesOf(name)['server/openapi.json'] ?? '{}'));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

test.each(Object.keys(schemas))('every reference leads somewhere and every component is used: %s', (name) => {
  const document = documentOf(name);
  const text = JSON.stringify(document);
  const targets = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w.-]+)"/g)].map(([, kind, own]) => `${kind}/${own}`),
  );
  const there = Object.entries(document.components)
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, own]) => Object.keys(own).map((key) => `${kind}/${key}`));
  expect([...targets].filter((target) => !there.includes(target))).toEqual([]);
  // What is answered for a method that an address does not have belongs to no operation.
  const loose = ['responses/MethodNotAllowed'];
  expect(there.filter((own) => !targets.has(own) && !loose.includes(own))).toEqual([]);
});

test.each(Object.keys(schemas))('the paths are those of the route files: %s', (name) => {
  const routes = Object.keys(filesOf(name)).flatMap((file) => {
    const [, path = '', method = ''] = /^server\/routes(.+)\.(get|put|post|delete|patch)\.ts$/.exec(file) ?? [];
    return path === '' ? [] : [`${method} ${path.replace(/\/index$/, '').replace(/\[(\w+)\]/g, '{$1}')}`];
  });
  const described = operationsOf(documentOf(name)).map(({ path, method }) => `${method} ${path}`);
  expect(described.sort()).toEqual(routes.sort());
});

test.each(Object.keys(schemas))('each operation has a name of its own: %s', (name) => {
  const ids = operationsOf(documentOf(name)).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the file is written as the formatter would', async () => {
  await withTemporaryFolder(async (folder) => {
    const formatter = { indentStyle: 'space', indentWidth: 2, lineWidth: 100 };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ root: true, formatter }));
    for (const name of NAMES) writeFileSync(join(folder, `${name}.json`), filesOf(name)['server/openapi.json'] ?? '');
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome');
    const { code, output } = await run(process.execPath, [biome, 'check', ...NAMES.map((name) => `${name}.json`)], {
      cwd: folder,
    });
    expect(output).toContain(`Checked ${NAMES.length} files`);
    expect(code, output).toBe(0);
  });
});

test.each(['tasks', 'forum', 'shop'])('a token is needed exactly where access says so: %s', (name) => {
  const [document, schema] = [documentOf(name), readSchema(name)];
  for (const table of schema.tables) {
    const { read, write } = accessOf(table, schema);
    const item = document.paths[resourcePath(table)] ?? {};
    const needed = (operation: Operation | undefined) => operation && JSON.stringify(operation.security);
    expect(needed(item.get), table.name).toBe(read === 'everyone' ? '[{},{"bearer":[]}]' : '[{"bearer":[]}]');
    if (item.post) expect(needed(item.post)).toBe(write === 'everyone' ? '[{},{"bearer":[]}]' : '[{"bearer":[]}]');
    for (const own of Object.values(item)) if (own.responses) expect(own.responses).toHaveProperty('401');
    if (write === 'admins') expect(item.post?.responses).toHaveProperty('403');
  }
});

test('without accounts nothing speaks of tokens', () => {
  const text = filesOf('blog')['server/openapi.json'] ?? '';
  expect(text).not.toMatch(/bearer|security|\/auth\/|"40[13]"/i);
});

test('what nobody may send or see is in no shape', () => {
  const { schemas: shapes = {} } = documentOf('forum').components;
  const fields = (name: string) => Object.keys((shapes[name]?.properties ?? {}) as object);
  expect(fields('Registration')).toEqual(['email', 'name', 'password']);
  expect(fields('UserPatch')).toEqual(['name']);
  expect(fields('UserProfile')).toEqual(['id', 'name']);
  expect(fields('User')).not.toContain('password_hash');
  expect(fields('ThreadCreate')).not.toContain('author_id');
  expect(fields('ThreadPatch')).not.toContain('author_id');
});

test('a password is not described as its hash', () => {
  const { schemas: shapes = {} } = documentOf('forum').components;
  for (const name of ['Registration']) {
    expect(shapes[name]).toMatchObject({
      properties: { password: { description: 'Kept as a hash, and never shown.' } },
    });
  }
});

test('what is protected may be sent by administrators, in a PATCH', () => {
  const { requestBody } = Object(documentOf('forum').paths['/threads/{id}']?.patch);
  const [own, admins] = requestBody.content['application/json'].schema.anyOf;
  expect(own).toEqual({ $ref: '#/components/schemas/ThreadPatch' });
  expect(Object.keys(admins.properties)).toEqual(['topic_id', 'title', 'pinned', 'approved_at']);
});

test('what the server tells about itself needs no token', () => {
  const { paths } = documentOf('forum');
  for (const path of ['/health', '/ready', '/openapi.json', '/openapi']) {
    expect(paths[path]?.get?.security, path).toEqual([{}]);
  }
});

test('limits, nulls, defaults and formats are those of the checks', () => {
  const { schemas: shapes = {} } = documentOf('blog').components;
  expect(shapes.PostCreate).toMatchObject({
    required: ['author_id', 'title', 'slug'],
    additionalProperties: false,
    properties: {
      title: { type: 'string', maxLength: 200 },
      body: { type: ['string', 'null'] },
      status: { $ref: '#/components/schemas/PostStatus', default: 'draft' },
      views: { type: 'integer', format: 'int32', minimum: 0, default: 0 },
    },
  });
  expect(shapes.UserCreate).toMatchObject({
    properties: { email: { format: 'idn-email', maxLength: 254 }, password: { minLength: 8, maxLength: 256 } },
  });
});
