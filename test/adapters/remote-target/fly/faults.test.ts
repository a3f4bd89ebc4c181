import { describe, expect, test } from 'vitest';
import { failureOf, orderOf } from '../../../contracts/remote-target.ts';
import type { Fault } from '../../../support/fakes/fake-server.ts';
import { FLY_TOKENS } from '../../../support/fakes/fly/world.ts';
import { appOf, countCalls, expectResumed, expectWhole, imageOf, quiet } from './killed-deployments.ts';
import { type LentFly, withFly } from './lend-fly.ts';

const busy = { status: 429, headers: { 'retry-after': '2' }, body: { error: 'rate limit exceeded' } };
const faults: readonly (readonly [string, Fault])[] = [
  ['429 with Retry-After', { kind: 'answer', answer: busy }],
  ['500', { kind: 'answer', answer: { status: 500, body: { error: 'internal' } } }],
  ['503 with a page', { kind: 'answer', answer: { status: 503, body: Buffer.from('<html>') } }],
  ['an end before it was done', { kind: 'reset-before' }],
  ['an end after it was done', { kind: 'reset-after' }],
  ['half an answer', { kind: 'cut' }],
  ['a slow answer', { kind: 'latency', ms: 30 }],
];
const routes: readonly RegExp[] = [
  /^GET \/v1\/apps\/blog-api$/,
  /^POST \/v1\/apps$/,
  /^POST .*\/secrets$/,
  /^DELETE .*\/secrets\/\w+$/,
  /^GET .*\/ip_assignments$/,
  /^POST .*\/ip_assignments$/,
  /^GET .*\/machines$/,
  /^POST .*\/machines$/,
  /^GET .*\/wait$/,
  /^GET .*\/machines\/\w+$/,
  /^DELETE .*\/machines\/\w+$/,
];
/** Of a machine that is there already. */
const laterRoutes: readonly RegExp[] = [/^POST .*\/lease$/, /^DELETE .*\/lease$/, /^POST .*\/machines\/\w+$/];

describe('Fly.io, when calls go wrong', () => {
  const deployTwice = async (lent: LentFly, fail: (routes: readonly RegExp[]) => void) => {
    fail(routes);
    expect(await lent.target.deploy(imageOf('v1'), quiet)).toMatchObject({ status: 'running', version: 'v1' });
    expectWhole(lent);
    fail(laterRoutes);
    expect(await lent.target.deploy(imageOf('v2'), quiet)).toMatchObject({ status: 'running', version: 'v2' });
    expectWhole(lent);
  };

  test.each(faults)('%s once at each of them is got over, and makes nothing twice', (_name, fault) =>
    withFly((lent) =>
      deployTwice(lent, (failing) => {
        for (const route of failing) lent.fake.server.fail(route, fault);
      }),
    ),
  );

  test('an answer that was lost is looked for, whichever it was', async () => {
    for (const lost of [...routes, ...laterRoutes]) {
      await withFly((lent) =>
        deployTwice(lent, (failing) => {
          if (failing.includes(lost)) lent.fake.server.fail(lost, { kind: 'reset-after' });
        }),
      );
    }
  });

  test('a deployment that is killed after a call goes on where it was, and makes nothing twice', async () => {
    // Every call of them is the last one in the long suite.
    const total = await countCalls();
    for (let last = 1; last < total; last += 4) await expectResumed(last);
  });

  test.each([
    [401, 'remote.denied'],
    [403, 'remote.denied'],
    [404, 'remote.failed'],
    [409, 'remote.conflict'],
    [422, 'remote.failed'],
    [429, 'remote.limited'],
    [500, 'remote.failed'],
    [503, 'remote.failed'],
  ] as const)('a %i that stays is %s, and the same command goes on when it is over', (status, code) =>
    withFly(async (lent) => {
      const answer = { status, body: { error: 'says the test' } };
      lent.fake.server.fail(
        /POST .*\/secrets$/,
        ...Array.from({ length: 12 }, () => ({ kind: 'answer' as const, answer })),
      );
      const error = await failureOf(lent.target.deploy(imageOf('v1'), quiet));
      expect([error.code, error.details]).toEqual([code, { remote: 'fly', status }]);
      lent.fake.server.calm();
      await lent.target.deploy(imageOf('v1'), quiet);
      expectWhole(lent);
    }),
  );

  test('two at once end in one deployment', () =>
    withFly(async (lent) => {
      const both = await Promise.allSettled([
        lent.target.deploy(imageOf('v1'), quiet),
        lent.again().deploy(imageOf('v1'), quiet),
      ]);
      expect(both.map(({ status }) => status)).toContain('fulfilled');
      await lent.target.deploy(imageOf('v1'), quiet);
      const [machine] = [...appOf(lent.fake.world).machines.values()];
      expect([machine?.name, machine?.state]).toEqual(['web-1', 'started']);
      expect(lent.fake.world.made.apps).toBe(1);
    }));
});

