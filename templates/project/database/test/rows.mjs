import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, missingPath, pathOf, refused } from './client.mjs';
import { tables } from './samples.mjs';

/** What is true of the rows of every table. Each takes who asks and the name of a table. */

/** A row is made, read, and removed. `columns` are all that may be seen of it. */
export async function checkLife(client, table, columns) {
  const { path } = tables[table];
  const body = await client.body(table);
  const made = await client.post(path, body);
  const row = answered(made, 201);
  assert.deepEqual(Object.keys(row), columns);
  for (const [field, value] of Object.entries(body))
    if (columns.includes(field)) assert.deepEqual(row[field], value, field);
  assert.equal(made.headers.get('location'), pathOf(table, row));

  const read = await client.get(pathOf(table, row));
  assert.deepEqual(answered(read, 200), row);
  assert.equal(read.headers.get('etag'), made.headers.get('etag'));

  const other = tables[table].oneEach ? null : await client.parent(table);
  assert.equal(answered(await client.delete(pathOf(table, row)), 204), null);
  refused(await client.get(pathOf(table, row)), 404);
  if (other) assert.deepEqual(answered(await client.get(pathOf(table, other)), 200), other);
  refused(await client.delete(pathOf(table, row)), 404);
}

/** A key that no row has, or could have, is not found with any method. */
export async function checkMissing(client, table, methods) {
  // Where there is no row, none can be met by mistake.
  await client.make(table);
  const paths = [missingPath(table), `${tables[table].path}/${'x'.repeat(300)}/x`.slice(0, 300)];
  const { body, key } = tables[table];
  const whole = await body(client);
  for (const name of key) delete whole[name];
  for (const path of tables[table].key.length === 1 ? paths : paths.slice(0, 1)) {
    for (const method of methods) {
      const sent = { PUT: whole, PATCH: {} }[method];
      refused(await client.send(method, path, sent), 404);
    }
  }
}

/** What is left out of a new row has its default. */
export async function checkDefaults(client, table, defaults) {
  const body = await client.body(table);
  for (const field of Object.keys(defaults)) delete body[field];
  const row = answered(await client.post(tables[table].path, body), 201);
  for (const [field, value] of Object.entries(defaults)) assert.deepEqual(row[field], value, field);
}

/** Everything that is required is named at once, before the database is asked. */
export async function checkRequired(client, table, fields) {
  const errors = Object.fromEntries(fields.map((field) => [field, 'is required']));
  const { detail } = refused(await client.post(tables[table].path, {}), 400, errors);
  assert.equal(detail, 'Some fields are not valid.');
}

/** Values just outside of what a field takes, and why: for a new row alone and among others. */
export async function checkRefused(client, table, values) {
  const { path } = tables[table];
  const body = await client.body(table);
  for (const [field, value, message] of values) {
    refused(await client.post(path, { ...body, [field]: value }), 400, { [field]: message });
  }
}

/** Values just inside of what a field takes. */
export async function checkAccepted(client, table, values) {
  const row = await client.make(table);
  for (const [field, value] of values) {
    const changed = answered(await client.patch(pathOf(table, row), { [field]: value }), 200);
    if (field in changed) assert.deepEqual(changed[field], value, field);
  }
}

/** Fields that are nobody's to send. */
export async function checkUnknown(client, table, fields, methods) {
  const row = await client.make(table);
  const { path, key } = tables[table];
  const body = await client.body(table);
  const whole = Object.fromEntries(Object.entries(body).filter(([name]) => !key.includes(name)));
  for (const field of ['no_such_field', ...fields]) {
    const errors = { [field]: 'is not known here' };
    refused(await client.post(path, { ...body, [field]: 1 }), 400, errors);
    if (!methods.includes('PATCH')) continue;
    refused(await client.patch(pathOf(table, row), { [field]: 1 }), 400, errors);
    refused(await client.put(pathOf(table, row), { ...whole, [field]: 1 }), 400, errors);
  }
  assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
}

/** PATCH changes a field and nothing else; a `unique` one gets a value of its own. */
export async function checkPatch(client, table, changes, unique = []) {
  const other = await client.body(table);
  const own = unique.map((field) => ({ [field]: other[field] }));
  let row = await client.make(table);
  for (const change of [...changes, ...own]) {
    const changed = answered(await client.patch(pathOf(table, row), change), 200);
    assert.deepEqual(changed, { ...row, ...change, ...touched(table, changed) });
    assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), changed);
    row = changed;
  }
}

/** What the server itself writes with every change: when that was. */
function touched(table, row) {
  return Object.fromEntries((tables[table].touched ?? []).map((name) => [name, row[name]]));
}

