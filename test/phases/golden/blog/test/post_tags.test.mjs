import { after, test } from 'node:test';
import { openClient } from './client.mjs';
import {
  checkBadFilters,
  checkFilters,
  checkListSettings,
  checkOrder,
  checkParent,
  checkPlainList,
  checkRowQuery,
} from './lists.mjs';
import { checkBodies, checkMethods } from './requests.mjs';
import {
  checkLife,
  checkMany,
  checkMissing,
  checkNeighbours,
  checkOnce,
  checkParentRemoval,
  checkReference,
  checkRefused,
  checkRequired,
  checkUnique,
  checkUnknown,
  checkVersions,
} from './rows.mjs';

// The rows of post_tags.

const { client, backend } = await openClient();
after(() => backend.close());

const methods = ['GET', 'DELETE'];

/** How the values of each column can be compared. */
const kinds = { post_id: 'equal', tag_id: 'equal' };

/** Rows that differ where they can, made once. */
let rows;
async function makeRows() {
  rows ??= [await client.make('post_tags'), await client.make('post_tags')];
  return rows;
}

const columns = ['post_id', 'tag_id'];
test('a row is made, read and removed', () => checkLife(client, 'post_tags', columns));

test('a key that no row has is not found', () => checkMissing(client, 'post_tags', methods));

const required = ['post_id', 'tag_id'];
test('all that is missing is named at once', () => checkRequired(client, 'post_tags', required));

const outside = [
  ['post_id', 1, 'must be a text'],
  ['post_id', null, 'must be a text'],
  ['post_id', 'x\0', 'contains characters that cannot be stored'],
  ['post_id', 'x'.repeat(22), 'must have at most 21 characters'],
  ['tag_id', 1, 'must be a text'],
  ['tag_id', null, 'must be a text'],
  ['tag_id', 'x\0', 'contains characters that cannot be stored'],
  ['tag_id', 'x'.repeat(22), 'must have at most 21 characters'],
];
test('values just outside of the limits are refused', () =>
  checkRefused(client, 'post_tags', outside));

const foreign = [];
test('fields that nobody may send are refused', () =>
  checkUnknown(client, 'post_tags', foreign, methods));

const parts = { post_id: ['posts', 'id'], tag_id: ['tags', 'id'] };
test('rows that share a part of their key are different ones', () =>
  checkNeighbours(client, 'post_tags', parts));

test('a row is changed only in the version that is named', () =>
  checkVersions(client, 'post_tags', methods));

test('of many rows all are made or none', () => checkMany(client, 'post_tags'));

test('a request with an idempotency key takes effect once', () => checkOnce(client, 'post_tags'));

test('no two rows have the same post_id and tag_id', () =>
  checkUnique(client, 'post_tags', ['post_id', 'tag_id'], ['POST']));

test('post_id must be that of a row', () =>
  checkReference(client, 'post_tags', 'post_id', 'no-such-row', ['POST']));

test('the row that post_id names takes it along', () =>
  checkParentRemoval(client, 'post_tags', 'post_id', ['posts', 'id'], 'cascade'));

test('tag_id must be that of a row', () =>
  checkReference(client, 'post_tags', 'tag_id', 'no-such-row', ['POST']));

test('the row that tag_id names takes it along', () =>
  checkParentRemoval(client, 'post_tags', 'tag_id', ['tags', 'id'], 'cascade'));

test('rows are found by each column', async () =>
  checkFilters(client, 'post_tags', await makeRows(), kinds));

test('rows come in the order that is asked for, page by page', async () =>
  checkOrder(client, 'post_tags', await makeRows(), kinds));

test('the plain list shows every row once', async () =>
  checkPlainList(client, 'post_tags', await makeRows()));

test('lists are counted and cut, and refuse what they do not know', async () =>
  checkListSettings(client, 'post_tags', await makeRows(), kinds));

test('a row is shown in part', async () =>
  checkRowQuery(client, 'post_tags', await makeRows(), 'post_id'));

const strange = [
  ['post_id[eq]', 'a\u0000b'],
  ['post_id[above]', 'a'],
  ['tag_id[eq]', 'a\u0000b'],
  ['tag_id[above]', 'a'],
];
test('a filter must be of the type of its column', () =>
  checkBadFilters(client, 'post_tags', strange));

test('a row is shown with its post', async () => {
  const parent = await client.make('posts');
  const row = await client.make('post_tags', { post_id: parent.id });
  await checkParent(client, 'post_tags', 'post', row, parent);
});

test('a row is shown with its tag', async () => {
  const parent = await client.make('tags');
  const row = await client.make('post_tags', { tag_id: parent.id });
  await checkParent(client, 'post_tags', 'tag', row, parent);
});

test('methods that a path does not have are told', () =>
  checkMethods(client, 'post_tags', methods));

test('a body must be JSON in UTF-8, and not too large', () =>
  checkBodies(client, 'post_tags', ['POST']));