describe('Fly.io, when it refuses', () => {
  test.each([
    ['a wrong token', 'nonsense', /wrong, expired or revoked/],
    ['a token that may only look', FLY_TOKENS.readOnly, /may not make an app/],
    ['a token of another app', FLY_TOKENS.app, /may not make an app/],
  ])('%s is told with what to give, and nothing is made', (_name, token, want) =>
    withFly(async ({ fake, again }) => {
      const error = await failureOf(again({ token }).deploy(imageOf('v1', { app: 'other' }), quiet));
      expect([error.code, error.hint]).toEqual(['remote.denied', expect.stringContaining('fly tokens create org')]);
      expect(error.message).toMatch(want);
      expect(`${error.message}${error.hint}`).not.toContain('fm2');
      expect(fake.world.made).toMatchObject({ apps: 0, machines: 0, ips: 0 });
    }),
  );

  test('a check finds wrong tokens, those of single apps, and other organisations', () =>
    withFly(async ({ again, target }) => {
      const failing = async (change: Parameters<typeof again>[0]) =>
        (await again(change).check()).filter(({ passed }) => !passed).map(({ name }) => name);
      expect((await target.check()).every(({ passed }) => passed)).toBe(true);
      expect(await failing({ token: 'nonsense' })).toEqual(['token']);
      expect(await failing({ token: FLY_TOKENS.app })).toEqual(['token']);
      expect(await failing({ organization: 'umbrella' })).toEqual(['organisation']);
      expect(await failing({ baseUrl: 'http://127.0.0.1:1' })).toEqual(['token']);
    }));

  test('a name that another organisation has is told with one that is free', () =>
    withFly(async (lent) => {
      const { fake, target } = lent;
      fake.world.tokens.set('Bearer other', { org: 'umbrella' });
      await lent.again({ token: 'other', organization: 'umbrella' }).deploy(imageOf('v1'), quiet);
      const error = await failureOf(target.deploy(imageOf('v1'), quiet));
      expect([error.code, error.hint]).toEqual(['remote.conflict', 'This one is free: --app blog-api-p123']);
      expect((await failureOf(target.plan(imageOf('v1')))).hint).toBe(error.hint);
      expect(await target.inspect('blog-api')).toBeNull();
      expect((await failureOf(target.remove('blog-api', imageOf('v1').projectId))).code).toBe('remote.conflict');
      expect(fake.world.apps.size).toBe(1);
    }));

  test('an app that runs something else is neither changed nor taken away', () =>
    withFly(async ({ fake, target }) => {
      await target.deploy(imageOf('v1', { projectId: 'zzzzzzzzzzzzzzzz' }), quiet);
      const before = fake.world.made.versions;
      expect((await failureOf(target.deploy(imageOf('v2'), quiet))).code).toBe('remote.conflict');
      expect((await failureOf(target.remove('blog-api', imageOf('v2').projectId))).code).toBe('remote.conflict');
      expect([fake.world.made.versions, fake.world.apps.size]).toEqual([before, 1]);
    }));

  test('a region without room is told with the way out', () =>
    withFly(async ({ fake, target }) => {
      fake.world.fullRegions.add('fra');
      const error = await failureOf(target.deploy(imageOf('v1'), quiet));
      expect([error.code, error.hint]).toEqual(['remote.failed', expect.stringContaining('--region')]);
      expect(await target.deploy(imageOf('v1', { region: 'ams' }), quiet)).toMatchObject({ status: 'running' });
    }));

  test('a name that cannot be one is told as Fly tells it', () =>
    withFly(async ({ target }) => {
      const { message } = await failureOf(target.deploy(imageOf('v1', { app: '../x y' }), quiet));
      expect(message).toContain('numbers, lowercase letters and dashes');
    }));
});

