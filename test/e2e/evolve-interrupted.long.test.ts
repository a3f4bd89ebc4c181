import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lendChores } from '../support/chores.ts';
import { startCli } from '../support/run-cli.ts';

/** `evolve` killed and interrupted from outside; each of its steps is cut in pipeline/carry-out.test.ts. */

const { options, cli, evolve, columns, databases, files, manifest } = lendChores();

test('killed before the database is changed, the same sentence again finishes', async () => {
  const before = files().length;
  const sentence = ['evolve', 'tasks have an optional colour', '--verify', 'none', '--yes', '--json'];
  const { child, finished } = startCli(sentence, options());
  while (files().length === before && child.exitCode === null) await sleep(2);
  child.kill('SIGKILL');
  expect([(await finished).code, files().length]).toEqual([137, before + 1]);
  const again = await cli(...sentence.slice(0, -1));
  expect([again.code, again.error]).toEqual([0, undefined]);
  expect([await columns(), files().length]).toEqual([expect.arrayContaining(['color']), before + 1]);
  expect(manifest()).toContain('"color"');
  const nothing = await evolve('tasks have an optional colour', '--yes');
  expect([nothing.code, nothing.data.steps, nothing.data.applied]).toEqual([0, [], []]);
});

test('interrupted while it is tried on a copy of the rows, no copy stays', async () => {
  const before = await databases();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, finished } = startCli(
      ['evolve', 'tasks have an optional width', '--verify', 'none', '--yes', '--json'],
      options(),
    );
    while ((await databases()).length === before.length && child.exitCode === null) await sleep(5);
    child.kill(signal);
    const { code, stdout } = await finished;
    expect([code, JSON.parse(stdout).error.code]).toEqual(
      signal === 'SIGINT' ? [130, 'interrupted'] : [143, 'terminated'],
    );
    expect(await databases()).toEqual(before);
  }
  expect(await columns()).not.toContain('width');
});