/** PUT writes the whole row: what is left out gets its default. */
export async function checkPut(client, table, changes, defaults) {
  const row = await client.make(table, changes);
  const body = await client.body(table);
  for (const field of [...tables[table].key, ...Object.keys(defaults)]) delete body[field];
  const replaced = answered(await client.put(pathOf(table, row), body), 200);
  assert.deepEqual(Object.keys(replaced), Object.keys(row));
  for (const [field, value] of Object.entries({ ...body, ...defaults }))
    if (field in replaced) assert.deepEqual(replaced[field], value, field);
  for (const name of tables[table].key) assert.equal(replaced[name], row[name]);
  const whole = await client.body(table);
  for (const name of tables[table].key) delete whole[name];
  const again = answered(await client.put(pathOf(table, row), whole), 200);
  for (const [field, value] of Object.entries(whole))
    if (field in again) assert.deepEqual(again[field], value, field);
  const [required] = Object.keys(body).filter((field) => field in body && body[field] !== null);
  if (required === undefined) return;
  const { [required]: _, ...rest } = body;
  refused(await client.put(pathOf(table, row), rest), 400, { [required]: 'is required' });
}

/** Of many rows all are made, or, when one is not good, none. */
export async function checkMany(client, table) {
  const { path } = tables[table];
  const bodies = [await client.body(table), await client.body(table)];
  const { data } = answered(await client.post(path, bodies), 201);
  assert.equal(data.length, 2);
  for (const [index, row] of data.entries()) {
    assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
    for (const [field, value] of Object.entries(bodies[index]))
      if (field in row) assert.deepEqual(row[field], value, field);
  }
  const bad = [await client.body(table), { ...(await client.body(table)), no_such_field: 1 }];
  refused(await client.post(path, bad), 400, { '1.no_such_field': 'is not known here' });
  const tooMany = Array.from({ length: 101 }, () => bodies[0]);
  refused(await client.post(path, tooMany), 400);
  refused(await client.post(path, []), 400);
}

/** Two rows cannot have the same in these fields; neither from the start nor later. */
export async function checkUnique(client, table, fields, methods, sent = fields) {
  const [one, other] = [await client.make(table), await client.make(table)];
  const same = Object.fromEntries(sent.map((field) => [field, one[field]]));
  const errors = Object.fromEntries(fields.map((field) => [field, 'is taken']));
  const body = await client.body(table, same);
  refused(await client.post(tables[table].path, body), 409, errors);
  if (methods.includes('PATCH'))
    refused(await client.patch(pathOf(table, other), same), 409, errors);
}

/** A row that is referred to must be there. `nowhere` is the key of none. */
export async function checkReference(client, table, field, nowhere, methods) {
  const errors = { [field]: 'does not exist' };
  const body = await client.body(table, { [field]: nowhere });
  refused(await client.post(tables[table].path, body), 422, errors);
  refused(await client.post(tables[table].path, [body]), 422);
  if (!methods.includes('PATCH')) return;
  const row = await client.make(table);
  refused(await client.patch(pathOf(table, row), { [field]: nowhere }), 422, errors);
  for (const name of tables[table].key) delete body[name];
  refused(await client.put(pathOf(table, row), body), 422, errors);
  assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
}

/** What becomes of a row when the one that a field refers to goes. */
export async function checkParentRemoval(client, table, field, [parentTable, column], outcome) {
  const parent = await client.make(parentTable);
  const row = await client.make(table, { [field]: parent[column] });
  const removed = await client.makerOf(parentTable).delete(pathOf(parentTable, parent));
  if (outcome === 'restrict') {
    refused(removed, 409);
    assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
    return;
  }
  answered(removed, 204);
  const left = await client.get(pathOf(table, row));
  if (outcome === 'null') assert.equal(answered(left, 200)[field], null);
  else refused(left, 404);
  // A row that nobody sees any more may still be there.
  const stored = await storedRow(client, table, row);
  assert.equal(stored === undefined, outcome === 'cascade');
}

/** A row as the database has it, past the server; undefined when it is not there. */
export async function storedRow(client, table, row) {
  const { key } = tables[table];
  const where = key.map((name, index) => `"${name}" = $${index + 1}`).join(' and ');
  const [stored] = await client.backend.database.query(
    `select * from app."${table}" where ${where}`,
    key.map((name) => row[name]),
  );
  return stored;
}

/** A row can be made to refer to another one, and keeps to it. */
export async function checkMove(client, table, field, [parentTable, column]) {
  const row = await client.make(table);
  const parents = [await client.make(parentTable), await client.make(parentTable)];
  const [first, second] = parents.map((parent) => parent[column]);
  const moved = answered(await client.patch(pathOf(table, row), { [field]: first }), 200);
  assert.equal(moved[field], first);
  const body = await client.body(table, { [field]: second });
  for (const name of tables[table].key) delete body[name];
  assert.equal(answered(await client.put(pathOf(table, row), body), 200)[field], second);
}

/** Rows that share a part of their key are different ones; `parents` are what the parts refer to. */
export async function checkNeighbours(client, table, parents) {
  const row = await client.make(table);
  const shared = Object.fromEntries(Object.keys(parents).map((name) => [name, row[name]]));
  for (const [name, [parentTable, column]] of Object.entries(parents)) {
    const parent = await client.make(parentTable);
    const neighbour = await client.make(table, { ...shared, [name]: parent[column] });
    assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
    assert.deepEqual(answered(await client.get(pathOf(table, neighbour)), 200), neighbour);
    answered(await client.delete(pathOf(table, neighbour)), 204);
    assert.deepEqual(answered(await client.get(pathOf(table, row)), 200), row);
  }
}

