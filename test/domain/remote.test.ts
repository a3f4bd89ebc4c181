import { expect, test } from 'vitest';
import { assertUsableElsewhere, isOnlyHere } from '../../src/domain/deploy-logins.ts';
import { environmentValue, withLogin } from '../../src/domain/environment-file.ts';
import { TurboError } from '../../src/domain/errors.ts';
import { appName, monthlyCost, type PlannedThing, remotePlan, wishedRemotes } from '../../src/domain/remote.ts';

const thing = (name: string, more: Partial<PlannedThing> = {}): PlannedThing => ({
  remote: 'fly',
  kind: 'app',
  name,
  action: 'create',
  monthlyUsd: null,
  ...more,
});

test('a plan has one hash whatever order it is said in, and another when anything in it is another', () => {
  const { hash } = remotePlan([thing('a'), thing('b')]);
  expect(remotePlan([thing('b'), thing('a')]).hash).toBe(hash);
  const others = [
    [thing('a')],
    [thing('a'), thing('c')],
    [thing('a'), thing('b', { action: 'adopt' })],
    [thing('a'), thing('b', { monthlyUsd: 0 })],
    [thing('a'), thing('b', { detail: 'fra' })],
    [thing('a'), thing('b', { remote: 's3' })],
  ];
  expect(others.map((things) => remotePlan(things).hash)).not.toContain(hash);
});

test('a price that is not known makes the sum no whole one', () => {
  expect(monthlyCost([thing('a', { monthlyUsd: 2 }), thing('b', { monthlyUsd: 1.5 })])).toEqual({
    usd: 3.5,
    isWhole: true,
  });
  expect(monthlyCost([thing('a', { monthlyUsd: 2 }), thing('b')])).toEqual({ usd: 2, isWhole: false });
});

test.each([
  ['Blog API', 'blog-api-abcdefgh'],
  ['Ελληνικά', 'backend-abcdefgh'],
  ['x'.repeat(63), `${'x'.repeat(40)}-abcdefgh`],
  [`${'x'.repeat(39)} y`, `${'x'.repeat(39)}-abcdefgh`],
])('the app of %j is called %j', (name, app) => {
  expect(appName({ id: 'abcdefghijklmnop', name })).toBe(app);
});

test('what is wished is used in one order', () => {
  const wishes = { s3: { bucket: 'b' }, fly: { app: null, region: 'fra' }, daytona: { keep: false } };
  expect(wishedRemotes(wishes)).toEqual(['daytona', 'fly', 's3']);
});

test.each([
  'localhost',
  'LOCALHOST',
  'db.localhost',
  'box.local',
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '::1',
  '[::1]',
  '169.254.1.1',
  'fe80::1',
  '/var/run/postgresql',
  '',
])('%j is reached from this machine only', (host) => {
  expect(isOnlyHere(host)).toBe(true);
});

test.each(['db.example.com', '10.0.0.5', 'localhost.example.com', '12.7.0.1', 'fd00::2', 'my-db.internal'])(
  '%j may be reached from elsewhere',
  (host) => {
    expect(isOnlyHere(host)).toBe(false);
  },
);

const login = { host: 'db.example.com', port: 5432, database: 'd', user: 'u', password: 'canary-pass' };

test('a login that another machine cannot use is refused without being repeated', () => {
  assertUsableElsewhere(login, 'It');
  const sslrootcert = { path: '/etc/ca.pem', pem: 'pem' };
  for (const bad of [
    { ...login, host: '127.0.0.1' },
    { ...login, sslmode: 'verify-full' as const, sslrootcert },
  ]) {
    try {
      assertUsableElsewhere(bad, 'It');
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof TurboError)) throw error;
      expect(error.code).toBe('usage.invalid');
      expect(`${error.message} ${error.hint}`).not.toContain('canary');
    }
  }
});

test('a value is read from an environment file as programs read it', () => {
  expect(environmentValue(withLogin('', login), 'DATABASE_URL')).toBe('postgres://u:canary-pass@db.example.com:5432/d');
  const text = 'A=1\nexport B = "two # 2"\nA=3\nC=plain # why\nD=\nE=""\n#F=6\nG=\'seven\'\nURL=postgres://a#b';
  const read = (name: string) => environmentValue(text, name);
  expect(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'URL'].map(read)).toEqual([
    '3',
    'two # 2',
    'plain',
    null,
    null,
    null,
    'seven',
    'postgres://a#b',
  ]);
});
