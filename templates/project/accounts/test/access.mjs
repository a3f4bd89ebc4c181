import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, Client, pathOf, refused } from './client.mjs';
import { register } from './people.mjs';
import { storedRow } from './rows.mjs';
import { accounts, tables } from './samples.mjs';

/** Who may see and change the rows of a table. */

/** A body for PUT. */
async function wholeBody(client, table) {
  const body = await client.body(table);
  for (const name of tables[table].key) delete body[name];
  return body;
}

/** The requests that would change a row, as its owner could send them. */
async function changesOf(owner, table, row, methods) {
  const path = pathOf(table, row);
  const body = await wholeBody(owner, table);
  const change = Object.fromEntries(Object.entries(body).filter(([field]) => field in row));
  const all = { PUT: body, PATCH: change, DELETE: undefined };
  return methods.filter((method) => method in all).map((method) => [method, path, all[method]]);
}

/** Who is not signed in, or not any more, is told to. `open`: what they may do all the same. */
export async function checkNobody(owner, table, methods, open) {
  const row = await owner.make(table);
  const { path } = tables[table];
  const reads = [
    ['GET', path],
    ['GET', pathOf(table, row)],
  ];
  const writes = [
    ['POST', path, await owner.body(table)],
    ['POST', path, [await owner.body(table)]],
    ...(await changesOf(owner, table, row, methods)),
  ];
  const forged = new Client(owner.backend, { authorization: 'Bearer no.good.token' });
  const { nobody } = owner.people;
  for (const [kind, requests] of Object.entries({ read: reads, write: writes })) {
    for (const request of requests) {
      const clients = open.includes(kind) ? [forged] : [nobody, forged];
      for (const client of clients) {
        const answer = await client.send(...request);
        refused(answer, 401);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
      }
      if (open.includes(kind) && kind === 'read') answered(await nobody.send(...request), 200);
    }
  }
  assert.deepEqual(answered(await owner.get(pathOf(table, row)), 200), row);
}

/** The addresses of all rows that a client is shown, page by page. */
async function allOf(client, table) {
  const list = `${tables[table].path}?limit=5`;
  const seen = [];
  let cursor = null;
  do {
    const query = cursor === null ? list : `${list}&cursor=${encodeURIComponent(cursor)}`;
    const { data, nextCursor } = answered(await client.get(query), 200);
    assert.ok(nextCursor === null || nextCursor !== cursor, 'the list goes on');
    seen.push(...data.map((row) => pathOf(table, row)));
    cursor = nextCursor;
  } while (cursor !== null);
  return seen;
}

/** In no list, from no position on, is anybody shown a row that somebody else made. */
async function checkLists(owner, other, table) {
  const { path } = tables[table];
  const made = owner.backend.made.filter(([client]) => client === other).map(([, at]) => at);
  const seen = await allOf(other, table);
  const { nextCursor } = answered(await owner.get(`${path}?limit=1`), 200);
  const behind = `${path}?limit=100&cursor=${encodeURIComponent(nextCursor)}`;
  if (nextCursor !== null) {
    const { data } = answered(await other.get(behind), 200);
    seen.push(...data.map((row) => pathOf(table, row)));
  }
  assert.deepEqual(
    seen.filter((at) => !made.includes(at)),
    [],
    'rows of others',
  );
  return seen;
}

/** Lists below a row: who may ask is told the same as anywhere. `open`: everybody may. */
export async function checkBelow(owner, path, below, open) {
  const forged = new Client(owner.backend, { authorization: 'Bearer no.good.token' });
  const { nobody } = owner.people;
  for (const name of below) {
    const list = `${path}/${name}`;
    answered(await owner.get(list), 200);
    refused(await forged.get(list), 401);
    const asked = await nobody.get(list);
    if (open.includes(name)) answered(asked, 200);
    else refused(asked, 401);
    const other = await owner.post(list, {});
    refused(other, 405);
    assert.equal(other.headers.get('allow'), 'HEAD, GET');
  }
}

/** Rows that are somebody's alone are not there for others, whatever they ask. */
export async function checkHidden(owner, other, table, methods) {
  const row = await owner.make(table);
  const { path, key, maker } = tables[table];
  const isAdminMade = maker === 'admin';
  const own = isAdminMade ? [] : [pathOf(table, await other.make(table))];
  const filter = key.map((name) => `${name}[in]=${encodeURIComponent(row[name])}`).join('&');
  refused(await other.get(pathOf(table, row)), 404);
  const found = answered(await other.get(`${path}?${filter}&count=true`), 200);
  assert.deepEqual(found, { data: [], nextCursor: null, total: 0 });
  const seen = await checkLists(owner, other, table);
  assert.ok(own.every((at) => seen.includes(at)));
  const able = isAdminMade ? owner : other;
  for (const headers of [{}, { 'if-match': '"1"' }])
    for (const [method, at, body] of await changesOf(able, table, row, methods))
      refused(await other.send(method, at, body, headers), isAdminMade ? 403 : 404);
  assert.deepEqual(answered(await owner.get(pathOf(table, row)), 200), row);
}

