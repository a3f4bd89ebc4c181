import { after, test } from 'node:test';
import { openClient } from './client.mjs';
import {
  checkBadFilters,
  checkChildren,
  checkEmpty,
  checkFilters,
  checkListSettings,
  checkOrder,
  checkParent,
  checkPlainList,
  checkRowQuery,
} from './lists.mjs';
import { checkBodies, checkMethods } from './requests.mjs';
import {
  checkAccepted,
  checkConstraint,
  checkDefaults,
  checkLife,
  checkMany,
  checkMissing,
  checkMove,
  checkOnce,
  checkParentRemoval,
  checkPatch,
  checkPut,
  checkReference,
  checkRefused,
  checkRequired,
  checkUnique,
  checkUnknown,
  checkVersions,
} from './rows.mjs';

// The rows of posts: Articles.

const { client, backend } = await openClient();
after(() => backend.close());

const methods = ['GET', 'PUT', 'PATCH', 'DELETE'];

/** How the values of each column can be compared. */
const kinds = {
  id: 'equal',
  author_id: 'equal',
  title: 'text',
  slug: 'text',
  body: 'text',
  status: 'equal',
  views: 'ordered',
  created_at: 'ordered',
  updated_at: 'ordered',
};
const other = {
  title: 'First steps, part 7002',
  body: 'A few words worth keeping, no. 7002',
  status: 'draft',
  views: 7003,
};
const bare = { body: null };

/** Rows that differ where they can, made once. */
let rows;
async function makeRows() {
  rows ??= [
    await client.make('posts'),
    await client.make('posts', other),
    await client.make('posts', bare),
  ];
  return rows;
}

const columns = [
  'id',
  'author_id',
  'title',
  'slug',
  'body',
  'status',
  'views',
  'created_at',
  'updated_at',
];
test('a row is made, read and removed', () => checkLife(client, 'posts', columns));

test('a key that no row has is not found', () => checkMissing(client, 'posts', methods));

const required = ['author_id', 'title', 'slug'];
test('all that is missing is named at once', () => checkRequired(client, 'posts', required));

const outside = [
  ['author_id', 1, 'must be a text'],
  ['author_id', null, 'must be a text'],
  ['author_id', 'x\0', 'contains characters that cannot be stored'],
  ['author_id', 'x'.repeat(22), 'must have at most 21 characters'],
  ['title', 1, 'must be a text'],
  ['title', null, 'must be a text'],
  ['title', 'x\0', 'contains characters that cannot be stored'],
  ['title', 'x'.repeat(201), 'must have at most 200 characters'],
  ['slug', 1, 'must be a text'],
  ['slug', null, 'must be a text'],
  ['slug', 'x\0', 'contains characters that cannot be stored'],
  ['slug', 'x'.repeat(201), 'must have at most 200 characters'],
  ['body', 1, 'must be a text'],
  ['body', 'x\0', 'contains characters that cannot be stored'],
  ['status', 'no draft', 'must be one of: draft, published'],
  ['status', null, 'must be one of: draft, published'],
  ['views', '1', 'must be a number'],
  ['views', null, 'must be a number'],
  ['views', 1.5, 'must be a whole number'],
  ['views', -1, 'must be at least 0'],
  ['views', 2147483648, 'must be at most 2147483647'],
];
test('values just outside of the limits are refused', () => checkRefused(client, 'posts', outside));

const defaults = { body: null, status: 'draft', views: 0 };
test('what is left out has its default', () => checkDefaults(client, 'posts', defaults));

const inside = [
  ['title', ''],
  ['title', 'x'.repeat(200)],
  ['body', ''],
  ['body', null],
  ['status', 'draft'],
  ['status', 'published'],
  ['views', 0],
  ['views', 2147483647],
];
test('values just inside of the limits are taken', () => checkAccepted(client, 'posts', inside));

const foreign = ['id', 'created_at', 'updated_at'];
test('fields that nobody may send are refused', () =>
  checkUnknown(client, 'posts', foreign, methods));

const changes = [
  { title: 'First steps, part 7002' },
  { body: 'A few words worth keeping, no. 7002' },
  { status: 'draft' },
  { views: 7003 },
];
test('PATCH changes one field and nothing else', () =>
  checkPatch(client, 'posts', changes, ['slug']));

const changed = {
  title: 'First steps, part 7002',
  body: 'A few words worth keeping, no. 7002',
  status: 'draft',
  views: 7003,
};
const replaced = { body: null, status: 'draft', views: 0 };
test('PUT writes the whole row', () => checkPut(client, 'posts', changed, replaced));

test('a row is changed only in the version that is named', () =>
  checkVersions(client, 'posts', methods));

test('of many rows all are made or none', () => checkMany(client, 'posts'));

test('a request with an idempotency key takes effect once', () => checkOnce(client, 'posts'));

test('no two rows have the same slug', () => checkUnique(client, 'posts', ['slug'], methods));

test('author_id must be that of a row', () =>
  checkReference(client, 'posts', 'author_id', 'no-such-row', methods));

test('author_id can be changed', () => checkMove(client, 'posts', 'author_id', ['users', 'id']));

test('the row that author_id names cannot be removed', () =>
  checkParentRemoval(client, 'posts', 'author_id', ['users', 'id'], 'restrict'));

test('the database itself refuses -1 as views', () =>
  checkConstraint(client, 'posts', 'views', -1, '23514'));

test('rows are found by each column', async () =>
  checkFilters(client, 'posts', await makeRows(), kinds));

test('rows are found by what is empty', async () =>
  checkEmpty(client, 'posts', await makeRows(), ['body']));

test('rows come in the order that is asked for, page by page', async () =>
  checkOrder(client, 'posts', await makeRows(), kinds));

test('the plain list shows every row once', async () =>
  checkPlainList(client, 'posts', await makeRows()));

test('lists are counted and cut, and refuse what they do not know', async () =>
  checkListSettings(client, 'posts', await makeRows(), kinds));

test('a row is shown in part', async () => checkRowQuery(client, 'posts', await makeRows(), 'id'));

const strange = [
  ['id[eq]', 'a\u0000b'],
  ['id[above]', 'a'],
  ['author_id[eq]', 'a\u0000b'],
  ['author_id[above]', 'a'],
  ['title[eq]', 'a\u0000b'],
  ['title[above]', 'a'],
  ['slug[eq]', 'a\u0000b'],
  ['slug[above]', 'a'],
  ['body[eq]', 'a\u0000b'],
  ['body[above]', 'a'],
  ['status[eq]', 'neither this nor that'],
  ['views[eq]', 'neither this nor that'],
  ['created_at[eq]', 'neither this nor that'],
  ['updated_at[eq]', 'neither this nor that'],
];
test('a filter must be of the type of its column', () => checkBadFilters(client, 'posts', strange));

test('a row is shown with its author', async () => {
  const parent = await client.make('users');
  const row = await client.make('posts', { author_id: parent.id });
  await checkParent(client, 'posts', 'author', row, parent);
});

test('a row is shown with its post_tags', async () => {
  const row = await client.make('posts');
  const child = await client.make('post_tags', { post_id: row.id });
  const children = { name: 'post_tags', below: 'post-tags', table: 'post_tags', rows: [child] };
  await checkChildren(client, 'posts', row, children);
});

test('methods that a path does not have are told', () => checkMethods(client, 'posts', methods));

test('a body must be JSON in UTF-8, and not too large', () =>
  checkBodies(client, 'posts', ['POST', 'PUT', 'PATCH']));
