import { describe, expect, test } from 'vitest';
import { PROJECT_LABEL } from '../../src/domain/remote.ts';
import type { RemoteMachineOrder, RemoteMachines } from '../../src/ports/remote-machine.ts';
import { failureOf } from './deploy-target.ts';

interface Stage {
  readonly machines: RemoteMachines;
  /** How many sandboxes were ever made. */
  created(): number;
}

/** An order as the product gives one. */
export const orderOf = (projectId: string, more: Partial<RemoteMachineOrder> = {}): RemoteMachineOrder => ({
  projectId,
  name: `turbobackend-${projectId}`,
  labels: {},
  image: 'node:22-slim',
  resources: { cpus: 2, memoryGb: 4, diskGb: 5 },
  environment: { GREETING: 'hello' },
  autoStopMinutes: 15,
  autoDeleteMinutes: 60,
  egress: { networks: [], domains: ['registry.npmjs.org'] },
  ...more,
});

const ONE = 'aaaaaaaaaaaaaaaa';
const OTHER = 'bbbbbbbbbbbbbbbb';

/** What every service of sandboxes must do, whatever it is made of. */
export function describeRemoteMachines(
  name: string,
  withStage: (work: (stage: Stage) => Promise<void>) => Promise<void>,
): void {
  describe(`${name} as a service of sandboxes`, () => {
    describeMachines(withStage);
    describeWork(withStage);
  });
}

function describeMachines(withStage: (work: (stage: Stage) => Promise<void>) => Promise<void>): void {
  test('says that its key is good, and for what', () =>
    withStage(async ({ machines }) => {
      const checks = await machines.check();
      expect(checks.length).toBeGreaterThan(0);
      expect(checks.every(({ passed }) => passed)).toBe(true);
    }));

  test('plans to make what is not there, and to adopt what is, and makes nothing by it', () =>
    withStage(async ({ machines, created }) => {
      expect(await machines.plan(orderOf(ONE))).toMatchObject([{ kind: 'sandbox', action: 'create' }]);
      expect(created()).toBe(0);
      await machines.ensure(orderOf(ONE));
      expect(await machines.plan(orderOf(ONE))).toMatchObject([{ kind: 'sandbox', action: 'adopt' }]);
    }));

  test('makes a sandbox once, however often and by how many it is asked for', () =>
    withStage(async ({ machines, created }) => {
      const all = await Promise.all([machines.ensure(orderOf(ONE)), machines.ensure(orderOf(ONE))]);
      const again = await machines.ensure(orderOf(ONE));
      expect(new Set([...all, again].map(({ id }) => id)).size).toBe(1);
      expect(created()).toBe(1);
      expect(again).toMatchObject({ name: `turbobackend-${ONE}`, state: 'started', projectId: ONE });
    }));

  test('makes a sandbox anew that was ordered otherwise', () =>
    withStage(async ({ machines }) => {
      const first = await machines.ensure(orderOf(ONE));
      const second = await machines.ensure(orderOf(ONE, { egress: 'none' }));
      expect(second.id).not.toBe(first.id);
      expect(await machines.list()).toHaveLength(1);
    }));

  test('does not touch a sandbox of that name that belongs to another project', () =>
    withStage(async ({ machines }) => {
      const others = await machines.ensure(orderOf(OTHER));
      const taken = orderOf(ONE, { name: others.name });
      expect((await failureOf(machines.ensure(taken))).code).toBe('remote.conflict');
      expect((await failureOf(machines.plan(taken))).code).toBe('remote.conflict');
      expect(await machines.find(OTHER)).toMatchObject({ id: others.id });
    }));

  test('finds the sandbox of a project, lists those of all, and removes one once', () =>
    withStage(async ({ machines }) => {
      const one = await machines.ensure(orderOf(ONE));
      await machines.ensure(orderOf(OTHER, { labels: { [PROJECT_LABEL]: 'somebody else' } }));
      expect(await machines.find(ONE)).toMatchObject({ id: one.id, projectId: ONE });
      expect((await machines.list()).map(({ projectId }) => projectId).sort()).toEqual([ONE, OTHER]);
      expect(await machines.remove(one.id)).toBe(true);
      expect(await machines.remove(one.id)).toBe(false);
      expect(await machines.find(ONE)).toBeNull();
    }));
}

