import { describe, expect, test } from 'vitest';
import type { DaytonaOptions } from '../../../src/adapters/remote-machine/daytona/clients.ts';
import { daytonaMachines } from '../../../src/adapters/remote-machine/daytona/daytona-machines.ts';
import { failureOf } from '../../contracts/deploy-target.ts';
import { describeRemoteMachines, orderOf } from '../../contracts/remote-machine.ts';
import { type FakeDaytona, withFakeDaytona } from '../../support/fakes/daytona.ts';

const PROJECT = 'aaaaaaaaaaaaaaaa';
const CREATE = 'POST /sandbox';
const LOOK = 'GET /sandbox/{sandboxIdOrName}';
const RUN = 'POST /process/execute';
const DOWNLOAD = 'POST /files/bulk-download';

/** A clock that runs ahead of waits: none of them is waited for. */
function swiftTime() {
  let [ahead, slept] = [0, 0];
  return {
    now: () => Date.now() + ahead,
    sleep: async (ms: number) => {
      ahead += ms;
      slept += ms;
      await new Promise((next) => setTimeout(next, 1));
    },
    random: () => 0.5,
    slept: () => slept,
  };
}

const machinesOf = (fake: FakeDaytona, more: Partial<DaytonaOptions> = {}) =>
  daytonaMachines({
    apiKey: fake.key,
    apiUrl: fake.apiUrl,
    target: 'us',
    organizationId: null,
    time: swiftTime(),
    ...more,
  });

for (const documents of ['theirs', 'ours'] as const) {
  const options = documents === 'ours' ? { documents } : {};
  describeRemoteMachines(`Daytona, held against ${documents === 'ours' ? 'our' : 'its own'} documents,`, (work) =>
    withFakeDaytona((fake) => work({ machines: machinesOf(fake), created: fake.created }), options),
  );
}

describe('keys', () => {
  test('what a key lacks is told with the exact permission to give, and nothing is made', () =>
    withFakeDaytona(async (fake) => {
      fake.keys.set('dtn_reads_only', { permissions: ['delete:sandboxes'] });
      const machines = machinesOf(fake, { apiKey: 'dtn_reads_only' });
      expect((await machines.check()).filter(({ passed }) => !passed)).toMatchObject([
        { name: 'write:sandboxes', hint: expect.stringContaining('write:sandboxes') },
      ]);
      const error = await failureOf(machines.ensure(orderOf(PROJECT)));
      expect(error).toMatchObject({ code: 'remote.denied', hint: expect.stringContaining('write:sandboxes') });
      expect(fake.created()).toBe(0);
    }));

  test('a wrong or expired key is told as one line, and stands in no message', () =>
    withFakeDaytona(async (fake) => {
      fake.keys.set('dtn_expired_key', { permissions: ['write:sandboxes'], expiresAt: '2020-01-01T00:00:00.000Z' });
      for (const apiKey of ['dtn_wrong_key', 'dtn_expired_key']) {
        const machines = machinesOf(fake, { apiKey });
        const checks = await machines.check();
        expect(checks).toMatchObject([
          { name: 'key', passed: false, hint: expect.stringContaining('DAYTONA_API_KEY') },
        ]);
        const error = await failureOf(machines.ensure(orderOf(PROJECT)));
        expect(error.code).toBe('remote.denied');
        expect(JSON.stringify([checks, error.message, error.hint, error.details, String(error.stack)])).not.toContain(
          apiKey,
        );
      }
    }));

  test('a key that ends within a day is good, and said to end', () =>
    withFakeDaytona(async (fake) => {
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      fake.keys.set('dtn_soon', { permissions: ['write:sandboxes', 'delete:sandboxes'], expiresAt });
      const [key] = await machinesOf(fake, { apiKey: 'dtn_soon' }).check();
      expect(key).toMatchObject({ passed: true, detail: expect.stringContaining(expiresAt), hint: expect.any(String) });
    }));

  test('a place that is not Daytona is told, and not taken for a refusal', async () => {
    const machines = daytonaMachines({
      apiKey: 'dtn_x',
      apiUrl: 'http://127.0.0.1:9',
      target: null,
      organizationId: null,
      time: swiftTime(),
    });
    expect(await machines.check()).toMatchObject([{ name: 'key', passed: false }]);
    expect((await failureOf(machines.list())).code).toBe('remote.unreachable');
  });

  test('the key is not sent to an address without TLS by a service that has it', () =>
    withFakeDaytona(async (fake) => {
      const { id } = await machinesOf(fake).ensure(orderOf(PROJECT));
      const calls = fake.calls.length;
      const redirected = machinesOf(fake, { apiUrl: fake.apiUrl.replace('http:', 'https:') });
      expect((await failureOf(redirected.run(id, 'true'))).code).toBe('remote.unreachable');
      expect(fake.calls.length).toBe(calls);
    }));
});

