import { scryptSync } from 'node:crypto';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { loginUrl } from '../../../src/domain/database.ts';
import {
  CHEAP,
  hashesOf,
  type Kind,
  kinds,
  lendAccounts,
  newLogin,
  PROBLEM,
  problemOf,
  register,
  registration,
  remember,
  signIn,
  statusOf,
  waitForLock,
} from '../../support/accounts-backends.ts';
import { askAt, forge, newName, partsOf, readTokens } from '../../support/accounts-client.ts';

/** Accounts of whole projects, as a client meets them. */
const names: readonly Kind[] = ['tasks', 'forum', 'shop', 'hostile-accounts'];
const { running, startTwin } = lendAccounts(names);

describe.each(names)('%s', (name) => {
  const { path, table, key, login: loginField } = kinds[name];

  test('people register, sign in, stay signed in and sign out', async () => {
    const { ask } = running(name);
    const person = await register(name, ask);
    expect(person.account[loginField]).toBe(person.login);
    expect(Object.keys(person.account).filter((field) => field.endsWith('_hash'))).toEqual([]);
    const again = await signIn(name, person, ask);
    expect(again.status).toBe(200);
    expect(again.body).toEqual({
      account: person.account,
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 900,
    });
    const first = remember(readTokens(again));
    const me = await ask('GET', '/auth/me', { token: first.accessToken });
    expect({ status: me.status, body: me.body }).toEqual({ status: 200, body: person.account });

    const renewed = await ask('POST', '/auth/refresh', { body: { refreshToken: first.refreshToken } });
    expect(renewed).toMatchObject({ status: 200, body: { account: person.account, tokenType: 'Bearer' } });
    const second = remember(readTokens(renewed));
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);

    expect(await ask('POST', '/auth/logout', { token: second.accessToken })).toMatchObject({ status: 204, body: {} });
    for (const { accessToken } of [first, second]) expect(await statusOf(ask, accessToken)).toBe(401);
    const late = await ask('POST', '/auth/refresh', { body: { refreshToken: second.refreshToken } });
    expect(late.status).toBe(401);
    // The other session goes on.
    expect(await statusOf(ask, person.accessToken)).toBe(200);
  });

  test('registering tells where the account is, and its password is kept as scrypt with a salt of its own', async () => {
    const { ask, database, server } = running(name);
    const password = remember({ password: `the same ${newName()}` }).password;
    const made = [];
    for (const login of [newLogin(name), newLogin(name)]) {
      const answer = await ask('POST', '/auth/register', { body: registration(name, login, password) });
      const { account } = remember(readTokens(answer));
      expect(answer.headers.get('location')).toBe(`${path}/${account[key]}`);
      made.push(account[key]);
    }
    const migrations = new pg.Client({ connectionString: loginUrl(database.login('mig')) });
    await migrations.connect();
    const { rows } = await migrations.query(`SELECT * FROM app."${table}" WHERE "${key}" = ANY ($1)`, [made]);
    await migrations.end();
    const hashes = rows.map((row) => String(row.password_hash ?? row.new_hash));
    for (const hash of hashes) {
      const [kind, salt = '', known] = hash.split('$');
      const derived = scryptSync(password, Buffer.from(salt, 'base64url'), 24, CHEAP).toString('base64url');
      expect({ kind, salt: salt.length, known }).toEqual({ kind: 's1', salt: 22, known: derived });
    }
    // What they would cost outside these tests: 16 MB and five passes.
    expect(server.log()).toMatch(/^hashing 16384,8,5$/m);
    expect(new Set(hashes).size).toBe(2);
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  test('a login is taken once, also by two at the same moment', async () => {
    const { ask } = running(name);
    const body = registration(name);
    const answers = await Promise.all([1, 2].map(() => ask('POST', '/auth/register', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const late = await ask('POST', '/auth/register', { body });
    expect(problemOf(late)).toEqual({ ...PROBLEM, status: 409, fields: [loginField] });
  });

  test('what a client has no say in is refused', async () => {
    const { ask } = running(name);
    const made = [
      'role',
      'delete',
      'credits',
      'balance_cents',
      'created_at',
      'password_hash',
      'new_hash',
      key,
      'lines',
    ];
    for (const field of made) {
      const answer = await ask('POST', '/auth/register', { body: { ...registration(name), [field]: 1 } });
      expect(problemOf(answer)).toEqual({ ...PROBLEM, status: 400, fields: [field] });
    }
    for (const password of ['short', undefined, null, 1, 'x'.repeat(257), 'with a \0 in it']) {
      const answer = await ask('POST', '/auth/register', { body: { ...registration(name), password } });
      expect(problemOf(answer)).toEqual({ ...PROBLEM, status: 400, fields: ['password'] });
    }
  });

  test('without a good token nobody is signed in', async () => {
    const { ask } = running(name);
    const person = await register(name, ask);
    const { claims } = partsOf(person.accessToken);
    const other = await register(name, ask);
    const now = Math.floor(Date.now() / 1000);
    const [header = '', payload = '', signature = ''] = person.accessToken.split('.');
    const altered = Buffer.from(JSON.stringify({ ...claims, sub: other.account[key] })).toString('base64url');
    const lastLetter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // Another letter that decodes to the same bytes.
    const twin = lastLetter[lastLetter.indexOf(signature.slice(-1)) ^ 1] ?? '';
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const forged: Readonly<Record<string, string>> = {
      'no algorithm': `${none}.${payload}.`,
      'no algorithm, signed': `${none}.${payload}.${signature}`,
      'no algorithm, signed as such': forge(claims, { header: { alg: 'none', typ: 'JWT' } }),
      HS512: forge(claims, { header: { alg: 'HS512', typ: 'JWT' }, hash: 'sha512' }),
      'HS512 in our header': forge(claims, { hash: 'sha512' }),
      'a header in another order': forge(claims, { header: { typ: 'JWT', alg: 'HS256' } }),
      'a header with a key of its own': forge(claims, { header: { alg: 'HS256', typ: 'JWT', jwk: {} } }),
      'another secret': forge(claims, { secret: 'another secret of more than 32 characters' }),
      'no secret': forge(claims, { secret: '' }),
      'somebody else in it': `${header}.${altered}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'no third part': `${header}.${payload}`,
      'no header': `.${payload}.${signature}`,
      expired: forge({ ...claims, iat: now - 1000, exp: now - 1 }),
      'of the future': forge({ ...claims, iat: now + 3600, exp: now + 7200 }),
      'of another server': forge({ ...claims, iss: 'somebody-else' }),
      'of nobody': forge({ ...claims, sub: undefined }),
      'of somebody else with this session': forge({ ...claims, sub: other.account[key] }),
      'of no session': forge({ ...claims, sid: undefined }),
      'of a session that is not there': forge({ ...claims, sid: 'x'.repeat(43) }),
      'good for ever': forge({ ...claims, exp: undefined }),
      'good for ever, in words': forge({ ...claims, exp: 'never' }),
      null: forge(null),
      'a list': forge([claims]),
      'a text': forge('claims'),
      'not JSON': `${header}.${Buffer.from('{').toString('base64url')}.${signature}`,
      'something behind it': `${person.accessToken}x`,
      'a point behind it': `${person.accessToken}.`,
      'padding behind it': `${person.accessToken}=`,
      'a twin of its last letter': `${person.accessToken.slice(0, -1)}${twin}`,
      'double points': person.accessToken.replaceAll('.', '..'),
      'two tokens': `${person.accessToken}, ${person.accessToken}`,
      'a refresh token': person.refreshToken,
      'nothing but points': '..',
      long: 'x'.repeat(8000),
    };
    const answers = await Promise.all(
      Object.entries(forged).map(async ([title, token]) => {
        const { status, headers } = await ask('GET', '/auth/me', { token });
        return [title, status, headers.get('www-authenticate')];
      }),
    );
    expect(answers).toEqual(Object.keys(forged).map((title) => [title, 401, 'Bearer']));
    for (const authorization of [
      'Bearer',
      'Bearer ',
      `Basic ${person.accessToken}`,
      person.accessToken,
      `Bearer a b`,
    ]) {
      const answer = await ask('GET', '/auth/me', { headers: { authorization } });
      expect(problemOf(answer)).toEqual({ ...PROBLEM, status: 401 });
    }
    expect(problemOf(await ask('GET', '/auth/me'))).toEqual({ ...PROBLEM, status: 401 });
    // What is forged with all we know is not told apart, so that the rest was refused for what was wrong with it.
    expect(await statusOf(ask, forge(claims))).toBe(200);
    expect(await statusOf(ask, person.accessToken)).toBe(200);
  });

  test('an unknown login and a wrong password are answered the same, after the same work', async () => {
    const project = running(name);
    const { ask } = project;
    const person = await register(name, ask);
    const attempt = async (login: string) => {
      const before = hashesOf(project);
      const { status, body, headers } = await signIn(name, { login, password: 'wrong password' }, project.ask);
      const names = [...headers.keys()].filter((header) => header !== 'date').sort();
      return { status, body, names, length: headers.get('content-length'), hashes: hashesOf(project) - before };
    };
    const unknown = await attempt(newLogin(name));
    expect(unknown).toMatchObject({ status: 401, hashes: 1 });
    expect(await attempt(person.login)).toEqual(unknown);
  });

  test('a new password ends all other sessions, and the old one is not good any more', async () => {
    const { ask } = running(name);
    const person = await register(name, ask);
    const here = remember(readTokens(await signIn(name, person, ask)));
    const change = (currentPassword: string, newPassword: string) =>
      ask('POST', '/auth/password', { token: here.accessToken, body: { currentPassword, newPassword } });
    expect(problemOf(await change('not the password', 'another password'))).toEqual({
      ...PROBLEM,
      status: 400,
      fields: ['currentPassword'],
    });
    expect(problemOf(await change(person.password, 'short'))).toMatchObject({ status: 400, fields: ['newPassword'] });
    expect(await statusOf(ask, person.accessToken)).toBe(200);

    const password = `secret ${newName()}`;
    expect(await change(person.password, password)).toMatchObject({ status: 204, body: {} });
    expect(await statusOf(ask, here.accessToken)).toBe(200);
    expect(await statusOf(ask, person.accessToken)).toBe(401);
    const { refreshToken } = person;
    expect((await ask('POST', '/auth/refresh', { body: { refreshToken } })).status).toBe(401);
    expect((await signIn(name, person, ask)).status).toBe(401);
    remember(readTokens(await signIn(name, { ...person, password }, ask)));
    const nobody = await ask('POST', '/auth/password', { body: { currentPassword: 'a', newPassword: 'b' } });
    expect(nobody.status).toBe(401);
  });

  test('who is removed, or whose session is over, is signed in no more', async () => {
    const { ask, database } = running(name);
    const [late, gone] = [await register(name, ask), await register(name, ask)];
    await database.admin(`UPDATE app._sessions SET expires_at = 1 WHERE account_id::text = $1`, [late.account[key]]);
    await database.admin(`DELETE FROM app."${table}" WHERE "${key}"::text = $1`, [gone.account[key]]);
    for (const { accessToken, refreshToken } of [late, gone]) {
      expect(await statusOf(ask, accessToken)).toBe(401);
      expect((await ask('POST', '/auth/refresh', { body: { refreshToken } })).status).toBe(401);
    }
    expect((await signIn(name, gone, ask)).status).toBe(401);
    remember(readTokens(await signIn(name, late, ask)));
  });
});

test('other methods are told which ones there are', async () => {
  const { ask } = running('tasks');
  for (const path of ['register', 'login', 'refresh', 'logout', 'password']) {
    const answer = await ask('GET', `/auth/${path}`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  }
  const answer = await ask('POST', '/auth/me', { body: {} });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'HEAD, GET']);
});

test('an e-mail address is the same however it is written', async () => {
  const { ask } = running('tasks');
  const person = await register('tasks', ask);
  const login = `  ${person.login.toUpperCase()} `;
  const taken = await ask('POST', '/auth/register', { body: registration('tasks', login) });
  expect(taken.status).toBe(409);
  const { account } = remember(readTokens(await signIn('tasks', { ...person, login }, ask)));
  expect(account).toEqual(person.account);
});

describe('refresh tokens', () => {
  const refresh = (refreshToken: unknown, ask = running('tasks').ask) =>
    ask('POST', '/auth/refresh', { body: { refreshToken } });

  test('one that was used before ends its session, for whoever used it', async () => {
    const { ask } = running('tasks');
    const person = await register('tasks', ask);
    const elsewhere = remember(readTokens(await signIn('tasks', person, ask)));
    const next = remember(readTokens(await refresh(person.refreshToken)));
    expect(await statusOf(ask, next.accessToken)).toBe(200);
    expect(problemOf(await refresh(person.refreshToken))).toEqual({ ...PROBLEM, status: 401 });
    expect(await statusOf(ask, next.accessToken)).toBe(401);
    expect((await refresh(next.refreshToken)).status).toBe(401);
    expect(await statusOf(ask, elsewhere.accessToken)).toBe(200);
  });

  test('of two at the same moment one wins, and its session goes on', async () => {
    const { ask, database } = running('tasks');
    const person = await register('tasks', ask);
    const client = new pg.Client({ connectionString: loginUrl(database.login('mig')) });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM app._sessions WHERE account_id = $1 FOR UPDATE', [person.account.id]);
    const first = refresh(person.refreshToken);
    await waitForLock(database);
    expect((await refresh(person.refreshToken)).status).toBe(401);
    await client.query('ROLLBACK');
    await client.end();
    const next = remember(readTokens(await first));
    expect(await statusOf(ask, next.accessToken)).toBe(200);
  });

  test('of many at the same moment, sent to two servers, one wins', async () => {
    const { ask } = running('tasks');
    const twin = await startTwin('tasks');
    try {
      const person = await register('tasks', ask);
      const asks = [ask, askAt(twin.url)];
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => refresh(person.refreshToken, asks[index % 2])),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)]);
    } finally {
      await twin.stop();
    }
  });

  test('one that was never made ends nothing', async () => {
    const { ask } = running('tasks');
    const person = await register('tasks', ask);
    const { sid } = partsOf(person.accessToken).claims;
    const guesses = [
      Buffer.concat([Buffer.from(String(sid), 'base64url').subarray(0, 16), Buffer.alloc(32)]).toString('base64url'),
      Buffer.alloc(48).toString('base64url'),
      '',
      'x',
      String(sid),
      person.accessToken,
    ];
    for (const guess of guesses) expect((await refresh(guess)).status).toBe(401);
    for (const wrong of [undefined, null, 1, ['x'], 'x'.repeat(1001)]) {
      expect(problemOf(await refresh(wrong))).toEqual({ ...PROBLEM, status: 400, fields: ['refreshToken'] });
    }
    expect(await statusOf(ask, person.accessToken)).toBe(200);
    expect((await refresh(person.refreshToken)).status).toBe(200);
  });
});

test('who signs in with a password that is changed at that moment is not signed in', async () => {
  const { ask, database } = running('tasks');
  const person = await register('tasks', ask);
  const client = new pg.Client({ connectionString: loginUrl(database.login('mig')) });
  await client.connect();
  await client.query('BEGIN');
  await client.query(`UPDATE app.users SET password_hash = 'another' WHERE id = $1`, [person.account.id]);
  const late = signIn('tasks', person, ask);
  await waitForLock(database);
  await client.query('COMMIT');
  await client.end();
  expect(problemOf(await late)).toEqual({ ...PROBLEM, status: 401 });
});

test('an account that asks for too many hashes is told to wait, and only for these', async () => {
  const { ask, database } = running('hostile-accounts');
  const [person, other] = [await register('hostile-accounts', ask), await register('hostile-accounts', ask)];
  const { path, key } = kinds['hostile-accounts'];
  const change = ({ account, accessToken: token }: typeof person, body: object) =>
    ask('PATCH', `${path}/${account[key]}`, { body, token });
  await database.admin('DELETE FROM app._login_failures');
  expect((await change(person, { pin: '87654321' })).status).toBe(200);
  const counted = await database.admin('UPDATE app._login_failures SET attempts = 200 RETURNING 1');
  expect(counted).toHaveLength(1);
  const late = await change(person, { pin: '11112222' });
  expect(problemOf(late)).toEqual({ ...PROBLEM, status: 429 });
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(800);
  expect((await change(person, { password: 'a column of that name' })).status).toBe(200);
  expect((await change(other, { pin: '11112222' })).status).toBe(200);
});

test.each(['/health', '/ready', '/openapi.json', '/openapi'])('%s looks at no token', async (path) => {
  const { server } = running('tasks');
  const answer = await fetch(server.url + path, { headers: { authorization: 'Bearer no.good.token' } });
  expect(answer.status).toBe(200);
});