function describeWork(withStage: (work: (stage: Stage) => Promise<void>) => Promise<void>): void {
  test('runs commands where and with what they are told to, and gives back how they end', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      const directory = `${await machines.workDirectory(id)}/a b`;
      await machines.run(id, `mkdir -p '${directory}'`);
      const command = 'pwd; echo "$GREETING $NAME"; echo wrong >&2; exit 7';
      const ended = await machines.run(id, command, { cwd: directory, environment: { NAME: 'it\'s "you" $HOME' } });
      expect(ended.exitCode).toBe(7);
      expect(ended.output.split('\n').sort().join('\n').trim()).toBe(
        [directory, `hello it's "you" $HOME`, 'wrong'].sort().join('\n'),
      );
    }));

  test('ends a command whose time is up, and says so', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      const error = await failureOf(machines.run(id, 'sleep 30', { timeoutMs: 500 }));
      expect(error).toMatchObject({ code: 'remote.failed', message: expect.stringMatching(/longer/) });
      expect((await machines.run(id, 'echo still here')).output).toBe('still here\n');
    }));

  test('brings files there and back as they are, also many, large, empty and strangely named ones', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      const root = `${await machines.workDirectory(id)}/project`;
      const names = [
        'plain.txt',
        'deep/er/[id].ts',
        'it\'s "quoted".txt',
        'ünï çødé 🎉.md',
        '$(touch x);`y`.sh',
        'back\\slash',
      ];
      const many = Array.from({ length: 250 }, (_, index) => `many/${index}.txt`);
      const files: Record<string, string> = {
        ...Object.fromEntries([...names, ...many].map((path) => [path, `text of ${path}\r\n--\r\n\u0000`])),
        empty: '',
        large: 'x'.repeat(9 * 1024 * 1024),
      };
      await machines.upload(id, root, files);
      const paths = Object.keys(files).map((path) => `${root}/${path}`);
      const back = await machines.download(id, [...paths, `${root}/none`]);
      expect(Object.keys(back).length).toBe(paths.length);
      expect(paths.every((path) => back[path] === files[path.slice(root.length + 1)])).toBe(true);
    }));

  test('refuses to write outside the folder', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      for (const path of ['../out', '/etc/passwd', 'a/../../out', 'line\nbreak', '']) {
        await expect(machines.upload(id, '/tmp/none', { [path]: 'x' })).rejects.toThrow(RangeError);
      }
    }));

  test('starts a process once, tells what it has printed, and starts it again when it has ended', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      const cwd = await machines.workDirectory(id);
      const command = 'echo "up $NAME"; echo "$$" >> pids; exec sleep 60';
      const start = () => machines.startProcess(id, 'server', command, { cwd, environment: { NAME: "o'clock" } });
      await start();
      await expect.poll(() => machines.processLog(id, 'server')).toBe("up o'clock\n");
      await start();
      expect((await machines.run(id, 'wc -l < pids', { cwd })).output.trim()).toBe('1');
      await machines.run(id, 'kill $(cat pids)', { cwd });
      await expect
        .poll(async () => {
          await start();
          return (await machines.run(id, 'wc -l < pids', { cwd })).output.trim();
        })
        .toBe('2');
      expect(await machines.processLog(id, 'none')).toBe('');
    }));

  test('leads to a port of a sandbox by an address, for whoever has the headers', () =>
    withStage(async ({ machines }) => {
      const { id } = await machines.ensure(orderOf(ONE));
      const { url, headers } = await machines.previewUrl(id, 3000);
      expect(new URL(url).protocol).toMatch(/^https?:$/);
      expect((await fetch(url)).status).toBe(401);
      expect((await fetch(url, { headers })).status).toBe(502);
      await machines.keepAlive(id);
    }));
}
