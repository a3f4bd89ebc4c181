import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readFlyToken } from '../../../../src/adapters/remote-target/fly/read-token.ts';
import { caveats, flyToken } from '../../../support/fly-token.ts';
import { withFly } from './lend-fly.ts';

const ALL = 31;
const organization = (mask: number) => caveats.organization(4721, mask);

describe('what a token of Fly.io says of itself', () => {
  test.each([
    ['of an organisation', [organization(ALL)], [], false],
    ['that may only look', [organization(ALL), organization(1)], ['write', 'create', 'delete', 'control'], false],
    ['of one app', [organization(ALL), caveats.apps({ 77: ALL })], [], true],
    ['of all apps', [organization(ALL), caveats.apps({ 0: ALL })], [], false],
    [
      'of all apps, for looking',
      [organization(ALL), caveats.apps({ 0: 1 })],
      ['write', 'create', 'delete', 'control'],
      false,
    ],
    [
      'that deploys one app',
      [organization(ALL), caveats.ifPresent([3, [new Map([[77, ALL]])]], 1)],
      ['write', 'create', 'delete', 'control'],
      false,
    ],
    ['for commands of machines', [organization(ALL), [7, [new Map([['m', ALL]])]]], [], true],
    ['with limits that are not known', [organization(ALL), [99, ['anything']]], [], false],
    ['of a large organisation', [caveats.organization(2 ** 40, 0xffff)], [], false],
  ] as const)('one %s', (_name, said, missing, isNarrow) => {
    expect(readFlyToken(flyToken([...said]))).toEqual({ missing, isNarrow, expiresAt: null });
  });

  test('the earliest end counts, and who asks counts for nothing', () => {
    const own = [organization(ALL), caveats.validity(0, 2_000_000_000), caveats.validity(0, 1_900_000_000)];
    const both = `${flyToken(own)},${flyToken([organization(0)], 'https://api.fly.io/aaa/v1').slice('FlyV1 '.length)}`;
    expect(readFlyToken(both)).toEqual({ missing: [], isNarrow: false, expiresAt: 1_900_000_000 });
    expect(readFlyToken(both.slice('FlyV1 '.length))?.expiresAt).toBe(1_900_000_000);
  });

  test('of several, the one that permits most counts', () => {
    const [look, all] = [[organization(1)], [organization(ALL)]].map((own) => flyToken(own).slice('FlyV1 '.length));
    expect(readFlyToken(`FlyV1 ${look},${all}`)?.missing).toEqual([]);
  });

  test.each([
    '',
    'fo1_personal',
    'FlyV1 fm2_org',
    'FlyV1 fm2_',
    'fm2_3f////8=',
    'fm2_kZGRkZGRkZGRkZGRkZGRkZGRkZGRkQ==',
  ])('%j cannot be read, and says nothing', (token) => expect(readFlyToken(token)).toBeNull());

  test('no bytes are too much for it, whole or cut', () => {
    const whole = Buffer.from(flyToken([organization(ALL)]).slice('FlyV1 fm2_'.length), 'base64');
    for (let length = 0; length < whole.length; length += 1) {
      expect(readFlyToken(`fm2_${whole.subarray(0, length).toString('base64')}`)).toBeNull();
    }
    for (let round = 0; round < 2000; round += 1) readFlyToken(`fm2_${randomBytes(round % 60).toString('base64')}`);
  });
});

test('a token that may only look, is for one app or has expired is found without a request', () =>
  withFly(async ({ fake, again }) => {
    const checked = async (...said: Parameters<typeof flyToken>[0]) =>
      again({ token: flyToken(said), baseUrl: 'http://127.0.0.1:1' }).check();
    for (const [said, detail] of [
      [[organization(1)], /for looking.*lacks write, create, delete, control/],
      [[organization(ALL), caveats.apps({ 77: ALL })], /single apps/],
      [[organization(ALL), caveats.validity(0, 1_600_000_000)], /expired on 2020-09-13/],
    ] as const) {
      const hint = expect.stringContaining('fly tokens create org');
      const want = { name: 'token', passed: false, detail: expect.stringMatching(detail), hint };
      expect(await checked(...said)).toMatchObject([want]);
    }
    const good = flyToken([organization(ALL), caveats.validity(0, 1_900_000_000)]);
    fake.world.tokens.set(good, { org: 'acme' });
    const found = await again({ token: good }).check();
    expect(found.map(({ passed }) => passed)).toEqual([true, true]);
    expect(found[1]?.detail).toMatch(/Nothing in the token forbids.*expires on 2030-03-17/);
    expect(JSON.stringify(found)).not.toContain('fm2_');
  }));
