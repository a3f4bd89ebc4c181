import { after, test } from 'node:test';
import { openClient } from './client.mjs';
import {
  checkBadFilters,
  checkChildren,
  checkFilters,
  checkListSettings,
  checkOrder,
  checkPlainList,
  checkRowQuery,
} from './lists.mjs';
import { checkBodies, checkMethods } from './requests.mjs';
import {
  checkLife,
  checkMany,
  checkMissing,
  checkOnce,
  checkPatch,
  checkPut,
  checkRefused,
  checkRequired,
  checkUnique,
  checkUnknown,
  checkVersions,
} from './rows.mjs';

// The rows of tags.

const { client, backend } = await openClient();
after(() => backend.close());

const methods = ['GET', 'PUT', 'PATCH', 'DELETE'];

/** How the values of each column can be compared. */
const kinds = { id: 'equal', name: 'text' };

/** Rows that differ where they can, made once. */
let rows;
async function makeRows() {
  rows ??= [await client.make('tags'), await client.make('tags')];
  return rows;
}

test('a row is made, read and removed', () => checkLife(client, 'tags', ['id', 'name']));

test('a key that no row has is not found', () => checkMissing(client, 'tags', methods));

test('all that is missing is named at once', () => checkRequired(client, 'tags', ['name']));

const outside = [
  ['name', 1, 'must be a text'],
  ['name', null, 'must be a text'],
  ['name', 'x\0', 'contains characters that cannot be stored'],
  ['name', 'x'.repeat(51), 'must have at most 50 characters'],
];
test('values just outside of the limits are refused', () => checkRefused(client, 'tags', outside));

const foreign = ['id'];
test('fields that nobody may send are refused', () =>
  checkUnknown(client, 'tags', foreign, methods));

test('PATCH changes one field and nothing else', () => checkPatch(client, 'tags', [], ['name']));

test('PUT writes the whole row', () => checkPut(client, 'tags', {}, {}));

test('a row is changed only in the version that is named', () =>
  checkVersions(client, 'tags', methods));

test('of many rows all are made or none', () => checkMany(client, 'tags'));

test('a request with an idempotency key takes effect once', () => checkOnce(client, 'tags'));

test('no two rows have the same name', () => checkUnique(client, 'tags', ['name'], methods));

test('rows are found by each column', async () =>
  checkFilters(client, 'tags', await makeRows(), kinds));

test('rows come in the order that is asked for, page by page', async () =>
  checkOrder(client, 'tags', await makeRows(), kinds));

test('the plain list shows every row once', async () =>
  checkPlainList(client, 'tags', await makeRows()));

test('lists are counted and cut, and refuse what they do not know', async () =>
  checkListSettings(client, 'tags', await makeRows(), kinds));

test('a row is shown in part', async () => checkRowQuery(client, 'tags', await makeRows(), 'id'));

const strange = [
  ['id[eq]', 'a\u0000b'],
  ['id[above]', 'a'],
  ['name[eq]', 'a\u0000b'],
  ['name[above]', 'a'],
];
test('a filter must be of the type of its column', () => checkBadFilters(client, 'tags', strange));

test('a row is shown with its post_tags', async () => {
  const row = await client.make('tags');
  const child = await client.make('post_tags', { tag_id: row.id });
  const children = { name: 'post_tags', below: 'post-tags', table: 'post_tags', rows: [child] };
  await checkChildren(client, 'tags', row, children);
});

test('methods that a path does not have are told', () => checkMethods(client, 'tags', methods));

test('a body must be JSON in UTF-8, and not too large', () =>
  checkBodies(client, 'tags', ['POST', 'PUT', 'PATCH']));
