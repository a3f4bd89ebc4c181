import { beforeAll, expect, test } from 'vitest';
import { scaffoldFiles } from '../../../src/phases/scaffold.ts';
import type { FileTree } from '../../../src/ports/workspace.ts';
import { projectOf, readSchema, scaffoldServices } from '../../support/generated-projects.ts';

/** What is generated where it is needed, and only there. */
let template: FileTree = {};

beforeAll(async () => {
  template = await scaffoldServices.templates.readTree('project');
});

const filesOf = (name: string) => scaffoldFiles(projectOf(readSchema(name)), template);

test.each([
  ['tasks', false],
  ['shop', false],
  ['forum', true],
])('administrators are asked for where there is something for them alone: %s %s', (name, wanted) => {
  const files = filesOf(name);
  expect('server/lib/admins.ts' in files).toBe(wanted);
  expect(Object.values(files).some((text) => text.includes('requireAdmin'))).toBe(wanted);
});

test.each([
  ['tasks', false],
  ['hostile', false],
  ['hostile-accounts', true],
])('hashes are counted where accounts send what is kept as one: %s %s', (name, wanted) => {
  const files = filesOf(name);
  expect('server/lib/hash-for.ts' in files).toBe(wanted);
  const data = Object.entries(files).filter(([path]) => path.startsWith('server/data/'));
  expect(data.some(([, text]) => text.includes('await hashFor(account, '))).toBe(wanted);
});

test('no statement of the server itself is called like one of a table', () => {
  const own = Object.entries(template).filter(([path]) => /\/server\/(?:lib|routes)\//.test(path));
  const names = own.flatMap(([, text]) => [...text.matchAll(/\bname: '([\w.]+)',\s+text:/g)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(name).toMatch(/^_/);
  expect(template['database/server/lib/database.ts']).toContain('`_query.');
});