describe('Fly.io, when others or machines are in the way', () => {
  const hold = ({ fake: { world } }: LentFly, ms: number) => {
    for (const machine of appOf(world).machines.values()) {
      const expiresAt = world.time.now() + ms;
      machine.lease = { nonce: 'theirs', owner: 'bob@acme.test', description: 'fly deploy', expiresAt };
    }
  };

  test('a lease that a killed run has left is waited for', () =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      hold(lent, 40_000);
      expect(await lent.target.deploy(imageOf('v2'), quiet)).toMatchObject({ version: 'v2' });
      expect(lent.waitedMs()).toBeLessThan(120_000);
    }));

  test('somebody at work is told, and nothing is changed', () =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      hold(lent, 3_600_000);
      const error = await failureOf(lent.target.deploy(imageOf('v2'), quiet));
      expect([error.code, error.message]).toEqual(['remote.conflict', expect.stringContaining('bob@acme.test')]);
      expect(await lent.target.inspect('blog-api')).toMatchObject({ version: 'v1', status: 'running' });
    }));

  test.each(['starting', 'failed'])('a machine that stays %s makes all machines go back', (state) =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      await lent.target.scale('blog-api', { count: 2 });
      const isNew = (config: Readonly<Record<string, unknown>>) => JSON.stringify(config).includes('blog:v2');
      lent.fake.world.stuck = { isMeant: ({ name, config }) => name === 'web-2' && isNew(config), state };
      const error = await failureOf(lent.target.deploy(imageOf('v2'), quiet));
      expect([error.code, error.message]).toEqual(['deploy.unhealthy', expect.stringContaining(`it is ${state}`)]);
      expect(await lent.target.inspect('blog-api')).toMatchObject({ version: 'v1', status: 'running' });
      expectWhole(lent, ['web-1', 'web-2']);
    }),
  );

  test('a first version that never gets healthy is stopped, and tried again by the next deployment', () =>
    withFly(async (lent) => {
      lent.fake.world.stuck = { isMeant: ({ name }) => name === 'web-1', state: 'starting' };
      expect((await failureOf(lent.target.deploy(imageOf('v1'), quiet))).code).toBe('deploy.unhealthy');
      expect(await lent.target.inspect('blog-api')).toMatchObject({ status: 'stopped' });
      lent.fake.world.stuck = null;
      expect(await lent.target.deploy(imageOf('v1'), quiet)).toMatchObject({ status: 'running' });
      expectWhole(lent);
    }));

  test('a version that does not get healthy is found beside the one that goes on answering', () =>
    withFly(async (lent) => {
      await lent.target.deploy(orderOf('v1'), quiet);
      const { fake, target } = lent;
      const before = appOf(fake.world).machines.size;
      const heard: unknown[] = [];
      let isAsking = true;
      const asking = (async () => {
        while (isAsking) heard.push(await (await fetch(fake.appUrl)).json());
      })();
      const error = await failureOf(target.deploy(orderOf('v2', 'broken'), quiet));
      isAsking = false;
      await asking;
      expect(error.message).toMatch(/503.*Nothing was changed: version v1 stays.*listening as v2/s);
      expect(new Set(heard.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(heard[0])]));
      expect(heard[0]).toMatchObject({ version: 'v1' });
      expect(appOf(fake.world).machines.size).toBe(before);
    }));

  test('a migration that hangs changes no server, and leaves no machine and no login behind', () =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      lent.fake.world.stuck = { isMeant: ({ name }) => name.startsWith('release'), state: 'started' };
      const error = await failureOf(lent.target.deploy(imageOf('v2'), quiet));
      expect([error.code, error.message]).toEqual(['migration.failed', expect.stringContaining('within 5 minutes')]);
      expectWhole(lent);
      expect(await lent.target.inspect('blog-api')).toMatchObject({ version: 'v1', status: 'running' });
    }));

  test('a migration of another version that still runs is let, and one that hangs for long is not', () =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      const { world } = lent.fake;
      world.stuck = { isMeant: ({ name }) => name === 'release-v2', state: 'started' };
      let refused: Promise<unknown> = Promise.resolve();
      const began = lent.target.deploy(imageOf('v2'), (message) => {
        if (message !== 'Migrations: running') return;
        refused = lent.again().deploy(imageOf('v3'), quiet);
        refused.catch(quiet);
      });
      expect((await failureOf(began)).code).toBe('migration.failed');
      expect((await failureOf(refused)).code).toBe('remote.conflict');
      world.tokens.set('Bearer short-lived', { org: 'acme' });
      const killed = lent.again({ token: 'short-lived' });
      lent.fake.server.onCall((call) => {
        if (call.endsWith('/wait')) world.tokens.delete('Bearer short-lived');
      });
      expect((await failureOf(killed.deploy(imageOf('v2'), quiet))).code).toBe('remote.denied');
      lent.fake.server.onCall(null);
      expect((await failureOf(lent.target.deploy(imageOf('v3'), quiet))).code).toBe('remote.conflict');
      lent.pass(400_000);
      expect(await lent.target.deploy(imageOf('v3'), quiet)).toMatchObject({ version: 'v3' });
      expectWhole(lent);
    }));

  test('an exit that lies deeper in its event, without its code of 0, is understood', () =>
    withFly(
      async (lent) => {
        expect(await lent.target.deploy(imageOf('v1'), quiet)).toMatchObject({ status: 'running' });
      },
      { exitEvent: 'nested' },
    ));

  test('a changed secret replaces machines of the same version, an unchanged one does not', () =>
    withFly(async (lent) => {
      await lent.target.deploy(imageOf('v1'), quiet);
      const versions = () => [...appOf(lent.fake.world).machines.values()].map((machine) => machine.versions.length);
      await lent.target.deploy(imageOf('v1'), quiet);
      expect(versions()).toEqual([1]);
      await lent.target.deploy(imageOf('v1', { secrets: { DATABASE_URL: 'postgres://new@db/x' } }), quiet);
      expect(versions()).toEqual([2]);
    }));

  test('nothing goes back to files that Fly does not tell', () =>
    withFly(
      async ({ target }) => {
        await target.deploy(orderOf('v1'), quiet);
        await target.deploy(orderOf('v2'), quiet);
        expect((await failureOf(target.rollback('blog-api'))).code).toBe('deploy.not_running');
        expect(await target.inspect('blog-api')).toMatchObject({ version: 'v2', status: 'running' });
      },
      { hidesFiles: true },
    ));
});