/** Rows that others may read are still changed by their owner alone. */
export async function checkReadOnly(owner, other, table, methods, changes = {}) {
  const row = await owner.make(table, changes);
  const { path, key } = tables[table];
  const filter = key.map((name) => `${name}[in]=${encodeURIComponent(row[name])}`).join('&');
  assert.deepEqual(answered(await other.get(pathOf(table, row)), 200), row);
  assert.deepEqual(answered(await other.get(`${path}?${filter}`), 200).data, [row]);
  for (const [method, at, body] of await changesOf(other, table, row, methods))
    refused(await other.send(method, at, body), 403);
  assert.deepEqual(answered(await owner.get(pathOf(table, row)), 200), row);
}

/** Rows of nobody in particular are everybody's who is signed in. */
export async function checkCommon(owner, other, table, methods) {
  const row = await owner.make(table);
  assert.deepEqual(answered(await other.get(pathOf(table, row)), 200), row);
  for (const [method, path, body] of await changesOf(other, table, row, methods)) {
    const status = method === 'DELETE' ? 204 : 200;
    answered(await other.send(method, path, body), status);
  }
}

/** Rows that only administrators make and change. */
export async function checkAdminsOnly(admin, other, table, methods) {
  const row = await admin.make(table);
  const { path } = tables[table];
  refused(await other.post(path, await admin.body(table)), 403);
  refused(await other.post(path, [await admin.body(table)]), 403);
  for (const [method, at, body] of await changesOf(admin, table, row, methods))
    refused(await other.send(method, at, body), 403);
  assert.deepEqual(answered(await admin.get(pathOf(table, row)), 200), row);
}

/** Administrators see and change the rows of others. */
export async function checkAdmin(admin, owner, table, methods) {
  const row = await owner.make(table);
  const { path, key } = tables[table];
  const filter = key.map((name) => `${name}[in]=${encodeURIComponent(row[name])}`).join('&');
  assert.deepEqual(answered(await admin.get(pathOf(table, row)), 200), row);
  assert.deepEqual(answered(await admin.get(`${path}?${filter}`), 200).data, [row]);
  for (const [method, at, body] of await changesOf(owner, table, row, methods))
    answered(await admin.send(method, at, body), method === 'DELETE' ? 204 : 200);
}

/** What administrators say of a row is not said by who made it. */
export async function checkProtected(owner, admin, table, values) {
  const row = await owner.make(table);
  const path = pathOf(table, row);
  for (const [field, value] of Object.entries(values)) {
    const errors = { [field]: 'is not known here' };
    const change = { [field]: value };
    if (owner !== admin) refused(await owner.patch(path, change), 400, errors);
    refused(await owner.post(tables[table].path, await owner.body(table, change)), 400, errors);
    refused(await admin.put(path, { ...(await wholeBody(owner, table)), ...change }), 400, errors);
  }
  assert.deepEqual(answered(await owner.get(path), 200), row);
  const changed = answered(await admin.patch(path, values), 200);
  for (const [field, value] of Object.entries(values)) assert.deepEqual(changed[field], value);
}

/** A new row belongs to who makes it. */
export async function checkOwner(owner, table, column) {
  const row = await owner.make(table);
  assert.equal(row[column], owner.account[accounts.key]);
}

/** Rows of two people that share the rest of their key are different ones, for administrators too. */
export async function checkOwnNeighbours(one, other, table, owner) {
  const [row, second] = [await one.make(table), await one.make(table)];
  const rest = tables[table].key.filter((name) => name !== owner);
  const neighbour = await other.make(
    table,
    Object.fromEntries(rest.map((name) => [name, row[name]])),
  );
  for (const [person, made] of [
    [one, row],
    [one, second],
    [other, neighbour],
  ]) {
    assert.deepEqual(answered(await person.get(pathOf(table, made)), 200), made);
  }
  const { admin = other } = one.people;
  answered(await admin.delete(pathOf(table, neighbour)), 204);
  answered(await one.delete(pathOf(table, second)), 204);
  assert.deepEqual(answered(await one.get(pathOf(table, row)), 200), row);
}

