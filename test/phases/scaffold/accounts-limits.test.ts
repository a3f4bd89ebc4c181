import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loginUrl } from '../../../src/domain/database.ts';
import {
  hashesOf,
  kinds,
  lendAccounts,
  newLogin,
  PROBLEM,
  problemOf,
  register,
  registration,
  remember,
  secrets,
  signIn,
  statusOf,
} from '../../support/accounts-backends.ts';
import { type Ask, askAt, readTokens, somewhere } from '../../support/accounts-client.ts';
import { APP_SECRET, run } from '../../support/generated-projects.ts';

/** What accounts bear, and what a server with accounts needs. */
const { running, startTwin } = lendAccounts(['forum']);

describe('limits', () => {
  test('of many guesses at one login at the same moment ten are looked at', async () => {
    const project = running('forum');
    const { ask } = project;
    const person = await register('forum', ask);
    const before = hashesOf(project);
    const guesses = await Promise.all(
      Array.from({ length: 200 }, () => signIn('forum', { ...person, password: 'a wrong guess' }, ask)),
    );
    const statuses = guesses.map(({ status }) => status);
    expect([401, 429].map((wanted) => statuses.filter((status) => status === wanted).length)).toEqual([10, 190]);
    expect(hashesOf(project) - before).toBe(10);
    const late = await signIn('forum', person, ask);
    expect(problemOf(late)).toEqual({ ...PROBLEM, status: 429 });
    const seconds = Number(late.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(800);
    expect(seconds).toBeLessThanOrEqual(900);
    // Others are not kept out, and neither is this one when the time is over.
    remember(readTokens(await signIn('forum', await register('forum', ask), ask)));
    await project.database.admin('UPDATE app._login_failures SET until = 1');
    remember(readTokens(await signIn('forum', person, ask)));
  });

  test('a right password starts the count anew', async () => {
    const { ask, database } = running('forum');
    const person = await register('forum', ask);
    await signIn('forum', { ...person, password: 'a wrong guess' }, ask);
    await database.admin('UPDATE app._login_failures SET attempts = 9 WHERE attempts = 1');
    expect((await signIn('forum', person, ask)).status).toBe(200);
    expect((await signIn('forum', { ...person, password: 'a wrong guess' }, ask)).status).toBe(401);
    expect((await signIn('forum', person, ask)).status).toBe(200);
  });

  test('wrong current passwords are counted too', async () => {
    const { ask, database } = running('forum');
    const { accessToken: token, ...person } = await register('forum', ask);
    const guess = () =>
      ask('POST', '/auth/password', { token, body: { currentPassword: 'a guess', newPassword: 'another one' } });
    expect((await guess()).status).toBe(400);
    await database.admin('UPDATE app._login_failures SET attempts = 10 WHERE attempts = 1');
    expect(problemOf(await guess())).toEqual({ ...PROBLEM, status: 429 });
    // Which keeps nobody from signing in.
    await database.admin('DELETE FROM app._login_failures');
    remember(readTokens(await signIn('forum', person, ask)));
  });

  test('who signs in again and again does not fill the database: the oldest sessions end', async () => {
    const { ask, database } = running('forum');
    const person = await register('forum', ask);
    const other = await register('forum', ask);
    await database.admin(
      `INSERT INTO app._sessions
       SELECT sha256(n::text::bytea), $1, '', n, 9999999999 FROM generate_series(1, 300) AS n`,
      [person.account.id],
    );
    const { accessToken: token } = remember(readTokens(await signIn('forum', person, ask)));
    const rows = await database.admin<{ count: string; oldest: string }>(
      'SELECT count(*), min(created_at) AS oldest FROM app._sessions WHERE account_id = $1',
      [person.account.id],
    );
    // The one of registering, the one of now, and the newest others.
    expect(rows).toEqual([{ count: '100', oldest: '203' }]);
    for (const mine of [token, person.accessToken, other.accessToken])
      expect((await ask('GET', '/auth/me', { token: mine })).status).toBe(200);
  });

  test('one address may guess a hundred times, register thirty times, and sign in as often as it likes', async () => {
    const { ask, database } = running('forum');
    const person = await register('forum', ask);
    const address = somewhere();
    await database.admin('DELETE FROM app._login_failures');
    const attempt = (password: string, login = newLogin('forum')) =>
      ask('POST', '/auth/login', { body: { email: login, password }, address });
    expect((await attempt('a guess')).status).toBe(401);
    // Of the address and of the login; the login is never tried again.
    await database.admin('UPDATE app._login_failures SET attempts = 99');
    for (const _ of [1, 2, 3]) expect((await attempt(person.password, person.login)).status).toBe(200);
    expect((await attempt('a guess')).status).toBe(401);
    const refused = await attempt(person.password, person.login);
    expect(problemOf(refused)).toEqual({ ...PROBLEM, status: 429 });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await signIn('forum', person, ask)).status).toBe(200);

    await database.admin('DELETE FROM app._login_failures');
    const join = () => ask('POST', '/auth/register', { body: registration('forum'), address });
    expect((await join()).status).toBe(201);
    await database.admin('UPDATE app._login_failures SET attempts = 29');
    expect((await join()).status).toBe(201);
    expect(problemOf(await join())).toEqual({ ...PROBLEM, status: 429 });
  });

  test('where nobody may register nobody does, and who is there signs in', async () => {
    const person = await register('forum', running('forum').ask);
    const closed = await startTwin('forum', { REGISTRATIONS_PER_HOUR: '0' });
    try {
      const ask = askAt(closed.url);
      expect((await ask('POST', '/auth/register', { body: registration('forum') })).status).toBe(429);
      remember(readTokens(await signIn('forum', person, ask)));
    } finally {
      await closed.stop();
    }
  });

  test('an address is what the proxy saw, an IPv6 one with all its neighbours, and a client cannot make one up', async () => {
    const { database } = running('forum');
    const join = async (ask: Ask, address: string) =>
      (await ask('POST', '/auth/register', { body: registration('forum'), address })).status;
    const trusting = await startTwin('forum', { REGISTRATIONS_PER_HOUR: '1' });
    const wary = await startTwin('forum', { REGISTRATIONS_PER_HOUR: '1', TRUST_PROXY: '' });
    const named = await startTwin('forum', { REGISTRATIONS_PER_HOUR: '1', TRUST_PROXY: 'x-real-ip' });
    try {
      const pairs: readonly (readonly [string, string, number])[] = [
        ['10.0.0.1', '10.0.0.1', 429],
        ['10.0.1.1', '10.0.1.2', 201],
        ['10.0.2.1', '10.9.9.9, 10.0.2.1', 429],
        ['10.0.3.1, 10.0.3.2', '10.0.3.1, 10.0.3.3', 201],
        ['::ffff:10.0.4.1', '10.0.4.1', 429],
        ['2001:db8:0:1::1', '2001:DB8:0:1:ffff:ffff:ffff:ffff', 429],
        ['2001:db8:0:2::1', '2001:db8:0:3::1', 201],
        ['2001:db8::1', '2001:db8:0:0:1::', 429],
        ['10.0.5.1:1000', '10.0.5.1:2000', 429],
        ['[2001:db8:5::1]:443', '2001:db8:5::2', 429],
        ['not an address', 'not an address', 429],
      ];
      for (const [first, second, status] of pairs) {
        expect(await join(askAt(trusting.url), first), first).toBe(201);
        expect(await join(askAt(trusting.url), second), second).toBe(status);
      }
      expect(await join(askAt(wary.url), '10.1.0.1')).toBe(201);
      expect(await join(askAt(wary.url), '10.1.0.2')).toBe(429);
      await database.admin('DELETE FROM app._login_failures');
      expect(await join(askAt(named.url), '10.1.0.3')).toBe(201);
      expect(await join(askAt(named.url), '10.1.0.4')).toBe(429);
      const body = registration('forum');
      const elsewhere = await askAt(named.url)('POST', '/auth/register', {
        body,
        headers: { 'x-real-ip': '10.1.0.5' },
      });
      expect(elsewhere.status).toBe(201);
    } finally {
      await Promise.all([trusting.stop(), wary.stop(), named.stop()]);
      await database.admin('DELETE FROM app._login_failures');
    }
  });

  test('a flood of passwords is refused beyond what can wait, costs nobody a try, and leaves time for others', async () => {
    const { directory, database } = running('forum');
    const slow = join(directory, 'slow-hashes.mjs');
    writeFileSync(slow, SLOW_HASHES);
    const server = await startTwin('forum', { NODE_OPTIONS: `--import ${slow}` });
    const ask = askAt(server.url);
    try {
      const attempt = (login: string) => signIn('forum', { login, password: 'a wrong guess' }, ask);
      const login = newLogin('forum');
      let answered = 0;
      const flood = Array.from({ length: 70 }, async (_, index) => {
        const answer = await attempt(index === 69 ? login : newLogin('forum'));
        answered += 1;
        return answer;
      });
      await expect.poll(() => answered).toBe(18);
      expect((await ask('GET', '/health')).status).toBe(200);
      expect((await ask('POST', '/auth/login', { body: { email: login, password: 'one more' } })).status).toBe(503);
      // Two at a time.
      expect(server.log().split('begun').length - 1).toBe(2);
      rmSync(slow);
      const answers = await Promise.all(flood);
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(Array(18).fill('5'));
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(52);
      const [row] = await database.admin<{ sum: string }>('SELECT sum(attempts) FROM app._login_failures');
      // Of each that was looked at, its login and its address.
      expect(Number(row?.sum)).toBe(104);
    } finally {
      rmSync(slow, { force: true });
      await server.stop();
      await database.admin('DELETE FROM app._login_failures');
    }
  });
});