describe('what goes to Fly.io', () => {
  test('secrets stand in the body of the call that sets them, and nowhere else; the token in one header', () =>
    withFly(async ({ fake, target }) => {
      const steps: string[] = [];
      await target.deploy(orderOf('v1'), (message) => steps.push(message));
      const holding = fake.server.exchanges.filter(({ request }) => request.body.includes('canary'));
      expect(new Set(holding.map(({ request }) => `${request.method} ${request.pathname}`))).toEqual(
        new Set(['POST /v1/apps/blog-api/secrets']),
      );
      for (const { request } of fake.server.exchanges) {
        const { authorization, ...others } = request.headers;
        expect(authorization).toBe(FLY_TOKENS.org);
        expect(JSON.stringify([others, request.pathname, [...request.query]])).not.toMatch(/canary|fm2_org/);
        expect(request.body.toString()).not.toContain('fm2_org');
      }
      expect(steps.join()).not.toMatch(/canary|fm2/);
    }));

  test('secrets arrive byte for byte', () =>
    withFly(async ({ fake, target }) => {
      const DATABASE_URL = 'a#b "c" \'d\' `e` $F $(G) \\n é\nsecond line=%41';
      await target.deploy(orderOf('v1', 'plain', { secrets: { DATABASE_URL } }), quiet);
      expect(await (await fetch(fake.appUrl)).json()).toMatchObject({ login: DATABASE_URL });
    }));

  test('is never more than Fly allows', () =>
    withFly(async ({ fake, target }) => {
      await target.deploy(imageOf('v1'), quiet);
      await target.scale('blog-api', { count: 4 });
      await target.deploy(imageOf('v2'), quiet);
      expect(fake.server.exchanges.filter(({ status }) => status === 429)).toEqual([]);
    }));

  test('a server that is too large is told before anything is made', () =>
    withFly(async ({ fake, target }) => {
      const noise = Array.from({ length: 90_000 }, (_, at) => ((at * 2_654_435_761) % 4_294_967_296).toString(36));
      const files = { '.output/server/index.mjs': noise.join(';'), 'a.mjs': noise.reverse().join(' ') };
      const error = await failureOf(target.deploy(orderOf('v1', 'plain', { files }), quiet));
      expect([error.code, error.hint]).toEqual(['remote.failed', expect.stringContaining('flyctl')]);
      expect(fake.server.calls).toEqual([]);
    }));
});
