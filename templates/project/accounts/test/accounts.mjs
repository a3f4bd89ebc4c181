import assert from 'node:assert/strict';
import { answered, pathOf, refused } from './client.mjs';
import { newcomer } from './people.mjs';
import { accounts } from './samples.mjs';

/** What people may see and change of accounts. */

function addressOf({ account }) {
  return pathOf(accounts.table, account);
}

/** Lists show people themselves; `columns` are all that they see. */
export async function checkAccountOnly(person, columns) {
  assert.deepEqual(Object.keys(person.account), columns);
  assert.deepEqual(answered(await person.get(addressOf(person)), 200), person.account);
  assert.deepEqual(answered(await person.get('/auth/me'), 200), person.account);
  const list = answered(await person.get(`${accounts.path}?count=true`), 200);
  assert.deepEqual(list, { data: [person.account], nextCursor: null, total: 1 });
  const plain = answered(await person.get(accounts.path), 200);
  assert.deepEqual(plain, { data: [person.account], nextCursor: null });
  const { nobody } = person.people;
  for (const path of [accounts.path, addressOf(person), '/auth/me']) {
    const answer = await nobody.get(path);
    refused(answer, 401);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
  }
  refused(await nobody.delete(addressOf(person)), 401);
  refused(await person.post(accounts.path, newcomer()), 405);
}

/** Another account is not found with any method, nor in any list. */
export async function checkOtherAccounts(person, other, methods) {
  const path = addressOf(other);
  for (const method of methods) {
    const body = { PATCH: {}, PUT: wholeOf(newcomer()) }[method];
    refused(await person.send(method, path, body), 404);
    refused(await person.people.nobody.send(method, path, body), 401);
  }
  const filter = `${accounts.key}=${encodeURIComponent(other.account[accounts.key])}`;
  const found = answered(await person.get(`${accounts.path}?${filter}&count=true`), 200);
  assert.deepEqual(found, { data: [], nextCursor: null, total: 0 });
  assert.deepEqual(answered(await other.get(path), 200), other.account);
  for (const [at, allowed] of [
    [accounts.path, ['GET']],
    [path, methods],
  ]) {
    const answer = await person.post(at, {});
    refused(answer, 405);
    assert.equal(answer.headers.get('allow'), ['HEAD', ...allowed].join(', '));
  }
}

/** Who writes a cursor by hand is shown nobody else behind any place of the list. */
export async function checkAccountCursor(one, other) {
  let shown = 0;
  for (const { account } of [one, other]) {
    const place = accounts.order.map((name) => String(account[name]));
    const text = JSON.stringify([`${accounts.table} `, ...place]);
    const cursor = Buffer.from(text).toString('base64url');
    for (const asker of [one, other]) {
      const { data } = answered(await asker.get(`${accounts.path}?cursor=${cursor}`), 200);
      for (const row of data) assert.deepEqual(row, asker.account);
      shown += data.length;
    }
  }
  // Of two people one is behind the other.
  assert.equal(shown, 1);
}

/** An account is changed and removed only in the version that is named. */
export async function checkAccountVersions(person, methods) {
  const path = addressOf(person);
  const stale = { 'if-match': '"1"' };
  for (const method of methods.filter((name) => name !== 'GET')) {
    const body = { PATCH: {}, PUT: wholeOf(newcomer()) }[method];
    refused(await person.send(method, path, body, stale), 412);
  }
  assert.deepEqual(answered(await person.get(path), 200), person.account);
}

/** A body for PUT: what people sign in with is not changed there. */
function wholeOf({ [accounts.login]: _, password: __, ...whole }) {
  return whole;
}

/** Past the server: others see and change nothing of an account, and make none. */
export async function checkAccountWall(person, other) {
  const { database } = person.backend;
  const table = `app."${accounts.table}"`;
  const key = person.account[accounts.key];
  const as = (id) => ({ 'app.account': String(id), 'app.admin': 'false' });
  const select = `select xmin, * from ${table} where "${accounts.key}" = $1`;
  const [before] = await database.query(select, [key]);
  const { xmin: _, ...row } = before;
  assert.equal((await database.query(select, [key], as(key))).length, 1);
  for (const settings of [as(other.account[accounts.key]), as('')]) {
    assert.deepEqual(await database.query(select, [key], settings), []);
    const insert = `insert into ${table} select * from jsonb_populate_record(null::${table}, $1)`;
    await assert.rejects(database.query(insert, [row], settings), { code: '42501' });
  }
  await database.query(`update ${table} set "${accounts.login}" = $1`, ['taken'], as(''));
  await database.query(`delete from ${table}`, [], as(''));
  assert.deepEqual(await database.query(select, [key]), [before]);
}

