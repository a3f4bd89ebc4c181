import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { answered, Client, refused } from './client.mjs';
import { newcomer, openPeople, Person, register } from './people.mjs';
import { accounts } from './samples.mjs';

const people = await openPeople();
const { alice, nobody, backend } = people;
after(() => backend.close());

function signIn(login, password) {
  return nobody.post('/auth/login', { [accounts.login]: login, password });
}

function refresh(refreshToken) {
  return nobody.post('/auth/refresh', { refreshToken });
}

/** Somebody new, who is removed at the end. */
async function newPerson(password = newcomer().password, changes = {}) {
  const person = await register(backend, people, { ...newcomer(), password, ...changes });
  backend.people.push([person, `${accounts.path}/${person.account[accounts.key]}`]);
  return person;
}

test('registering makes an account and signs it in', async () => {
  const body = newcomer();
  const made = await nobody.post('/auth/register', body);
  const { account, accessToken, refreshToken, tokenType, expiresIn } = answered(made, 201);
  const person = new Person(backend, people, { account, accessToken, refreshToken });
  backend.people.push([person, made.headers.get('location')]);
  assert.equal(made.headers.get('location'), `${accounts.path}/${account[accounts.key]}`);
  assert.equal(account[accounts.login], body[accounts.login]);
  assert.equal(tokenType, 'Bearer');
  assert.ok(expiresIn > 0 && expiresIn <= 900);
  assert.ok(!JSON.stringify(made.body).includes(body.password));
  assert.ok(!(accounts.hash in account));
  assert.deepEqual(answered(await person.get('/auth/me'), 200), account);
  const twin = { ...newcomer(), [accounts.login]: body[accounts.login] };
  refused(await nobody.post('/auth/register', twin), 409, { [accounts.login]: 'is taken' });
});

test('a login is one, however it is written, and looks like no other', async () => {
  const { login } = accounts;
  const given = newcomer()[login];
  const [apart, composed] = [`e\u0301${given}`, `\u00e9${given}`];
  const person = await newPerson(undefined, { [login]: ` ${apart.toUpperCase()} ` });
  assert.equal(person.account[login], composed);
  const twin = { ...newcomer(), [login]: composed };
  refused(await nobody.post('/auth/register', twin), 409, { [login]: 'is taken' });
  for (const one of [apart, composed.toUpperCase()])
    answered(await signIn(one, person.password), 200);
  for (const unseen of ['\u200b', '\u202e', '\u0007', '\u3164']) {
    const body = { ...newcomer(), [login]: `a${unseen}${given}` };
    const { errors } = refused(await nobody.post('/auth/register', body), 400);
    assert.deepEqual([...new Set(errors.map(({ field }) => field))], [login]);
  }
});

test('nobody registers with what is not theirs to say', async () => {
  for (const field of ['no_such_field', accounts.key, accounts.hash, ...accounts.protected]) {
    const body = { ...newcomer(), [field]: 1 };
    refused(await nobody.post('/auth/register', body), 400, { [field]: 'is not known here' });
  }
  refused(await nobody.post('/auth/register', { ...newcomer(), password: 'x'.repeat(7) }), 400, {
    password: 'must have at least 8 characters',
  });
  refused(await nobody.post('/auth/register', { ...newcomer(), password: 'x'.repeat(257) }), 400, {
    password: 'must have at most 256 characters',
  });
});

test('a password is kept as a hash', async () => {
  const text = `select "${accounts.hash}" as hash from app."${accounts.table}" where "${accounts.key}" = $1`;
  const [row] = await backend.database.query(text, [alice.account[accounts.key]]);
  assert.match(row.hash, /^s1\$[\w-]{22}\$[\w-]{32}\s*$/);
  const twin = await newPerson(alice.password);
  const [other] = await backend.database.query(text, [twin.account[accounts.key]]);
  assert.notEqual(other.hash, row.hash);
});

test('signing in takes the right password', async () => {
  const login = alice.account[accounts.login];
  const made = answered(await signIn(login, alice.password), 200);
  assert.deepEqual(made.account, alice.account);
  const wrong = refused(await signIn(login, 'not the password'), 401);
  assert.deepEqual(refused(await signIn(`x${login}`, 'not the password'), 401), wrong);
});

