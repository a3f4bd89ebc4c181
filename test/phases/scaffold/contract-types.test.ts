import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import { contractProject, readDocument } from '../../support/contract-backend.ts';
import { repositoryRoot, run, scaffoldServices } from '../../support/generated-projects.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const DOCUMENTS = [
  'conduit.yaml',
  'pets.yaml',
  'todos.json',
  'wide.yaml',
  'falconry.yaml',
  'library.yaml',
  'tickets.yaml',
  'styles.yaml',
];

/** What somebody writes who uses a client; the lines after a mark must not be taken. */
const USE = `import { createClient } from './client/index.ts';
import { createClient as falcons } from '../falconry.yaml/client/index.ts';

const api = createClient({ baseUrl: 'http://localhost', authorization: () => 'Token x' });
const { article } = await api.createArticle({
  body: { article: { title: 'A', description: 'B', body: 'C' } },
});
export const names: readonly string[] = [article.author.username, article.body];
await api.getArticles();
await api.getArticles({ query: { limit: 10 } });
// @ts-expect-error an address is needed
await api.getArticle({});
// @ts-expect-error a number is no text
await api.getArticles({ query: { tag: 1 } });

const birds = falcons({ baseUrl: 'http://localhost' });
export const grams: number = (await birds.sumWeights()).grams;
await birds.compareFalcons({ path: { one: 1, other: 2 }, query: { unit: 'kg' } });
// @ts-expect-error a unit that is none
await birds.compareFalcons({ path: { one: 1, other: 2 }, query: { unit: 'lb' } });
// @ts-expect-error the backend gives the key
await birds.addFalcon({ body: { id: 1, ring: 'CZ 1', grams: 900 } });
`;

test('servers and clients made from documents type-check strictly, and so does who uses them', () =>
  withTemporaryFolder(async (folder) => {
    const template = await scaffoldServices.templates.readTree('project');
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const name of DOCUMENTS) {
      const files = scaffoldFiles(contractProject(await readDocument(name)), template);
      for (const [path, text] of Object.entries(files)) write(`${name}/${path}`, text);
    }
    write('conduit.yaml/use.ts', USE);
    const include = DOCUMENTS.flatMap((name) => [`${name}/server`, `${name}/client`, `${name}/use.ts`]);
    write('tsconfig.json', JSON.stringify({ extends: './conduit.yaml/tsconfig.json', include }));
    symlinkSync(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'));
    const tsc = join(repositoryRoot, 'node_modules/typescript7/bin/tsc');
    expect(await run(process.execPath, [tsc, '-p', folder], { cwd: folder })).toMatchObject({ code: 0, output: '' });
  }));
