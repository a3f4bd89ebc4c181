import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentFiles } from '../../../src/adapters/contract/files/document-files.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const HEAD = 'openapi: 3.0.1\ninfo: {title: a, version: "1"}\n';

function refused(text: string, code: string, said: RegExp) {
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'openapi.yaml');
    writeFileSync(file, text);
    await expect(documentFiles().read(file)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(said),
      hint: expect.any(String),
    });
  });
}

const BOMB = [...'abcdefg'].map((name, at, all) => {
  const items = at === 0 ? 'lol' : `*${all[at - 1]}`;
  return `${name}: &${name} [${Array(9).fill(items).join(',')}]`;
});

test.each<[string, string, string, RegExp]>([
  ['a YAML bomb', `${BOMB.join('\n')}\n${HEAD}`, 'contract.unreadable', /alias/],
  ['an alias to itself', `a: &a {b: *a}\n${HEAD}`, 'contract.unreadable', /circular/],
  ['deep YAML', `${HEAD}x: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'contract.unreadable', /./],
  ['deep JSON', `{"x":${'['.repeat(9999)}${']'.repeat(9999)}}`, 'contract.unreadable', /too deeply at #\/x\/0/],
  ['names of prototypes', '{"openapi":"3.0.0","__proto__":{}}', 'contract.unreadable', /"__proto__" at #/],
  ['two members of one name', `${HEAD}paths: {}\npaths: {}`, 'contract.unreadable', /unique/],
  ['no object', '- 1', 'contract.unreadable', /holds no object/],
  ['Swagger 2.0', 'swagger: "2.0"', 'contract.unsupported', /Swagger 2\.0/],
  ['another version', 'openapi: 4.0.0', 'contract.unsupported', /OpenAPI 4\.0\.0/],
  ['no version', 'info: {}', 'contract.invalid', /which version/],
  [
    'an unknown word',
    `${HEAD}paths: {/a: {get: {responses: {}, frobs: 1}}}`,
    'contract.invalid',
    /#\/paths\/~1a\/get.*frobs/,
  ],
  ['another file', `${HEAD}paths: {/a: {$ref: "b.yaml#/x"}}`, 'contract.unsupported', /#\/paths\/~1a refers.*b\.yaml/],
  [
    'a reference to nowhere',
    `${HEAD}paths: {/a: {get: {responses: {"200": {$ref: "#/components/responses/No"}}}}}`,
    'contract.invalid',
    /#\/paths\/~1a\/get\/responses\/200 leads nowhere/,
  ],
  [
    'references in a circle',
    `${HEAD}paths: {}\ncomponents: {schemas: {A: {$ref: "#/components/schemas/B"}, B: {$ref: "#/components/schemas/A"}}}`,
    'contract.invalid',
    /circle/,
  ],
])('%s is refused, with the place and a way out', (_name, text, code, said) => refused(text, code, said));

test('a schema that contains itself is read, and so are escaped names', async () => {
  await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'openapi.json');
    const tree = {
      type: 'object',
      properties: { $ref: { type: 'string' }, next: { $ref: '#/components/schemas/a~1b%20c' } },
    };
    const document = {
      openapi: '3.1.0',
      info: { title: 'a', version: '1' },
      paths: {},
      components: { schemas: { x: tree } },
    };
    const text = JSON.stringify(document).replaceAll('a~1b%20c', 'x');
    writeFileSync(file, text);
    await expect(documentFiles().read(file)).resolves.toMatchObject({ openapi: '3.1.0' });
  });
});

test('an address is not fetched', async () => {
  await expect(documentFiles().read('https://example.com/openapi.yaml')).rejects.toMatchObject({
    code: 'contract.unsupported',
  });
});