test('a refresh token works once, and a used one ends the session', async () => {
  const person = await newPerson();
  const { accessToken, refreshToken } = answered(await refresh(person.refreshToken), 200);
  const renewed = new Person(backend, people, {
    account: person.account,
    accessToken,
    refreshToken,
  });
  answered(await renewed.get('/auth/me'), 200);
  refused(await refresh(person.refreshToken), 401);
  refused(await refresh(refreshToken), 401);
  refused(await renewed.get('/auth/me'), 401);
  refused(await refresh('no-such-token'), 401);
  const { account, ...again } = answered(
    await signIn(person.account[accounts.login], person.password),
    200,
  );
  person.headers = { authorization: `Bearer ${again.accessToken}` };
  assert.deepEqual(account, person.account);
});

test('logging out ends the session at once', async () => {
  const { account, accessToken, refreshToken } = answered(
    await signIn(alice.account[accounts.login], alice.password),
    200,
  );
  const window = new Person(backend, people, { account, accessToken, refreshToken });
  answered(await window.post('/auth/logout'), 204);
  refused(await window.get('/auth/me'), 401);
  refused(await refresh(refreshToken), 401);
  answered(await alice.get('/auth/me'), 200);
});

test('who is not signed in has nothing to end or to change', async () => {
  const newPassword = 'another-battery-staple';
  const change = { currentPassword: alice.password, newPassword };
  const answers = [
    await nobody.get('/auth/me'),
    await nobody.post('/auth/logout'),
    await nobody.post('/auth/password', change),
  ];
  for (const answer of answers) {
    refused(answer, 401);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
  }
});

test('a new password takes the old one, and ends all other sessions', async () => {
  const person = await newPerson();
  const login = person.account[accounts.login];
  const other = answered(await signIn(login, person.password), 200);
  const newPassword = 'another-battery-staple';
  const wrong = { currentPassword: 'not the password', newPassword };
  const { errors } = refused(await person.post('/auth/password', wrong), 400);
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['currentPassword'],
  );
  answered(
    await person.post('/auth/password', { currentPassword: person.password, newPassword }),
    204,
  );
  answered(await person.get('/auth/me'), 200);
  refused(await new Person(backend, people, other).get('/auth/me'), 401);
  refused(await signIn(login, person.password), 401);
  answered(await signIn(login, newPassword), 200);
});

/** A token like those of the server, but for what is changed. */
function forge(header, claims, secret) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

test('only a token of this server, for a session that lasts, is good', async () => {
  const token = alice.headers.authorization.slice('Bearer '.length);
  const [, payload] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  assert.ok(claims.exp - claims.iat <= 900);
  const { secret } = backend;
  const header = { alg: 'HS256', typ: 'JWT' };
  const now = Math.floor(Date.now() / 1000);
  answered(
    await new Client(backend, { authorization: `Bearer ${forge(header, claims, secret)}` }).get(
      '/auth/me',
    ),
    200,
  );
  const bad = [
    forge(header, claims, 'x'.repeat(40)),
    forge({ alg: 'none', typ: 'JWT' }, claims, secret),
    forge(header, { ...claims, exp: now - 1 }, secret),
    forge(header, { ...claims, iat: now + 3600 }, secret),
    forge(header, { ...claims, iss: 'somebody else' }, secret),
    forge(header, { ...claims, sub: 'somebody else' }, secret),
    forge(header, { ...claims, sid: 'no-such-session' }, secret),
    `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    token.split('.').slice(0, 2).join('.'),
    '',
  ];
  for (const one of bad) {
    const answer = await new Client(backend, { authorization: `Bearer ${one}` }).get('/auth/me');
    refused(answer, 401);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
  }
  refused(await nobody.get('/auth/me'), 401);
});

test('too many wrong passwords are not even looked at', async () => {
  const person = await newPerson();
  const login = person.account[accounts.login];
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => signIn(login, 'not the password')),
  );
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(429) && statuses.every((status) => status === 401 || status === 429));
  const late = await signIn(login, person.password);
  refused(late, 429);
  assert.match(late.headers.get('retry-after'), /^[1-9]\d*$/);
});
