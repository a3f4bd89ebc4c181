import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { assertDescribed } from './contract.mjs';
import { send, startServer } from './server.mjs';

/** Every operation of the contract: that it works, and that it refuses what it must. */

const operations = JSON.parse(readFileSync(new URL('./operations.json', import.meta.url), 'utf8'));
const url = process.env.TEST_DATABASE_URL;
const quickPasswords = new URL('./quick-passwords.mjs', import.meta.url);
const server = await startServer({
  ...(url && { DATABASE_URL: url }),
  REGISTRATIONS_PER_HOUR: '10000',
  ...(existsSync(quickPasswords) && { NODE_OPTIONS: `--import ${quickPasswords.href}` }),
});
after(() => server.stop());

let count = 0;

/** A body with a number of its own, and with keys of rows that were made for it. */
async function filled(value, token) {
  if (typeof value === 'string') return value.replaceAll('#', `${process.pid}${count}`);
  if (Array.isArray(value)) return Promise.all(value.map((item) => filled(item, token)));
  if (typeof value !== 'object' || value === null) return value;
  if ('made' in value && 'field' in value) return (await make(value.made, token))?.[value.field];
  const entries = Object.entries(value).map(async ([name, item]) => [
    name,
    await filled(item, token),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

function kind(wanted) {
  return operations.find((operation) => operation.kind === wanted);
}

async function call(operation, address, { body, token } = {}) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await send(operation.method, server.url + address, body, headers);
  if (operation.kind !== 'custom') assertDescribed(operation, answer);
  return answer;
}

function inside(body, path) {
  return path.reduce((value, name) => value[name], body);
}

const rowIn = ({ wrap }, body) => (wrap ? body[wrap] : body);

/** Somebody new: what was sent, what came back, and a token. */
async function signUp() {
  const [register, login] = [kind('register'), kind('login')];
  if (!register) return { token: undefined };
  count += 1;
  const sent = await filled(register.body);
  const { status, body } = await call(register, register.path, { body: sent });
  assert.equal(status, register.status);
  const row = rowIn(register, body);
  if (register.token.length > (register.wrap ? 1 : 0))
    return { sent, row, token: inside(body, register.token) };
  const flat = { ...sent, ...Object.values(sent)[0] };
  const names = login.body[Object.keys(login.body)[0]];
  const isWrapped = typeof names === 'object';
  const own = Object.keys(isWrapped ? names : login.body).map((name) => [name, flat[name]]);
  const inner = Object.fromEntries(own);
  const signed = await call(login, login.path, {
    body: isWrapped ? { [Object.keys(login.body)[0]]: inner } : inner,
  });
  return { sent, row, token: inside(signed.body, login.token) };
}

/** A new row, as it was answered; of accounts, somebody new. Undefined where no operation shows one. */
async function make(table, token) {
  const operation = operations.find(({ makes }) => makes === table);
  if (!operation) return kind('register') ? (await signUp()).row : undefined;
  const address = await addressOf(operation, token);
  if (!address) return undefined;
  count += 1;
  const { status, body } = await call(operation, address, {
    body: await filled(operation.body, token),
    token,
  });
  assert.equal(status, operation.status, `${operation.id}: ${JSON.stringify(body)}`);
  return Object.assign(Object.create({ address }), rowIn(operation, body));
}

/** The address of a row made for it; undefined where nothing shows how it is found. */
async function addressOf({ path, params }, token) {
  let address = path;
  const last = params.at(-1);
  if (!last) return address;
  const row = await make(last.table, token);
  if (row?.[last.field] === undefined) return undefined;
  address = address.replace(`{${last.name}}`, encodeURIComponent(row[last.field]));
  // What it lies below stands in the address that it was made at.
  const made = row.address ?? '';
  const base = path.split(`{${last.name}}`)[0].split('/').slice(0, -2).length;
  const parts = address.split('/');
  made
    .split('/')
    .slice(0, base)
    .forEach((part, at) => {
      if (parts[at]?.startsWith('{')) parts[at] = part;
    });
  return parts.some((part) => part.startsWith('{')) ? undefined : parts.join('/');
}

const HOSTILE = ["' or 1=1 --", '%00', '..%2f..%2fetc', '{}', '9'.repeat(40), 'a'.repeat(3000)];

for (const operation of operations.filter((one) => one.kind !== 'custom')) {
  const { id, guard, status, path, body, demands, isOwned } = operation;

  test(`${id} answers ${status}`, async (context) => {
    const person = await signUp();
    const address = await addressOf(operation, person.token);
    if (!address) return context.skip('no operation shows how its row is found');
    count += 1;
    const sent =
      operation.kind === 'login'
        ? await loginBody(operation, person)
        : body && (await filled(body, person.token));
    const token = guard === 'none' ? undefined : person.token;
    const answer = await call(operation, address, { body: sent, token });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
  });

  test(`${id} refuses what it must`, async () => {
    const [person, other] = [await signUp(), await signUp()];
    const address = (await addressOf(operation, person.token)) ?? path.replaceAll(/\{\w+\}/g, '0');
    if (guard === 'account') {
      assert.equal((await call(operation, address, { body })).status, 401);
      assert.equal((await call(operation, address, { body, token: 'no.good.token' })).status, 401);
    }
    const token = guard === 'none' ? undefined : person.token;
    if (demands) {
      for (const bad of [{}, [], 'text', { [Object.keys(body)[0]]: null }])
        assert.ok(
          [400, 422].includes((await call(operation, address, { body: bad, token })).status),
        );
    }
    if (isOwned && other.token) {
      const sent = body && (await filled(body, other.token));
      const { status: refused } = await call(operation, address, {
        body: sent,
        token: other.token,
      });
      assert.ok([403, 404].includes(refused), `others are answered ${refused}`);
    }
    for (const text of path.includes('{') ? HOSTILE : []) {
      const bent = path.replaceAll(/\{\w+\}/g, encodeURIComponent(text));
      const refused = await call(operation, bent, {
        body: body && (await filled(body, token)),
        token,
      });
      assert.ok(refused.status >= 400 && refused.status < 500, `${bent} → ${refused.status}`);
    }
    if (operation.kind === 'list') {
      for (const text of HOSTILE) {
        const query = new URLSearchParams({ limit: text, offset: text, page: text, tag: text });
        assert.ok((await call(operation, `${address}?${query}`, { token })).status < 500);
      }
    }
  });
}

async function loginBody({ body }, { sent }) {
  const [only] = Object.values(sent);
  const flat = typeof only === 'object' ? only : sent;
  const [name] = Object.keys(body);
  const isWrapped = typeof body[name] === 'object';
  const wanted = Object.keys(isWrapped ? body[name] : body);
  const inner = Object.fromEntries(wanted.map((field) => [field, flat[field]]));
  return isWrapped ? { [name]: inner } : inner;
}

for (const operation of operations.filter(({ kind: own }) => own === 'custom')) {
  test(`${operation.id} tells when nobody wrote it yet`, async () => {
    const address = operation.path.replaceAll(/\{\w+\}/g, '0');
    const { status, body } = await call(operation, address, {});
    if (status === 501) assert.match(body.detail, new RegExp(operation.id));
  });
}
