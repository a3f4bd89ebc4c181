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
  checkAccepted,
  checkConstraint,
  checkHashed,
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

// The rows of users: People who write.

const { client, backend } = await openClient();
after(() => backend.close());

const methods = ['GET', 'PUT', 'PATCH', 'DELETE'];

/** How the values of each column can be compared. */
const kinds = {
  id: 'equal',
  email: 'text',
  name: 'text',
  created_at: 'ordered',
  updated_at: 'ordered',
};
const other = { name: 'Sample name 7002' };

/** Rows that differ where they can, made once. */
let rows;
async function makeRows() {
  rows ??= [await client.make('users'), await client.make('users', other)];
  return rows;
}

const columns = ['id', 'email', 'name', 'created_at', 'updated_at'];
test('a row is made, read and removed', () => checkLife(client, 'users', columns));

test('a key that no row has is not found', () => checkMissing(client, 'users', methods));

const required = ['email', 'name', 'password'];
test('all that is missing is named at once', () => checkRequired(client, 'users', required));

const outside = [
  ['email', 1, 'must be a text'],
  ['email', null, 'must be a text'],
  ['email', 'not an address', 'must be an e-mail address'],
  ['email', 'ada@nowhere', 'must be an e-mail address'],
  ['email', `xxx@${'abc.'.repeat(60)}example.com`, 'must have at most 254 characters'],
  ['name', 1, 'must be a text'],
  ['name', null, 'must be a text'],
  ['name', 'x\0', 'contains characters that cannot be stored'],
  ['name', '', 'must have at least 1 character'],
  ['name', 'x'.repeat(121), 'must have at most 120 characters'],
  ['password', 1, 'must be a text'],
  ['password', null, 'must be a text'],
  ['password', 'xxxxxxxx\0', 'contains characters that cannot be stored'],
  ['password', 'x'.repeat(7), 'must have at least 8 characters'],
  ['password', 'x'.repeat(257), 'must have at most 256 characters'],
];
test('values just outside of the limits are refused', () => checkRefused(client, 'users', outside));

const inside = [
  ['name', 'x'.repeat(1)],
  ['name', 'x'.repeat(120)],
  ['password', 'x'.repeat(8)],
  ['password', 'x'.repeat(256)],
];
test('values just inside of the limits are taken', () => checkAccepted(client, 'users', inside));

const foreign = ['id', 'created_at', 'updated_at', 'password_hash'];
test('fields that nobody may send are refused', () =>
  checkUnknown(client, 'users', foreign, methods));

const changes = [{ name: 'Sample name 7002' }];
test('PATCH changes one field and nothing else', () =>
  checkPatch(client, 'users', changes, ['email']));

test('PUT writes the whole row', () => checkPut(client, 'users', { name: 'Sample name 7002' }, {}));

test('a row is changed only in the version that is named', () =>
  checkVersions(client, 'users', methods));

test('of many rows all are made or none', () => checkMany(client, 'users'));

test('a request with an idempotency key takes effect once', () => checkOnce(client, 'users'));

test('no two rows have the same email', () => checkUnique(client, 'users', ['email'], methods));

test('password is kept as a hash', () =>
  checkHashed(client, 'users', 'password', 'password_hash', methods));

test("the database itself refuses '' as name", () =>
  checkConstraint(client, 'users', 'name', '', '23514'));

test("the database itself refuses 'x'.repeat(121) as name", () =>
  checkConstraint(client, 'users', 'name', 'x'.repeat(121), '23514'));

test('rows are found by each column', async () =>
  checkFilters(client, 'users', await makeRows(), kinds));

test('rows come in the order that is asked for, page by page', async () =>
  checkOrder(client, 'users', await makeRows(), kinds));

test('the plain list shows every row once', async () =>
  checkPlainList(client, 'users', await makeRows()));

test('lists are counted and cut, and refuse what they do not know', async () =>
  checkListSettings(client, 'users', await makeRows(), kinds));

test('a row is shown in part', async () => checkRowQuery(client, 'users', await makeRows(), 'id'));

const strange = [
  ['id[eq]', 'a\u0000b'],
  ['id[above]', 'a'],
  ['email[eq]', 'a\u0000b'],
  ['email[above]', 'a'],
  ['name[eq]', 'a\u0000b'],
  ['name[above]', 'a'],
  ['created_at[eq]', 'neither this nor that'],
  ['updated_at[eq]', 'neither this nor that'],
];
test('a filter must be of the type of its column', () => checkBadFilters(client, 'users', strange));

test('a row is shown with its posts', async () => {
  const row = await client.make('users');
  const child = await client.make('posts', { author_id: row.id });
  const children = { name: 'posts', below: 'posts', table: 'posts', rows: [child] };
  await checkChildren(client, 'users', row, children);
});

test('methods that a path does not have are told', () => checkMethods(client, 'users', methods));

test('a body must be JSON in UTF-8, and not too large', () =>
  checkBodies(client, 'users', ['POST', 'PUT', 'PATCH']));