/** Hashes that are done when this very file is gone. */
const SLOW_HASHES = `import crypto from 'node:crypto';
import { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
crypto.scrypt = (password, salt, length, cost, done) => {
  process.stderr.write('begun ');
  const look = () => (existsSync(fileURLToPath(import.meta.url)) ? setTimeout(look, 20) : done(null, Buffer.alloc(length)));
  look();
};
syncBuiltinESMExports();
`;

test('what is over is cleared away by a server that starts', async () => {
  const { ask, database } = running('forum');
  const person = await register('forum', ask);
  await database.admin('UPDATE app._sessions SET expires_at = 1 WHERE account_id = $1', [person.account.id]);
  await database.admin('UPDATE app._login_failures SET until = 1');
  const server = await startTwin('forum');
  try {
    await register('forum', askAt(server.url));
    const old = `SELECT FROM app._sessions WHERE expires_at = 1 UNION ALL SELECT FROM app._login_failures WHERE until = 1`;
    await expect.poll(async () => (await database.admin(old)).length).toBe(0);
  } finally {
    await server.stop();
  }
  expect(await statusOf(ask, person.accessToken)).toBe(401);
});

test('a role is given by who may change tables, and counts at once', async () => {
  const { ask, database, directory } = running('forum');
  const person = await register('forum', ask);
  const setRole = (...args: string[]) => run(process.execPath, ['scripts/set-role.mjs', ...args], { cwd: directory });
  expect(await setRole(person.login, 'admin')).toEqual({
    code: 1,
    output: 'set-role: Set DATABASE_URL in .env.migrate.\n',
  });
  writeFileSync(join(directory, '.env.migrate'), `DATABASE_URL="${loginUrl(database.login('mig'))}"\n`, {
    mode: 0o600,
  });
  expect(await setRole()).toMatchObject({ code: 1, output: expect.stringContaining('<login> <role>') });
  expect(await setRole('nobody@example.com', 'admin')).toMatchObject({
    code: 1,
    output: expect.stringContaining('no account'),
  });
  expect(await setRole(person.login, "boss'")).toMatchObject({ code: 1, output: expect.stringContaining('user_role') });
  expect(await setRole(person.login, 'admin', '--env', 'prod')).toMatchObject({ code: 1 });
  const isAdmin = () =>
    database.admin('SELECT is_admin FROM app._signed_in WHERE account_id = $1', [person.account.id]);
  expect(await isAdmin()).toEqual([{ is_admin: false }]);
  expect(await setRole(person.login, 'admin')).toEqual({ code: 0, output: `${person.login}: role is admin now.\n` });
  expect((await ask('GET', '/auth/me', { token: person.accessToken })).body.role).toBe('admin');
  expect(await isAdmin()).toEqual([{ is_admin: true }]);
  expect((await setRole(person.login, 'member')).code).toBe(0);
  expect(await isAdmin()).toEqual([{ is_admin: false }]);
});