describe('what is ordered', () => {
  test('arrives as Daytona names it: limits of life, private, egress by names, image as a build', () =>
    withFakeDaytona(async (fake) => {
      await machinesOf(fake).ensure(orderOf(PROJECT));
      expect(fake.sandboxes()[0]?.order).toMatchObject({
        autoStopInterval: 15,
        autoDeleteInterval: 60,
        public: false,
        domainAllowList: 'registry.npmjs.org',
        buildInfo: { dockerfileContent: 'FROM node:22-slim\n' },
        cpu: 2,
        memory: 4,
        disk: 5,
        target: 'us',
        labels: { 'turbobackend/project': PROJECT },
      });
    }));

  test('without an image says nothing of resources, which Daytona refuses then; closed means closed', () =>
    withFakeDaytona(async (fake) => {
      const { image: _image, ...order } = orderOf(PROJECT, { egress: 'none' });
      await machinesOf(fake, { target: null }).ensure(order);
      const sent = fake.sandboxes()[0]?.order ?? {};
      expect(sent).toMatchObject({ networkBlockAll: true });
      expect(['buildInfo', 'cpu', 'memory', 'disk', 'target'].filter((name) => name in sent)).toEqual([]);
    }));

  test('an image that would write more than its line is refused before anything is sent', () =>
    withFakeDaytona(async (fake) => {
      const error = await failureOf(machinesOf(fake).ensure(orderOf(PROJECT, { image: 'node\nRUN curl evil' })));
      expect(error.code).toBe('usage.invalid');
      expect(fake.created()).toBe(0);
    }));
});

