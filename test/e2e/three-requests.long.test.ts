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

interface Scene {
  readonly play: Play;
  readonly model: PlayedModel;
  readonly session: Session;
  readonly directory: string;
}

/** What the record says; calls that were killed have no price. */
async function costOf({ play, session, directory }: Scene) {
  return JSON.parse((await session.start(['cost', directory, '--json'], play, NOWHERE).finished).stdout);
}

const unanswered = ({ requests }: PlayedModel) => requests.filter(({ answered }) => !answered).length;

/**
 * Kills `create` at a question (counted from 1): while it waits for its answer, while the test runs that the answer asks
 * for, or as soon as the answer is recorded: one that is still on its way is of a call that was killed.
 */
async function killAt(number: number, moment: Moment, args: readonly string[], scene: Scene): Promise<void> {
  const { play, model, session } = scene;
  const held = new Promise<void>((resolve) => {
    if (moment === 'call') model.hold(number, resolve);
  });
  const { child, finished } = session.start(args, play, model.url);
  if (moment === 'call') await Promise.race([held, finished]);
  else {
    const patience = { timeout: 300_000, interval: 10 };
    await expect.poll(() => model.requests[number - 1]?.answered, patience).toBe(true);
    await expect.poll(async () => (await costOf(scene)).total.unpricedCalls, patience).toBe(unanswered(model));
  }
  if (moment === 'test') await sleep(500);
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
        const scene = { play, model, session, directory: first };
        const args = createArgs(first, play, PROVEN);
        await killAt(FIRST_TURN, 'call', args, scene);
        await killAt(model.requests.length + 1, 'test', args, scene);
        await killAt(model.requests.length + 1, 'between', args, scene);
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
        const cost = await costOf(scene);
        // Calls that were killed are counted, and what they cost is not known.
        expect(cost.total).toMatchObject({ calls: model.requests.length, unpricedCalls: unanswered(model) });
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
