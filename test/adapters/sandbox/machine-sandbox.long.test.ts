import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inRoom } from '../../contracts/sandbox.ts';
import { append, lendMachines, NAME, run, withPackages } from '../../support/machine-sandbox.ts';

const RUN = 'POST /process/execute';
const { fake, notes, open } = lendMachines();

describe('a machine for what a model writes, in bad moments,', () => {
  test('is found again by the next process, which ends what the first one left, and is made anew for other packages', async () => {
    const before = await open();
    const beats = "import { appendFileSync } from 'node:fs'; setInterval(() => appendFileSync('beats', 'x'), 20);";
    const room = await before.open({
      files: { ...withPackages, 'beats.mjs': beats },
      database: null,
      prepare: async () => {},
    });
    const [first] = fake().sandboxes();
    const created = fake().created();
    const running = room.run({ args: ['beats.mjs'], deadlineMs: 60_000 }).catch((error: unknown) => error);
    await expect.poll(() => room.read('beats')).toMatch(/x/);
    await inRoom(await open(), { ...withPackages, 'append.mjs': append }, async (own) => {
      expect((await own.run(run)).output).toBe('x\n');
      await expect.poll(() => pidsOf('beats.mjs')).toEqual([]);
    });
    await running;
    expect([fake().created(), fake().sandboxes()[0]?.id]).toEqual([created, first?.id]);
    const changed = { ...withPackages, 'package.json': '{"name":"y","version":"1.0.0"}' };
    await inRoom(await open(), { ...changed, 'append.mjs': append }, (own) => own.run(run));
    expect([fake().created(), fake().sandboxes().length]).toEqual([created + 1, 1]);
  });

  test('that goes away in the middle is there again, with what was done', async () => {
    notes.length = 0;
    await inRoom(await open(), { ...withPackages, 'append.mjs': append }, async (room) => {
      await room.run(run);
      await fake().vanish(NAME);
      expect((await room.run(run)).output).toBe('xx\n');
      await fake().vanish(NAME);
      expect(await Promise.all([room.read('n'), room.read('n')])).toEqual(['xx', 'xx']);
    });
    expect([notes.length, fake().sandboxes().length]).toEqual([2, 1]);
  });

  test('that is stopped in the middle is there again, with what was done', async () => {
    notes.length = 0;
    await inRoom(await open(), { ...withPackages, 'append.mjs': append }, async (room) => {
      await room.run(run);
      await fake().stop(NAME);
      expect((await room.run(run)).output).toBe('xx\n');
      await fake().stop(NAME);
      expect(await Promise.all([room.read('n'), room.read('n')])).toEqual(['xx', 'xx']);
    });
    expect([notes.length, fake().sandboxes().length]).toEqual([2, 1]);
  });

  test('runs a program once, also when the answer is lost or the service has a bad moment', async () => {
    await inRoom(await open(), { ...withPackages, 'append.mjs': append }, async (room) => {
      fake().fault(RUN, { kind: 'reset', when: 'after' });
      fake().fault(RUN, { kind: 'status', status: 502 });
      expect((await room.run(run)).output).toBe('x\n');
      fake().fault(RUN, { kind: 'reset', when: 'before' });
      expect((await room.run(run)).output).toBe('xx\n');
    });
  });
});

/** Processes of this machine with this word in what they were started with. */
function pidsOf(word: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).includes(word));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
  } catch {
    return '';
  }
}