describe('faults', () => {
  const passing = [
    ['an answer of 500', { kind: 'status', status: 500 }],
    ['an answer of 429', { kind: 'status', status: 429, headers: { 'retry-after-authenticated': '2' } }],
    ['a connection cut before', { kind: 'reset', when: 'before' }],
    ['a connection cut after', { kind: 'reset', when: 'after' }],
  ] as const;
  for (const [name, fault] of passing) {
    for (const route of [CREATE, LOOK]) {
      test(`${name} to ${route} is got over, and nothing is made twice`, () =>
        withFakeDaytona(async (fake) => {
          fake.fault(route, fault);
          const machine = await machinesOf(fake).ensure(orderOf(PROJECT));
          expect(machine.state).toBe('started');
          expect([fake.created(), fake.sandboxes().length]).toEqual([1, 1]);
        }));
    }
  }

  const lasting = [
    [400, 'remote.failed'],
    [401, 'remote.denied'],
    [403, 'remote.denied'],
    [404, 'remote.failed'],
    [409, 'remote.conflict'],
    [422, 'remote.failed'],
    [429, 'remote.limited'],
    [500, 'remote.failed'],
    [503, 'remote.failed'],
  ] as const;
  for (const [status, code] of lasting) {
    test(`an answer of ${status} that stays is ${code}, and the same call later makes one sandbox`, () =>
      withFakeDaytona(async (fake) => {
        for (let count = 0; count < 5; count += 1) fake.fault(CREATE, { kind: 'status', status });
        const error = await failureOf(machinesOf(fake).ensure(orderOf(PROJECT)));
        expect([error.code, fake.created()]).toEqual([code, 0]);
        expect(`${error.message}${error.hint ?? ''}`).not.toContain(fake.key);
        while (fake.created() === 0)
          await machinesOf(fake)
            .ensure(orderOf(PROJECT))
            .catch(() => {});
        expect([fake.created(), fake.sandboxes().length]).toEqual([1, 1]);
      }));
  }

  test('the wait that a throttler asks for is waited, and one that is too long is told', () =>
    withFakeDaytona(async (fake) => {
      const time = swiftTime();
      fake.fault('GET /sandbox', { kind: 'status', status: 429, headers: { 'retry-after-sandbox-create': '7' } });
      await machinesOf(fake, { time }).list();
      expect(time.slept()).toBe(7_000);
      fake.fault('GET /sandbox', { kind: 'status', status: 429, headers: { 'retry-after': '4000' } });
      const error = await failureOf(machinesOf(fake).list());
      expect(error).toMatchObject({ code: 'remote.limited', hint: expect.stringContaining('4000') });
    }));

  for (const outcome of ['build_failed', 'error', 'stuck'] as const) {
    test(`a sandbox that ends as ${outcome} is told with the reason and taken away, and the next try makes one`, () =>
      withFakeDaytona(async (fake) => {
        fake.outcomes.push(outcome);
        const error = await failureOf(machinesOf(fake).ensure(orderOf(PROJECT)));
        expect(error.code).toBe('remote.failed');
        expect(error.message).toMatch(outcome === 'stuck' ? /still creating after 5 min/ : /no such image/);
        expect(fake.sandboxes()).toHaveLength(0);
        expect((await machinesOf(fake).ensure(orderOf(PROJECT))).state).toBe('started');
      }));
  }

  test('a sandbox that a killed run left broken is made anew', () =>
    withFakeDaytona(async (fake) => {
      const first = await machinesOf(fake).ensure(orderOf(PROJECT));
      for (const sandbox of fake.sandboxes()) sandbox.state = 'error';
      const second = await machinesOf(fake).ensure(orderOf(PROJECT));
      expect(second.id).not.toBe(first.id);
      expect(fake.sandboxes()).toHaveLength(1);
    }));

  test('a sandbox that stopped by itself is said to rest, and is started by the next run', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const first = await machines.ensure(orderOf(PROJECT));
      await fake.stop(first.id);
      expect((await failureOf(machines.run(first.id, 'true'))).message).toContain('is stopped');
      expect(await machines.ensure(orderOf(PROJECT))).toMatchObject({ id: first.id, state: 'started' });
    }));

  test('a sandbox that is gone in between is told as gone', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      await machines.workDirectory(id);
      await fake.vanish(id);
      const errors = await Promise.all([
        failureOf(machines.run(id, 'true')),
        failureOf(machines.upload(id, '/tmp/none', { a: 'x' })),
        failureOf(machines.download(id, ['/tmp/none/a'])),
        failureOf(machines.startProcess(id, 'x', 'true')),
      ]);
      expect(errors.map(({ code, details }) => [code, details?.isGone])).toEqual(
        errors.map(() => ['remote.failed', true]),
      );
    }));

  test('a download that ends too early is noticed, and fetched again', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      const root = await machines.workDirectory(id);
      await machines.upload(id, root, { a: 'x'.repeat(5000), b: 'y'.repeat(5000) });
      const fetchBoth = () => machines.download(id, [`${root}/a`, `${root}/b`]);
      for (const bytes of [0, 100, 3000, 10_300]) {
        fake.fault(DOWNLOAD, { kind: 'truncate', bytes });
        expect(Object.values(await fetchBoth()).map((text) => text.length)).toEqual([5000, 5000]);
      }
      for (let count = 0; count < 3; count += 1) fake.fault(DOWNLOAD, { kind: 'truncate', bytes: 3000 });
      expect((await failureOf(fetchBoth())).message).toContain('did not come through whole');
    }));

  test('a command whose answer is lost is not run again', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      const root = await machines.workDirectory(id);
      for (const fault of [{ kind: 'reset', when: 'after' } as const, { kind: 'status', status: 502 } as const]) {
        fake.fault(RUN, fault);
        await expect(machines.run(id, 'echo once >> log', { cwd: root })).rejects.toThrow();
      }
      expect((await machines.run(id, 'cat log', { cwd: root })).output).toBe('once\n');
    }));

  test('a command that may be repeated is sent again when its answer is lost', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      fake.fault(RUN, { kind: 'reset', when: 'after' });
      fake.fault(RUN, { kind: 'status', status: 502 });
      expect((await machines.run(id, 'echo fine', { isRepeatable: true })).output).toBe('fine\n');
    }));

  test('a process whose start was cut off is started once', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      const cwd = await machines.workDirectory(id);
      const start = () => machines.startProcess(id, 'web', 'echo up >> log; exec sleep 60', { cwd });
      fake.fault('POST /process/session', { kind: 'reset', when: 'after' });
      fake.fault('POST /process/session/{sessionId}/exec', { kind: 'reset', when: 'after' });
      await expect(start()).rejects.toThrow();
      await start();
      await expect.poll(async () => (await machines.run(id, 'cat log', { cwd })).output).toBe('up\n');
    }));

  test('a removal whose answer is lost is a removal', () =>
    withFakeDaytona(async (fake) => {
      const machines = machinesOf(fake);
      const { id } = await machines.ensure(orderOf(PROJECT));
      fake.fault('DELETE /sandbox/{sandboxIdOrName}', { kind: 'reset', when: 'after' });
      fake.fault('DELETE /sandbox/{sandboxIdOrName}', { kind: 'status', status: 409 });
      await machines.remove(id);
      expect(fake.sandboxes()).toHaveLength(0);
    }));
});
