import { describe, expect, test } from 'vitest';
import { describeSandbox, inRoom } from '../../contracts/sandbox.ts';
import { append, lendMachines, NAME, run, withPackages } from '../../support/machine-sandbox.ts';
import { withSandboxProject } from '../../support/sandbox-stage.ts';

const CLOSE = 'POST /sandbox/{sandboxIdOrName}/network-settings';
const { fake, open } = lendMachines();

describeSandbox('a machine at Daytona', open, withSandboxProject);

describe('a machine for what a model writes', () => {
  const callsSince = (count: number) => fake().calls.slice(count);

  test('fetches packages once, reaches nothing outside before code comes, and is sent only what is new', async () => {
    const [calls, created] = [fake().calls.length, fake().created()];
    const sandbox = await open();
    await sandbox.remove();
    const secret = 'what-a-model-wrote';
    await inRoom(sandbox, { ...withPackages, 'append.mjs': `${append} // ${secret}` }, (room) => room.run(run));
    const seen = callsSince(calls);
    const closed = seen.findIndex(({ route }) => route === CLOSE);
    const [order] = fake().sandboxes();
    expect(order).toMatchObject({
      name: NAME,
      order: { networkBlockAll: true, domainAllowList: 'registry.npmjs.org' },
    });
    expect(order?.order).toMatchObject({ autoStopInterval: 30, autoDeleteInterval: 60 });
    expect(seen.findIndex(({ body }) => body.includes(secret))).toBeGreaterThan(closed);
    expect(seen.findLastIndex(({ body }) => body.includes('npm ci'))).toBeLessThan(closed);

    const then = fake().calls.length;
    const other = { ...withPackages, 'append.mjs': `${append} // ${secret}`, 'b.mjs': '// another file' };
    await inRoom(sandbox, other, async (room) => expect((await room.run(run)).output).toBe('x\n'));
    const sent = callsSince(then).map(({ body }) => body);
    expect([sent.some((body) => body.includes('another file')), sent.some((body) => body.includes(secret))]).toEqual([
      true,
      false,
    ]);
    expect(sent.some((body) => body.includes('npm'))).toBe(false);
    expect(fake().created()).toBe(created + 1);
  });

  test('that is not wanted any more is gone, once', async () => {
    const sandbox = await open();
    expect([await sandbox.remove(), await sandbox.remove(), fake().sandboxes()]).toEqual([true, false, []]);
  });
});
