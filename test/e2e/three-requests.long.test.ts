import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { createArgs, differences, leaks, openSession, type Session } from '../chaos/loop-session.ts';
import { type Play, type PlayedModel, playModel } from '../support/played-writer.ts';
import { approvals, revenue, seats } from '../support/rule-plays.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/**
 * Three requests whose rules no table can say, from the sentence to the running backend, with a model that others wrote
 * the server of. Each is killed with -9 during a call, in the middle of its own test and between two calls, and resumed.
 */

const NOWHERE = 'http://127.0.0.1:9/v1';
const PROVEN = ['--verify', 'quick'];
const UNPROVEN = ['--verify', 'none'];
/** The first question in which an endpoint is written: after detection, design and plan. */
const FIRST_TURN = 4;

type Moment = 'call' | 'test' | 'between';

/** Kills `create` at a question (counted from 1): while it waits, while its answer's test runs, or as soon as it is answered. */
async function killAt(
  number: number,
  moment: Moment,
  args: readonly string[],
  play: Play,
  model: PlayedModel,
  session: Session,
) {
  const held = new Promise<void>((resolve) => {
    if (moment === 'call') model.hold(number, resolve);
  });
  const { child, finished } = session.start(args, play, model.url);
  if (moment === 'call') await Promise.race([held, finished]);
  else await expect.poll(() => model.requests[number - 1]?.answered, { timeout: 300_000, interval: 10 }).toBe(true);
  if (moment === 'test') await sleep(1500);
  child.kill('SIGKILL');
  expect((await finished).code).toBe(137);
}

test.each([seats, revenue, approvals])(
  '$name: killed three times and resumed, nothing is paid twice, and it does what was asked',
  async (play) => {
    await withTemporaryFolder(async (home) => {
      const session = openSession(home, { cluster: inject('cluster') });
      const model = await playModel(play);
      const [first, second, third] = ['one', 'two', 'three'].map((name) => join(home, name, play.name)) as [
        string,
        string,
        string,
      ];
      try {
        const args = createArgs(first, play, PROVEN);
        await killAt(FIRST_TURN, 'call', args, play, model, session);
        await killAt(FIRST_TURN + 1, 'test', args, play, model, session);
        await killAt(FIRST_TURN + 2, 'between', args, play, model, session);
        const created = await session.create(first, play, model.url, PROVEN);
        const wished = 1 + (play.more?.length ?? 0);
        expect(created.endpoints?.map(({ status, reason }) => [status, reason])).toEqual(
          Array(wished).fill(['written', '']),
        );
        expect(created.checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(created.verification?.attempts).toBeGreaterThan(0);
        expect(await play.ask(created.url)).toEqual([]);
        expect(leaks(model, session)).toEqual([]);

        const answered = model.requests.filter((request) => request.answered).map(({ body }) => body);
        expect(new Set(answered).size).toBe(answered.length);
        const ask = (...more: string[]) => session.start([...more], play, NOWHERE).finished;
        const cost = JSON.parse((await ask('cost', first, '--json')).stdout);
        // The call that was killed is counted, and what it cost is not known.
        expect(cost.total).toMatchObject({ calls: model.requests.length, unpricedCalls: 1 });
        expect(cost.by.phase.map(({ name }: { name: string }) => name).sort()).toEqual(['design', 'detect', 'write']);
        expect([cost.by.project.length, cost.by.model.length, cost.by.day.length]).toEqual([1, 1, 1]);
        expect((await ask('cost', first, '--by', 'phase')).stdout).toMatch(/write +█+ +\$0\.\d+/);

        const replayed = await session.create(second, play, NOWHERE, ['--replay', ...UNPROVEN]);
        expect(replayed.endpoints).toEqual(created.endpoints);
        expect(differences(first, second)).toEqual([]);

        const asked = model.requests.length;
        const bounded = await session.create(third, play, model.url, ['--fresh', '--max-iterations', '4', ...UNPROVEN]);
        expect(model.requests.length - asked).toBe(4);
        expect(bounded.endpoints?.[0]).toMatchObject({
          status: 'missing',
          reason: expect.stringMatching(/--max-iterations allows 4/),
        });
        const dear = [
          'design-schema',
          play.request,
          '--database',
          'yes',
          '--no-save',
          '--fresh',
          '--max-cost',
          '0.0001',
        ];
        const refused = await session.start(dear, play, model.url).finished;
        expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('limit.reached') });
        expect(model.requests.length - asked).toBe(4);
        const shown = await ask(
          'design-schema',
          play.request,
          '--database',
          'yes',
          '--no-save',
          '--replay',
          '--show-prompts',
        );
        expect(shown.stderr).toContain('Not sent, since its answer is recorded');
        expect(shown.stderr).toContain(play.request);
      } finally {
        for (const directory of [first, second, third]) await session.destroy(directory, play);
        await model.stop();
      }
    });
  },
  1_200_000,
);
