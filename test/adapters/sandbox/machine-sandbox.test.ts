import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daytonaMachines } from '../../../src/adapters/remote-machine/daytona/daytona-machines.ts';
import { machineSandbox } from '../../../src/adapters/sandbox/elsewhere/machine-sandbox.ts';
import { writingSandboxName } from '../../../src/domain/remote.ts';
import type { SandboxElsewhere } from '../../../src/ports/sandbox.ts';
import { describeSandbox, inRoom } from '../../contracts/sandbox.ts';
import { type FakeDaytona, startFakeDaytona } from '../../support/fakes/daytona.ts';
import { scaffoldServices } from '../../support/generated-projects.ts';
import { sandboxEnvironment } from '../../support/sandbox-environment.ts';
import { withSandboxProject } from '../../support/sandbox-stage.ts';

const PROJECT = 'abcdefghijklmnop';
const NAME = writingSandboxName(PROJECT);
const CLOSE = 'POST /sandbox/{sandboxIdOrName}/network-settings';

let fake: FakeDaytona;
const notes: string[] = [];

/** As another process has it. */
async function open(): Promise<SandboxElsewhere> {
  const machines = daytonaMachines({ apiKey: fake.key, apiUrl: fake.apiUrl, target: null, organizationId: null });
  const { readTree } = scaffoldServices.templates;
  const tools = { ...(await readTree('workspace')), ...(await readTree('rooms')) };
  return machineSandbox({ projectId: PROJECT, machines, tools, onNote: (note) => notes.push(note) });
}

beforeAll(async () => {
  fake = await startFakeDaytona({ environment: sandboxEnvironment });
});

afterAll(async () => {
  expect(fake.violations()).toEqual([]);
  await fake.close();
});

describeSandbox('a machine at Daytona', open, withSandboxProject);

describe('a machine for what a model writes', () => {
  const LOCK = JSON.stringify({ name: 'x', version: '1.0.0', lockfileVersion: 3, packages: {} });
  const withPackages = { 'package.json': '{"name":"x","version":"1.0.0"}', 'package-lock.json': LOCK };
  const append =
    "import { appendFileSync, readFileSync } from 'node:fs'; appendFileSync('n', 'x'); console.log(readFileSync('n', 'utf8'));";
  const run = { args: ['append.mjs'], deadlineMs: 60_000 };
  const callsSince = (count: number) => fake.calls.slice(count);

  test('fetches packages once, reaches nothing outside before code comes, and is sent only what is new', async () => {
    const [calls, created] = [fake.calls.length, fake.created()];
    const sandbox = await open();
    await sandbox.remove();
    const secret = 'what-a-model-wrote';
    await inRoom(sandbox, { ...withPackages, 'append.mjs': `${append} // ${secret}` }, (room) => room.run(run));
    const seen = callsSince(calls);
    const closed = seen.findIndex(({ route }) => route === CLOSE);
    const [order] = fake.sandboxes();
    expect(order).toMatchObject({
      name: NAME,
      order: { networkBlockAll: true, domainAllowList: 'registry.npmjs.org' },
    });
    expect(order?.order).toMatchObject({ autoStopInterval: 30, autoDeleteInterval: 60 });
    expect(seen.findIndex(({ body }) => body.includes(secret))).toBeGreaterThan(closed);
    expect(seen.findLastIndex(({ body }) => body.includes('npm ci'))).toBeLessThan(closed);

    const then = fake.calls.length;
    const other = { ...withPackages, 'append.mjs': `${append} // ${secret}`, 'b.mjs': '// another file' };
    await inRoom(sandbox, other, async (room) => expect((await room.run(run)).output).toBe('x\n'));
    const sent = callsSince(then).map(({ body }) => body);
    expect([sent.some((body) => body.includes('another file')), sent.some((body) => body.includes(secret))]).toEqual([
      true,
      false,
    ]);
    expect(sent.some((body) => body.includes('npm'))).toBe(false);
    expect(fake.created()).toBe(created + 1);
  });

  test('that goes away in the middle is there again, with what was done', async () => {
    notes.length = 0;
    await inRoom(await open(), { ...withPackages, 'append.mjs': append }, async (room) => {
      await room.run(run);
      await fake.vanish(NAME);
      expect((await room.run(run)).output).toBe('xx\n');
      await fake.vanish(NAME);
      expect(await Promise.all([room.read('n'), room.read('n')])).toEqual(['xx', 'xx']);
    });
    expect([notes.length, fake.sandboxes().length]).toEqual([2, 1]);
  });

  test('that is not wanted any more is gone, once', async () => {
    const sandbox = await open();
    expect([await sandbox.remove(), await sandbox.remove(), fake.sandboxes()]).toEqual([true, false, []]);
  });
});