test.each([
  ['no', '', 'APP_SECRET is not set.'],
  ['a short', 'x'.repeat(31), 'APP_SECRET must have at least 32 characters.'],
])('with %s secret the server refuses to start, and says so in one line', async (_, secret, message) => {
  const { directory } = running('forum');
  const env = { PORT: '0', APP_SECRET: secret };
  const { code, output } = await run(process.execPath, ['.output/server/index.mjs'], { cwd: directory, env });
  expect(code).toBe(1);
  const lines = output.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines.join())).toMatchObject({ level: 'error', message: expect.stringContaining(message) });
});

test('another secret makes clients refresh their tokens, and nothing else', async () => {
  const { ask } = running('forum');
  const person = await register('forum', ask);
  const server = await startTwin('forum', { APP_SECRET: 'another secret, of 32 characters' });
  const other = askAt(server.url);
  try {
    expect(await statusOf(other, person.accessToken)).toBe(401);
    const next = readTokens(await other('POST', '/auth/refresh', { body: { refreshToken: person.refreshToken } }));
    expect(await statusOf(other, next.accessToken)).toBe(200);
    expect(await statusOf(ask, next.accessToken)).toBe(401);
  } finally {
    await server.stop();
  }
});

test('no secret is in the log or in the database', async () => {
  const { ask, database, server } = running('forum');
  const person = await register('forum', ask);
  await signIn('forum', { ...person, password: 'a wrong guess' }, ask);
  await ask('POST', '/auth/login', { body: { email: person.login, password: person.password, unknown: 1 } });
  await ask('GET', `/auth/me?token=${person.accessToken}`, { token: `${person.accessToken}x` });
  await ask('POST', '/auth/refresh', { body: { refreshToken: person.refreshToken } });
  const tables = [kinds.forum.table, '_sessions', '_login_failures'];
  const rows = await Promise.all(tables.map((table) => database.admin(`SELECT t::text FROM app."${table}" AS t`)));
  const kept = JSON.stringify(rows);
  const bytes = (secret: string) => Buffer.from(secret, 'base64url').toString('hex');
  expect(secrets.size).toBeGreaterThan(10);
  for (const secret of [...secrets, APP_SECRET, person.login]) {
    expect(server.log().includes(secret), 'in the log').toBe(false);
    if (secret === person.login) continue;
    expect(kept.includes(secret), 'in the database').toBe(false);
    if (secret.length === 64) expect(kept.includes(bytes(secret).slice(32)), 'in the database').toBe(false);
  }
});