/** Two may choose the same Idempotency-Key: each gets what is theirs. */
export async function checkOwnKeys(one, other, table) {
  const { path } = tables[table];
  const once = { 'idempotency-key': randomUUID() };
  const made = answered(await one.post(path, await one.body(table), once), 201);
  const others = answered(await other.post(path, await other.body(table), once), 201);
  assert.notDeepEqual(others, made);
}

/** What becomes of a row when the account that a field names goes. */
export async function checkNamed(maker, table, field, column, outcome) {
  const named = await register(maker.backend, maker.people);
  const own = pathOf(accounts.table, named.account);
  maker.backend.people.push([named, own]);
  const row = await maker.make(table, { [field]: named.account[column] });
  const removed = await named.delete(own);
  if (outcome === 'restrict') refused(removed, 409);
  else answered(removed, 204);
  const left = await storedRow(maker, table, row);
  if (outcome === 'cascade') assert.equal(left, undefined);
  else assert.equal(left[field] === null, outcome === 'null');
}

/** A row cannot be tied to a row of somebody else, which is not there for its maker. */
export async function checkBorrowed(owner, other, table, field, parentTable, column, methods) {
  const foreign = await other.make(parentTable);
  const { path } = tables[table];
  const body = await owner.body(table, { [field]: foreign[column] });
  const errors = { [field]: 'does not exist' };
  refused(await owner.post(path, body), 422, errors);
  refused(await owner.post(path, [await owner.body(table), body]), 422);
  if (!methods.includes('PATCH')) return;
  const row = await owner.make(table);
  const change = { [field]: foreign[column] };
  refused(await owner.patch(pathOf(table, row), change), 422, errors);
  refused(
    await owner.put(pathOf(table, row), { ...(await wholeBody(owner, table)), ...change }),
    422,
    errors,
  );
  assert.deepEqual(answered(await owner.get(pathOf(table, row)), 200), row);
}

/** Of an account others are shown these columns and no more. */
export async function checkProfile(owner, table, name, columns) {
  const row = await owner.make(table);
  const shown = answered(await owner.get(`${pathOf(table, row)}?include=${name}`), 200)[name];
  assert.deepEqual(Object.keys(shown), columns);
}

/** Statement by statement, past the server: what an account may see and change of a row, which is not its own. */
export async function checkWall(owner, other, table, { sees, changes }) {
  const row = await owner.make(table);
  const { database } = owner.backend;
  const { key } = tables[table];
  const where = key.map((name, index) => `"${name}" = $${index + 1}`).join(' and ');
  const values = key.map((name) => row[name]);
  const as = ({ account }) => ({
    'app.account': String(account[accounts.key]),
    'app.admin': 'false',
  });
  const select = `select * from app."${table}" where ${where}`;
  const update = `update app."${table}" set "${key[0]}" = "${key[0]}" where ${where} returning 1`;
  const remove = `delete from app."${table}" where ${where} returning 1`;
  const count = async (text, settings) => (await database.query(text, values, settings)).length;
  const nobody = { 'app.account': '', 'app.admin': 'false' };

  assert.equal(
    await count(select, as(other)),
    sees === 'nobody' || sees === 'owner' ? 0 : 1,
    'select',
  );
  assert.equal(await count(select, nobody), sees === 'everyone' ? 1 : 0, 'select of nobody');
  const strangers = [
    ...(changes === 'accounts' ? [] : [as(other)]),
    ...(changes === 'everyone' ? [] : [nobody]),
  ];
  const [before] = await database.query(
    `select xmin, * from app."${table}" where ${where}`,
    values,
  );
  for (const settings of strangers) {
    for (const text of [update, remove]) assert.equal(await count(text, settings), 0, text);
    // Without a condition, a statement needs no right to read what it changes.
    await database.query(`update app."${table}" set "${key[0]}" = $1`, [row[key[0]]], settings);
    await database.query(`delete from app."${table}"`, [], settings);
  }
  const [after] = await database.query(`select xmin, * from app."${table}" where ${where}`, values);
  assert.deepEqual(after, before);
  const [whole] = await database.query(`select to_jsonb(it) as row from (${select}) it`, values);
  const insert = `insert into app."${table}" select * from jsonb_populate_record(null::app."${table}", $1)`;
  const denied = { code: '42501' };
  for (const settings of strangers)
    await assert.rejects(database.query(insert, [whole.row], settings), denied);
  if (changes === 'owner' || changes === 'accounts') {
    assert.equal(await count(select, as(owner)), 1);
    assert.equal(await count(update, as(owner)), 1);
    assert.equal(await count(remove, as(owner)), 1);
  }
}
