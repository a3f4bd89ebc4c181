import { beforeAll, expect, test } from 'vitest';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import type { FileTree } from '../../../src/ports/workspace.ts';
import { contractProject, readDocument } from '../../support/contract-backend.ts';
import { scaffoldServices } from '../../support/generated-projects.ts';

let template: FileTree = {};

beforeAll(async () => {
  template = await scaffoldServices.templates.readTree('project');
});

async function readmeOf(document: string): Promise<string> {
  return scaffoldFiles(contractProject(await readDocument(document)), template)['README.md'] ?? '';
}

test('README.md says of each operation its method, path, answers, and whether it needs an account', async () => {
  const readme = await readmeOf('conduit.yaml');
  const rows = readme.split('\n').filter((line) => /^\| (?:GET|PUT|POST|DELETE|PATCH) /.test(line));
  expect(rows).toHaveLength(19);
  expect(readme).toMatch(/^\| POST \| `\/api\/users\/login` \| 200, 401, 422[^|]*\| {2}\|/m);
  expect(readme).toMatch(/^\| GET \| `\/api\/articles\/\{slug\}` \| 200, [^|]*\| may be \|/m);
  expect(readme).toMatch(/^\| DELETE \| `\/api\/articles\/\{slug\}` \| 204, 401, 403, 404[^|]*\| yes \|/m);
  expect(readme).toContain('Authorization: Token <token>');
});

test('README.md says nothing of addresses and parameters that a contract project does not have', async () => {
  for (const document of ['conduit.yaml', 'pets.yaml', 'todos.json', 'wide.yaml', 'library.yaml']) {
    const readme = await readmeOf(document);
    expect(readme).not.toMatch(/\{\{|\/auth\/|nextCursor|\?include=|Idempotency-Key|If-Match|api\.auth|server\/data/);
  }
});

test('operations that nobody wrote yet are listed in README.md with their file and the reason', async () => {
  const files = scaffoldFiles(contractProject(await readDocument('wide.yaml')), template);
  const readme = files['README.md'] ?? '';
  const listed = [...readme.matchAll(/^- `(server\/custom\/operations\/\w+\.ts)`: \S/gm)].map(([, path]) => path);
  expect(listed).toContain('server/custom/operations/explode.ts');
  expect(listed).toEqual(Object.keys(files).filter((path) => path.startsWith('server/custom/operations/')));
  expect(readme).toMatch(
    /^\| POST \| `\/a-rather-long-prefix\/v1\/things\/\{id\}\/explode` \| 501 \| explode: Explodes/m,
  );
});

test('an operation whose path no file can stand for is said not to be served', async () => {
  const readme = await readmeOf('wide.yaml');
  expect(readme).toMatch(/^\| POST \| .*thing-\$x \| 404, not served \| odd \|$/m);
});

test('a member whose name is longer than the database keeps is left to people', async () => {
  const document = structuredClone(await readDocument('wide.yaml'));
  const name = 'a'.repeat(64);
  const text = JSON.stringify(document).replaceAll('midOptional', name);
  const files = scaffoldFiles(contractProject(JSON.parse(text)), template);
  expect(files['README.md']).toContain('too long for the database');
});
