import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContractBackend, startContractBackend } from '../../support/contract-backend.ts';

/** Lists that are searched, narrowed, sorted and paged as a document says; built for Hono. */
let backend: ContractBackend;
let staff: Readonly<Record<string, string>> = {};
let clerk: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  backend = await startContractBackend('library.yaml', 'hono');
  staff = { 'x-staff-key': await addKey('staff', []) };
  clerk = { authorization: `Bearer ${await addKey('clerk', ['books:write'])}` };
  for (const [title, genre, pages, published, shelf] of [
    ['Atoms 100% explained', 'science', 300, '1990-05-01', 'A'],
    ['Birds of the moor', 'science', 120, '2001-01-31', 'B, upper'],
    ['Crime at noon', 'novel', 250, '2001-02-01', 'B'],
    ['Dawn', 'poetry', 60, '2020-10-10', 'A'],
  ] as const) {
    const isbn = `978-${String(1_000_000_000 + pages)}`;
    await ask('POST', '/books', { title, genre, pages, published, shelf, isbn, languages: ['en'] }, clerk);
  }
});
afterAll(() => backend?.stop());

async function addKey(name: string, scopes: readonly string[]): Promise<string> {
  const { addKey: add } = await import(join(backend.directory, 'scripts/api-keys.mjs'));
  const client = new pg.Client(backend.database.login('mig'));
  await client.connect();
  return add(client, { name, scopes }).finally(() => client.end());
}

/** Asks, and holds the answer against the document. */
async function ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) {
  const { problems, ...answer } = await backend.ask(method, path, body, headers);
  expect(problems).toEqual([]);
  return answer;
}

async function titles(query: string): Promise<unknown> {
  const { status, body } = await ask('GET', `/books?${query}`);
  return status === 200 ? body.data.map(({ title }: { title: string }) => title[0]).join('') : status;
}

test.each([
  ['', 'ABCD'],
  ['q=MOOR', 'B'],
  ['q=0%25', 'A'],
  ['q=__', ''],
  ['q=x', 400],
  ['genre=science', 'AB'],
  ['genre=science,poetry', 'ABD'],
  ['genre=none', 400],
  ['shelf=B', 'C'],
  ['shelf=A&shelf=B, upper', 'ABD'],
  ['minPages=120&max_pages=250', 'BC'],
  ['published_from=2001-01-31&published_to=2001-02-01', 'BC'],
  ['isbn=978-1000000060', 'D'],
  ['isbn=978', 400],
  ['sort=-title', 'DCBA'],
  ['sort=pages', 'DBCA'],
  ['sort=-pages&genre=science', 'AB'],
  ['sort=shelf', 400],
  ['page=2&pageSize=3', 'D'],
  ['page=0', 400],
  ['q=moor&q=dawn', 400],
])('books?%s', async (query, wanted) => {
  expect(await titles(query)).toBe(wanted);
});

test('what stands beside a list counts all that it was narrowed to', async () => {
  const { meta } = (await ask('GET', '/books?pageSize=3&genre=science,novel,poetry')).body;
  expect(meta).toEqual({ total: 4, page: 1, pageSize: 3, totalPages: 2, hasNext: true });
  expect((await ask('GET', '/books?pageSize=3&page=2')).body.meta.hasNext).toBe(false);
});

test('a search of its own needs what it searches for', async () => {
  expect((await ask('GET', '/books/search?query=birds')).body).toMatchObject([{ pages: 120 }]);
  expect((await ask('GET', '/books/search')).status).toBe(400);
});

test('cursors lead from page to page until there is none', async () => {
  const [book] = (await ask('GET', '/books')).body.data;
  const path = `/books/${book.id}/copies`;
  for (const number of [1, 2, 3, 4, 5]) await ask('POST', path, { barcode: `AB00000${number}` }, staff);
  const seen: unknown[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await ask('GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`, undefined, staff);
    seen.push(...body.items.map(({ barcode }: { barcode: string }) => barcode));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5].map((number) => `AB00000${number}`));
  for (const cursor of ['x', 'YWZ0ZXIgOTk5OTk5OTk5OTk', '%00'])
    expect((await ask('GET', `${path}?cursor=${cursor}`, undefined, staff)).status).toBe(400);
});

test('a direction beside the column turns the order', async () => {
  for (const name of ['Botany', 'Astronomy']) await ask('POST', '/subjects', { name }, staff);
  const names = async (query: string) =>
    (await ask('GET', `/subjects?${query}`)).body.map(({ name }: { name: string }) => name);
  expect(await names('sortBy=name&order=asc')).toEqual(['Astronomy', 'Botany']);
  expect(await names('order=desc')).toEqual(['Botany', 'Astronomy']);
});

test('rows are tied to others, shown with them from both sides, and taken apart again', async () => {
  const [book] = (await ask('GET', '/books?q=dawn')).body.data;
  const subject = (await ask('POST', '/subjects', { name: 'Verse' }, staff)).body;
  const path = `/books/${book.id}/subjects/${subject.id}`;
  expect((await ask('GET', path, undefined, staff)).status).toBe(404);
  for (const _ of [1, 2]) expect((await ask('PUT', path, undefined, staff)).status).toBe(204);
  expect((await ask('GET', path, undefined, staff)).body).toEqual(subject);
  expect((await ask('GET', `/books/${book.id}/subjects`)).body).toEqual([subject]);
  expect((await ask('GET', `/books/${book.id}`)).body).toMatchObject({ id: book.id, subjects: [subject], copies: [] });
  expect((await ask('GET', `/subjects/${subject.id}/books?limit=1`)).body).toEqual({ data: [book], total: 1 });
  expect((await ask('PUT', path)).status).toBe(401);
  expect((await ask('PUT', `/books/${book.id}/subjects/999999`, undefined, staff)).status).toBe(404);
  expect((await ask('DELETE', path, undefined, staff)).status).toBe(204);
  expect((await ask('DELETE', path, undefined, staff)).status).toBe(404);
  expect((await ask('GET', `/subjects/${subject.id}/books`)).body).toEqual({ data: [], total: 0 });
});

test('scopes open what they are named for, and another kind of key does not', async () => {
  const [book] = (await ask('GET', '/books')).body.data;
  expect((await ask('DELETE', `/books/${book.id}`, undefined, clerk)).status).toBe(403);
  expect((await ask('DELETE', `/books/${book.id}`, undefined, staff)).status).toBe(401);
  const all = { authorization: `Bearer ${await addKey('all', ['books:write', 'books:delete'])}` };
  expect((await ask('DELETE', `/books/${book.id}`, undefined, all)).status).toBe(204);
});

test('its own tests pass', async () => {
  const { code, output } = await backend.test();
  expect([code, output.match(/^not ok .*|error: .*|^# fail .*/gm)]).toEqual([0, ['# fail 0']]);
});
