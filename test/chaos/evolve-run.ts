import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dieAt } from '../support/die-at.ts';
import { problemsOf, rowsOf } from './evolve-oracle.ts';
import type { EvolvedProject } from './evolve-project.ts';

/** What happened in all rounds. */
export interface EvolveTally {
  kills: number;
  /** Runs that ended before they could be killed. */
  misses: number;
  rounds: number;
  /** Of the kills: after the change was written down, and before. */
  begun: number;
  readonly violations: string[];
}

export const newEvolveTally = (): EvolveTally => ({ kills: 0, misses: 0, rounds: 0, begun: 0, violations: [] });

/** How a run is ended: at its n-th call to the outside, or some milliseconds after it began. */
export type Moment = { readonly call: number } | { readonly ms: number; readonly verify: 'none' | 'quick' };

/** Who finishes: the same sentence, the command without one, or another sentence, which does its own as well. */
export type Next = 'same' | 'none' | 'other';

/** A project and what it must be like by now. */
export interface Scene {
  readonly project: EvolvedProject;
  readonly marks: string[];
  readonly rows: string;
}

export async function openScene(project: EvolvedProject): Promise<Scene> {
  return { project, marks: [], rows: await rowsOf(project) };
}

/** Changes are not written down: what is cut is lost. */
const FORGETFUL = `--import data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { rename, unlink } = fs.promises;
  fs.promises.rename = (from, to) => (String(to).endsWith('change.json') ? unlink(from) : rename(from, to));
  syncBuiltinESMExports();`)}`;

const BEGUN = '.turbobackend/change.json';
const sentenceOf = (mark: string) => `tasks have an optional ${mark.replace('_', ' ')}`;
const commandOf = (mark: string, verify = 'none') => ['evolve', sentenceOf(mark), '--yes', '--verify', verify];

interface Killed {
  readonly wasKilled: boolean;
  readonly ms: number;
  /** What a run that was not killed ended with. */
  readonly failure: string | null;
}

async function kill(mark: string, moment: Moment, { project }: Scene, isForgetful: boolean): Promise<Killed> {
  const point = 'call' in moment ? dieAt(moment.call, '', { widely: true }) : '';
  const options = [isForgetful ? FORGETFUL : '', point].join(' ').trim();
  const [verify, killAfter] = 'call' in moment ? ['none', {}] : [moment.verify, { killAfterMs: moment.ms }];
  const { code, stdout, stderr, ms } = await project.run(commandOf(mark, verify), {
    ...killAfter,
    ...(options && { options }),
  });
  const wasKilled = code === 137;
  return { wasKilled, ms, failure: wasKilled || code === 0 ? null : `ends with ${code}: ${stdout}${stderr}` };
}

/** Whether the change is under way, or over: then it must be finished by whatever comes next. */
function isUnderWay(mark: string, { here }: EvolvedProject): boolean {
  return existsSync(join(here, BEGUN)) || readFileSync(join(here, 'turbobackend.json'), 'utf8').includes(`"${mark}"`);
}

/**
 * Adds a column, is killed in it, and is gone on with: afterwards it is there once and whole, or not at all where it was
 * not begun and something else was wanted. Gives whether the run was killed, and its milliseconds when not.
 */
export async function playRound(
  number: number,
  moments: readonly Moment[],
  next: Next,
  scene: Scene,
  tally: EvolveTally,
): Promise<Killed> {
  const { project, marks } = scene;
  const [mark, other] = [`mark_${number}`, `mark_${number}0000`];
  let last: Killed = { wasKilled: false, ms: 0, failure: null };
  for (const moment of moments) {
    last = await kill(mark, moment, scene, false);
    tally[last.wasKilled ? 'kills' : 'misses'] += 1;
    if (existsSync(join(project.here, BEGUN))) tally.begun += 1;
    if (last.failure) tally.violations.push(`${mark} ${JSON.stringify(moment)} ${last.failure}`);
    if (!last.wasKilled) break;
  }
  const [isBegun, isLeft] = [existsSync(join(project.here, BEGUN)), !isUnderWay(mark, project)];
  const how = next === 'none' && !isBegun ? 'same' : next;
  if (how !== 'other' || !isLeft) marks.push(mark);
  if (how === 'other') marks.push(other);
  const command = how === 'none' ? ['evolve'] : commandOf(how === 'other' ? other : mark);
  const { code, stdout, stderr } = await project.run(command);
  const failed = code === 0 ? [] : [`${how} ends with ${code}: ${stdout}${stderr}`];
  const problems = [...failed, ...(await problemsOf(project, scene))];
  for (const problem of problems)
    tally.violations.push(`${mark} ${JSON.stringify(moments)} begun ${isBegun}, ${how}: ${problem}`);
  tally.rounds += 1;
  return last;
}

/**
 * The control: the same kill when nothing is written down, and the command that goes on. True when the project is broken
 * afterwards: neither as before nor changed as a whole.
 */
export async function playControl(number: number, call: number, scene: Scene): Promise<boolean> {
  const mark = `mark_${number}`;
  await kill(mark, { call }, scene, true);
  await scene.project.run(['evolve']);
  const [before, after] = [scene.marks, [...scene.marks, mark]];
  if ((await problemsOf(scene.project, { ...scene, marks: before })).length === 0) return false;
  const isBroken = (await problemsOf(scene.project, { ...scene, marks: after })).length > 0;
  if (!isBroken) scene.marks.push(mark);
  return isBroken;
}
