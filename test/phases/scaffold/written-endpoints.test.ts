import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../src/domain/endpoint.ts';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import { projectOf, readSchema, repositoryRoot, run, scaffoldServices } from '../../support/generated-projects.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const template = await scaffoldServices.templates.readTree('project');

const endpoint = (method: Endpoint['method'], path: string, name: string, more: Partial<Endpoint> = {}): Endpoint => ({
  name,
  method,
  path,
  purpose: 'Does *something*.\n# {{name}} `x` */ \u001b[31m',
  inputs: 'None.',
  answers: '204',
  status: 'written',
  reason: '',
  ...more,
});

const ENDPOINTS = [
  endpoint('GET', '/top-posts', 'top-posts'),
  endpoint('POST', '/posts/{id}', 'touch-post'),
  endpoint('POST', '/posts/{id}/publish/{day}', 'publish-post'),
  endpoint('DELETE', '/top-posts', 'health'),
  endpoint('GET', '/not-done', 'not-done', { status: 'missing', reason: 'it was too hard' }),
];

const described: Partial<Endpoint> = {
  description: {
    query: [{ name: 'limit', required: false, schema: { type: 'integer' } }],
    body: null,
    status: 200,
    answer: {
      type: 'array',
      items: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } },
    },
  },
};

const USE = `import { createClient } from './client/index.ts';

const api = createClient({ baseUrl: 'http://localhost' });
const [first] = await api.custom.topPosts({ query: { limit: 3 } });
export const title: string | undefined = first?.title;
await api.custom.publishPost({ path: { id: 'x', day: 'y' }, body: null });
// @ts-expect-error a text is no number
await api.custom.topPosts({ query: { limit: 'many' } });
// @ts-expect-error the address is needed
await api.custom.publishPost({ body: null });
`;

describe('endpoints that were written', () => {
  test('have typed functions in the client, which the linter of the project has nothing against', () =>
    withTemporaryFolder(async (folder) => {
      const endpoints = [endpoint('GET', '/top-posts', 'top-posts', described), ...ENDPOINTS.slice(1)];
      for (const name of ['blog', 'forum', null]) {
        const directory = join(folder, name ?? 'plain');
        const project = { ...projectOf(name === null ? null : readSchema(name)), endpoints };
        const files = Object.entries(scaffoldFiles(project, template)).filter(([path]) => path.startsWith('client/'));
        const use = name === null ? USE.replaceAll('api.custom.', 'api.') : USE;
        for (const [path, text] of [...files, ['use.ts', use] as const]) {
          mkdirSync(dirname(join(directory, path)), { recursive: true });
          writeFileSync(join(directory, path), text);
        }
      }
      for (const name of ['tsconfig.json', 'biome.json'])
        writeFileSync(join(folder, name), template[`base/${name}`] ?? '');
      writeFileSync(
        join(folder, 'all.json'),
        JSON.stringify({ extends: './tsconfig.json', include: ['blog', 'forum', 'plain'] }),
      );
      symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
      const tool = (path: string, ...args: readonly string[]) =>
        run(process.execPath, [join(repositoryRoot, 'node_modules', path), ...args], { cwd: folder });
      expect(await tool('typescript7/bin/tsc', '-p', 'all.json')).toMatchObject({ code: 0, output: '' });
      const { code, output } = await tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
      expect([code, output]).toEqual([0, expect.stringContaining('No fixes applied')]);
    }));

  test.each(['blog', 'forum'])('are in a description that an outside validator accepts: %s', async (name) => {
    const project = { ...projectOf(readSchema(name)), endpoints: ENDPOINTS };
    const document = JSON.parse(scaffoldFiles(project, template)['server/openapi.json'] ?? '{}');
    const { errors, valid } = await new Validator().validate(document);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    const { paths } = document;
    expect(Object.keys(paths['/top-posts'])).toEqual(['parameters', 'get', 'delete']);
    expect(paths['/posts/{id}/publish/{day}'].parameters).toHaveLength(3);
    expect(paths['/not-done']).toBeUndefined();
    const ids = Object.values<Record<string, { operationId?: string }>>(paths).flatMap((item) =>
      Object.values(item).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
    if (name === 'blog') expect(Object.keys(paths['/posts/{id}'])).toContain('get');
  });

  test('are in the README, a line each, and nothing of their text is markup', () => {
    for (const schema of [readSchema('blog'), null]) {
      const readme = scaffoldFiles({ ...projectOf(schema), endpoints: ENDPOINTS }, template)['README.md'] ?? '';
      expect(readme).toContain('- `GET /top-posts` (`server/custom/top-posts.ts`): Does \\*something\\*. ');
      expect(readme).not.toMatch(/\/not-done|\{\{|^# \w+ `x`/m);
      expect(readme).not.toContain('\u001b');
      const without = scaffoldFiles(projectOf(schema), template)['README.md'] ?? '';
      expect(without).not.toMatch(/Written for this project|\{\{/);
    }
  });

  test.each(['nitro', 'hono'] as const)('have what bodies are read with, also without a database: %s', (framework) => {
    const project = { ...projectOf(null), framework };
    const plain = scaffoldFiles(project, template);
    const files = scaffoldFiles({ ...project, endpoints: ENDPOINTS }, template);
    expect(plain['server/lib/request.ts']).toBeUndefined();
    expect(plain['package.json']).not.toContain('zod');
    expect(files['server/lib/request.ts']).toContain('export async function readBody');
    const { dependencies } = JSON.parse(files['package.json'] ?? '{}');
    const { packages } = JSON.parse(files['package-lock.json'] ?? '{}');
    expect(packages[''].dependencies).toEqual(dependencies);
    expect(packages['node_modules/zod'].version).toBe(dependencies.zod);
    const { zod: _zod, ...others } = dependencies;
    expect(others).toEqual(JSON.parse(plain['package.json'] ?? '{}').dependencies);
    expect(Object.keys(packages)).toEqual(Object.keys(packages).sort());
  });
});