/** A row is changed only in the version that is named, and not sent to who has it. */
export async function checkVersions(client, table, methods) {
  const row = await client.make(table);
  const path = pathOf(table, row);
  const { headers } = await client.get(path);
  const tag = headers.get('etag');
  assert.match(tag, /^"\d+"$/);
  assert.equal(answered(await client.get(path, { 'if-none-match': tag }), 304), null);
  answered(await client.get(path, { 'if-none-match': '"1"' }), 200);
  const stale = { 'if-match': '"1"' };
  refused(await client.delete(path, stale), 412);
  const newest = methods.includes('PATCH') ? await changeVersions(client, table, row, tag) : tag;
  const other = tables[table].oneEach ? null : await client.make(table);
  answered(await client.delete(path, { 'if-match': newest }), 204);
  refused(await client.delete(path, stale), 404);
  if (other) assert.deepEqual(answered(await client.get(pathOf(table, other)), 200), other);
}

/** Changes a row of this version twice, and gives the version it has then. */
async function changeVersions(client, table, row, tag) {
  const path = pathOf(table, row);
  const body = await client.body(table);
  for (const name of tables[table].key) delete body[name];
  const change = Object.fromEntries(Object.entries(body).filter(([field]) => field in row));
  refused(await client.patch(path, change, { 'if-match': '"1"' }), 412);
  refused(await client.put(path, body, { 'if-match': '"1"' }), 412);
  const changed = await client.patch(path, change, { 'if-match': tag });
  answered(changed, 200);
  refused(await client.delete(path, { 'if-match': tag }), 412);
  const replaced = await client.put(path, body, { 'if-match': changed.headers.get('etag') });
  answered(replaced, 200);
  assert.notEqual(replaced.headers.get('etag'), tag);
  return replaced.headers.get('etag');
}

/** A request with an Idempotency-Key takes effect once. */
export async function checkOnce(client, table) {
  const { path } = tables[table];
  const once = { 'idempotency-key': randomUUID() };
  const body = await client.body(table);
  const answers = await Promise.all([client.post(path, body, once), client.post(path, body, once)]);
  const [row, again] = answers.map((answer) => answered(answer, 201));
  assert.deepEqual(again, row);
  refused(await client.post(path, [body], once), 422);
  const many = { 'idempotency-key': randomUUID() };
  const bodies = [await client.body(table)];
  const first = answered(await client.post(path, bodies, many), 201);
  assert.deepEqual(answered(await client.post(path, bodies, many), 201), first);
  const message = 'must be 16 to 255 visible characters, for example a UUID';
  refused(await client.post(path, body, { 'idempotency-key': 'short' }), 400, {
    'idempotency-key': message,
  });
  const kept = await client.backend.database.query('select answer from app._idempotency_keys');
  assert.ok(kept.length > 0);
  // Sealed: no JSON that others could read.
  for (const { answer } of kept) assert.match(answer, /^[\w+/]*=*$/);
}

/** Values that do not go together. */
export async function checkTogether(client, table, values, errors) {
  refused(await client.post(tables[table].path, await client.body(table, values)), 400, errors);
}

/** The database refuses by itself what the server should never let through. */
export async function checkConstraint(client, table, column, value, state) {
  const row = await client.make(table);
  const { key } = tables[table];
  const where = key.map((name, index) => `"${name}" = $${index + 2}`).join(' and ');
  const text = `update app."${table}" set "${column}" = $1 where ${where}`;
  const values = [value, ...key.map((name) => row[name])];
  await assert.rejects(client.backend.database.query(text, values), { code: state });
}

/** What must not be read back is kept as a hash, another one each time. */
export async function checkHashed(client, table, field, column, methods) {
  const password = 'correct-horse-battery';
  const rows = [
    await client.make(table, { [field]: password }),
    await client.make(table, { [field]: password }),
  ];
  const kept = async (row) => (await storedRow(client, table, row))[column];
  const [one, other] = [await kept(rows[0]), await kept(rows[1])];
  for (const hash of [one, other]) assert.match(hash, /^s1\$[\w-]{22}\$[\w-]{32}\s*$/);
  assert.notEqual(one, other);
  if (!methods.includes('PATCH')) return;
  answered(await client.patch(pathOf(table, rows[0]), { [field]: password }), 200);
  const changed = await kept(rows[0]);
  const body = await client.body(table, { [field]: password });
  for (const name of tables[table].key) delete body[name];
  answered(await client.put(pathOf(table, rows[0]), body), 200);
  const replaced = await kept(rows[0]);
  for (const hash of [changed, replaced]) assert.match(hash, /^s1\$/);
  assert.equal(new Set([one, changed, replaced]).size, 3);
}