/** Past the server: sessions are the server's alone, whoever asks. */
export async function checkSessionWall(person, other) {
  const { database } = person.backend;
  const key = String(person.account[accounts.key]);
  const select = 'select 1 from app._sessions where account_id::text = $1';
  const askers = [key, String(other.account[accounts.key]), ''];
  for (const id of askers) {
    const settings = { 'app.account': id, 'app.admin': 'false' };
    assert.deepEqual(await database.query(select, [key], settings), []);
    await database.query('update app._sessions set expires_at = 0', [], settings);
    await database.query('delete from app._sessions', [], settings);
  }
  assert.equal((await database.query(select, [key])).length, 1);
  answered(await person.get('/auth/me'), 200);
}

/** The database refuses by itself what the server should never let through. */
export async function checkAccountConstraint(person, column, value, state) {
  const text = `update app."${accounts.table}" set "${column}" = $1 where "${accounts.key}" = $2`;
  const values = [value, person.account[accounts.key]];
  await assert.rejects(person.backend.database.query(text, values), { code: state });
}

/** Values just outside of what a field takes, and why. */
export async function checkRegisterRefused({ people }, values) {
  for (const [field, value, message] of values) {
    const body = { ...newcomer(), [field]: value };
    refused(await people.nobody.post('/auth/register', body), 400, { [field]: message });
  }
}

/** PUT and PATCH change these; `foreign` are fields of others. */
export async function checkAccountChange(person, changes, foreign) {
  const whole = wholeOf(newcomer());
  const shown = Object.keys(person.account);
  for (const body of [Object.assign({}, whole, ...changes), whole]) {
    const changed = answered(await person.put(addressOf(person), body), 200);
    assert.deepEqual(Object.keys(changed), shown);
    for (const field of shown) if (field in body) assert.deepEqual(changed[field], body[field]);
  }
  for (const change of changes) {
    const changed = answered(await person.patch(addressOf(person), change), 200);
    assert.deepEqual(Object.keys(changed), shown);
    for (const [field, value] of Object.entries(change)) assert.deepEqual(changed[field], value);
  }
  for (const field of foreign) {
    const errors = { [field]: 'is not known here' };
    refused(await person.patch(addressOf(person), { [field]: 'x' }), 400, errors);
    refused(await person.put(addressOf(person), { ...whole, [field]: 'x' }), 400, errors);
  }
  const { account } = person;
  const now = answered(await person.get('/auth/me'), 200);
  for (const field of [accounts.key, accounts.login, ...accounts.protected])
    assert.deepEqual(now[field], account[field]);
}

/** What a whole account cannot do without, when it registers and when it is written anew. */
export async function checkAccountRequired(person, registered, replaced) {
  const errorsOf = (fields) => Object.fromEntries(fields.map((field) => [field, 'is required']));
  const { nobody } = person.people;
  refused(await nobody.post('/auth/register', {}), 400, errorsOf(registered));
  if (replaced.length > 0)
    refused(await person.put(addressOf(person), {}), 400, errorsOf(replaced));
}

/** Values just outside of what a field takes when it is changed. */
export async function checkAccountRefused(person, values) {
  for (const [field, value, message] of values)
    refused(await person.patch(addressOf(person), { [field]: value }), 400, { [field]: message });
}

/** Administrators read and change accounts, but nobody's password. */
export async function checkAdminOfAccounts(admin, other) {
  const now = answered(await other.get('/auth/me'), 200);
  assert.deepEqual(answered(await admin.get(addressOf(other)), 200), now);
  const filter = `${accounts.key}=${encodeURIComponent(now[accounts.key])}`;
  assert.deepEqual(answered(await admin.get(`${accounts.path}?${filter}`), 200).data, [now]);
  for (const field of [accounts.hash, 'password'].filter((name) => !(name in now)))
    refused(await admin.patch(addressOf(other), { [field]: 'correct-horse-battery' }), 400);
}

/**
 * An account that is removed takes its sessions along, and the rows that are its own: the table and the column of each,
 * and what rows of somebody else may refer to. Nobody keeps it by referring to what goes.
 */
export async function checkAccountRemoval(person, other, owned) {
  for (const [table, , links = {}] of owned) {
    await person.make(table, await rowsOf(other, links));
    if (Object.keys(links).length > 0) await other.make(table, await rowsOf(person, links));
  }
  answered(await person.delete(addressOf(person)), 204);
  refused(await person.get('/auth/me'), 401);
  const login = { [accounts.login]: person.account[accounts.login], password: person.password };
  refused(await person.people.nobody.post('/auth/login', login), 401);
  for (const [table, column] of owned) {
    const text = `select 1 from app."${table}" where "${column}" = $1`;
    const key = person.account[accounts.key];
    assert.deepEqual(await person.backend.database.query(text, [key]), []);
  }
}

/** New rows of somebody, as the fields that refer to them. */
async function rowsOf(person, links) {
  const fields = {};
  for (const [field, [table, column]] of Object.entries(links)) {
    const row = table === accounts.table ? person.account : await person.make(table);
    fields[field] = row[column];
  }
  return fields;
}
