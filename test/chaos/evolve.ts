/**
 * `npm run chaos:evolve [kills] [lanes] [first call]`: kills `evolve` with -9, first at each of its calls to the outside, one after
 * the other, then at moments of chance, also while it proves a change; somebody goes on with the same sentence, without
 * one, or with another. Rows, tables, journal, files, code, git and history must agree afterwards, and nothing may be
 * left over. The control writes no change down, and must break. Prints counts; exit code 1 when something was wrong.
 */
import { startCluster } from '../support/global-cluster.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { makeProject } from './evolve-project.ts';
import { type Moment, type Next, newEvolveTally, openScene, playControl, playRound, type Scene } from './evolve-run.ts';

const [kills = 200, lanes = 2, first = 1] = process.argv.slice(2).map(Number);
/** Steps of one project: later ones would only apply more and more migrations. */
const STEPS = 20;
/** Calls that one change is killed at, one after the other, before it may finish. */
const AT_ONCE = 3;
const CONTROLS = 12;
const NEXT: readonly Next[] = ['same', 'none', 'same', 'other'];

const tally = newEvolveTally();
const begun = performance.now();
const say = (text: string) => process.stdout.write(`${text} (${((performance.now() - begun) / 1000).toFixed(0)} s)\n`);
/** The next call to be killed at; how many there are is known when a run comes to its end. */
let [call, calls] = [first - 1, Number.POSITIVE_INFINITY];
/** Milliseconds of a run, as far as is known. */
let usual = 20_000;
let number = 0;
let told = 0;
let broken = 0;
let controls = 0;

const isDone = () => (tally.kills >= kills && call >= calls) || tally.violations.length >= 10;

async function playNext(scene: Scene): Promise<void> {
  number += 1;
  const mine = number;
  const next = NEXT[Math.floor(Math.random() * NEXT.length)] ?? 'same';
  if (call < calls) {
    const at = call + 1;
    call += AT_ONCE;
    const moments = Array.from({ length: AT_ONCE }, (_, more) => ({ call: at + more }));
    const { wasKilled } = await playRound(mine, moments, next, scene, tally);
    if (!wasKilled) calls = Math.min(calls, at + AT_ONCE - 1);
    return;
  }
  const chance = (): Moment => {
    const verify = Math.random() < 1 / 6 ? 'quick' : 'none';
    return { ms: Math.random() * usual * (verify === 'quick' ? 2 : 1), verify };
  };
  const moments = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, chance);
  const { wasKilled, ms } = await playRound(mine, moments, next, scene, tally);
  usual = wasKilled ? usual * 1.03 : ms;
}

async function withProject(work: (scene: Scene) => Promise<void>): Promise<void> {
  const server = await startCluster();
  try {
    await withTemporaryFolder(async (home) => {
      const project = await makeProject(home, 'chores', server);
      try {
        await work(await openScene(project));
      } finally {
        await project.stop();
      }
    });
  } finally {
    await server.stop();
  }
}

async function lane(): Promise<void> {
  while (!isDone()) {
    await withProject(async (scene) => {
      while (scene.marks.length < STEPS && !isDone()) {
        await playNext(scene);
        if (tally.kills >= told + 10) {
          told = tally.kills;
          say(
            `${told} kills (${tally.begun} after the change was written down), calls so far ${Math.min(call, calls)}, violations ${tally.violations.length}`,
          );
        }
      }
    });
  }
}

/** Kills spread over the last third of the calls, where a change is carried out. */
async function control(): Promise<void> {
  while (controls < CONTROLS && broken < 3) {
    await withProject(async (scene) => {
      for (let isBroken = false; !isBroken && controls < CONTROLS && scene.marks.length < STEPS; ) {
        const at = Math.floor(calls * (0.7 + 0.3 * Math.random()));
        controls += 1;
        isBroken = await playControl(90_000 + controls, at, scene);
        if (isBroken) broken += 1;
      }
    });
  }
}

await Promise.all(Array.from({ length: lanes }, lane));
say(`calls      ${calls - 1} outside calls of an evolve, each killed at once`);
say(
  `kills      ${tally.kills}, ${tally.begun} of them after the change was written down; ${tally.misses} runs were quicker`,
);
say(`rounds     ${tally.rounds}`);
say(`violations ${tally.violations.length}`);
for (const violation of tally.violations) say(`VIOLATION ${violation}`);
if (Number.isFinite(calls)) await control();
say(`control    nothing written down: ${broken} of ${controls} projects broken`);
if (broken === 0) say('THE CONTROL DOES NOT FAIL: this run has measured nothing');
if (tally.violations.length > 0 || broken === 0) process.exitCode = 1;
