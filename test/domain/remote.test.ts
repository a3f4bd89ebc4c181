import { expect, test } from 'vitest';
import { assertUsableElsewhere, isOnlyHere } from '../../src/domain/deploy-logins.ts';
import { environmentValue, withLogin } from '../../src/domain/environment-file.ts';
import { TurboError } from '../../src/domain/errors.ts';
import { appName, type PlannedThing, remotePlan, wishedRemotes } from '../../src/domain/remote.ts';
import { flyMachinePrice, sandboxPrice } from '../../src/domain/remote-prices.ts';
import { planText } from '../../src/entrypoints/cli/output/remote-text.ts';

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
    [thing('a'), thing('b', { detail: 'fra' })],
    [thing('a'), thing('b', { remote: 's3' })],
  ];
  expect(others.map((things) => remotePlan(things).hash)).not.toContain(hash);
});

test('a plan stays the same plan when prices change', () => {
  const { hash } = remotePlan([thing('a')]);
  const priced = thing('a', { monthlyUsd: 2.02, hourlyUsd: 0.17, pricesOf: '2026-09-21' });
  expect(remotePlan([priced]).hash).toBe(hash);
});

test('a price that is not known makes the sum no whole one, and what goes again is in no sum', () => {
  const costOf = (...prices: readonly Partial<PlannedThing>[]) =>
    remotePlan(prices.map((price) => thing('a', price))).cost;
  expect(costOf({ monthlyUsd: 2.02 }, { monthlyUsd: 1.1 })).toEqual({ usd: 3.12, isWhole: true });
  expect(costOf({ monthlyUsd: 2 }, {})).toEqual({ usd: 2, isWhole: false });
  expect(costOf({ monthlyUsd: 0 }, { hourlyUsd: 0.17 })).toEqual({ usd: 0, isWhole: true });
});

test('a machine has the price of its region and size, and none where the list was not seen', () => {
  const small = { cpus: 1, memoryMb: 256 };
  expect(flyMachinePrice('ams', small)).toEqual({ usd: 2.02, asOf: '2026-09-21' });
  expect(flyMachinePrice('sjc', { cpus: 1, memoryMb: 1024 }).usd).toBe(6.79);
  const unknown = { usd: null, asOf: null };
  expect(flyMachinePrice('fra', small)).toEqual(unknown);
  expect(flyMachinePrice('ams', { cpus: 2, memoryMb: 512 })).toEqual(unknown);
  expect(flyMachinePrice('constructor', small)).toEqual(unknown);
});

test('a sandbox is priced by the hour, with some disk free', () => {
  expect(sandboxPrice({ cpus: 2, memoryGb: 4, diskGb: 5 }).usd).toBeCloseTo(0.1656, 6);
  expect(sandboxPrice({ cpus: 1, memoryGb: 1, diskGb: 15 }).usd).toBeCloseTo(0.06768, 6);
  expect(sandboxPrice({ cpus: 1 })).toEqual({ usd: null, asOf: null });
});

test.each([
  [
    'priced',
    [thing('m', { kind: 'machine', monthlyUsd: 2.02, pricesOf: '2026-09-21' })],
    'About $2.02 a month if it runs all the time; traffic not counted;',
  ],
  ['unknown', [thing('m', { kind: 'machine' })], 'What it costs a month is not known;'],
  [
    'partly',
    [thing('m', { kind: 'machine', monthlyUsd: 2 }), thing('b')],
    'About $2.00 a month if it runs all the time; traffic not counted, nor what has no known price;',
  ],
  [
    'free',
    [thing('r', { kind: 'repository', monthlyUsd: 0 })],
    'Nothing that costs by the month; traffic not counted;',
  ],
])('a plan that is %s says so', (_, things, said) => {
  const lines = planText(remotePlan(things));
  expect(lines.at(-1)).toContain(said);
  expect(lines.join('\n')).not.toContain('$0.00');
});

test('each thing tells its price and of which day it is, or that it is not known', () => {
  const sandbox = thing('s', { kind: 'sandbox', hourlyUsd: 0.1656, pricesOf: '2026-05-25' });
  const lines = planText(remotePlan([sandbox, thing('b', { kind: 'bucket' })]));
  expect(lines[0]).toMatch(/sandbox s, about \$0\.17 an hour by the list of 2026-05-25$/);
  expect(lines[1]).toMatch(/bucket b, price not known$/);
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
