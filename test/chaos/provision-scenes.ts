import { chaosProject } from './provision-project.ts';
import { inParallel, judge, type Session } from './provision-session.ts';
import type { Verb } from './provision-verbs.ts';

/** How many things happen at once; the machine has few cores, and neighbours at work make a kill more telling. */
const WIDTH = 4;

interface Scene {
  readonly name: string;
  /** What has happened before. */
  readonly before: readonly Verb[];
  readonly verb: Verb;
}

/** Every way of a database from one state to another. */
export const SCENES: readonly Scene[] = [
  { name: 'making', before: [], verb: 'provision' },
  { name: 'trashing', before: ['provision'], verb: 'trash' },
  { name: 'undo', before: ['provision', 'trash'], verb: 'provision' },
  { name: 'purging what is ready', before: ['provision'], verb: 'purge' },
  { name: 'purging the trash', before: ['provision', 'trash'], verb: 'purge' },
  { name: 'rotation', before: ['provision'], verb: 'rotate' },
];

export interface KillPlan {
  readonly twice?: boolean;
  /** Default: all points. */
  readonly choose?: (points: readonly string[]) => readonly string[];
}

const pick = <T>(items: readonly [T, ...T[]]): T => items[Math.floor(Math.random() * items.length)] ?? items[0];

/** Killed at the points of a scene, once, or also twice in a row at different points; gives all points. */
export async function killAtNamedPoints(
  session: Session,
  scene: Scene,
  { twice = false, choose = (all) => all }: KillPlan = {},
): Promise<readonly string[]> {
  const begin = async () => {
    const project = chaosProject(session);
    for (const verb of scene.before) await project.finish(verb, `before ${scene.name}`);
    return project;
  };
  const model = await begin();
  const points = await model.finish(scene.verb, `a whole ${scene.name}`);
  await model.finish('purge', `after ${scene.name}`);
  const orders = choose(points).flatMap((killAt) => (twice ? [[killAt], [killAt, pick(['', ...points])]] : [[killAt]]));
  await inParallel(orders, WIDTH, async ([first = '', second]) => {
    const project = await begin();
    const where = `${scene.name} killed at ${first}${second === undefined ? '' : ` and ${second || 'a moment of chance'}`}`;
    if (!(await project.kill(scene.verb, first))) session.blame(where, ['the point was not reached']);
    // The second run may have less to do, and not pass its point: then it has ended well.
    if (second !== undefined) await project.kill(scene.verb, second);
    await project.finish(scene.verb, where);
    await project.finish('provision', `${where}, afterwards`);
    await project.finish('purge', `${where}, in the end`);
  });
  return points;
}

const CHANCES: readonly [Verb, ...Verb[]] = [
  'provision',
  'provision',
  'provision',
  'rotate',
  'rotate',
  'trash',
  'trash',
  'purge',
];

/** Mixed verbs on each project, killed at moments of chance one to three times in a row, until each died `quota` times. */
export async function killAtRandom(session: Session, projects: number, quota: number): Promise<void> {
  let done = 0;
  await inParallel(
    Array.from({ length: projects }, (_, at) => at),
    WIDTH,
    async () => {
      const project = chaosProject(session);
      let verb: Verb = 'provision';
      for (let kills = 0; kills < quota; ) {
        const burst = Math.ceil(Math.random() * 3);
        for (let at = 0; at < burst && kills < quota; at += 1) {
          if (await project.kill(verb)) kills += 1;
          if (Math.random() < 0.5) verb = pick(CHANCES);
        }
        await project.finish(verb, 'random kills');
        verb = pick(CHANCES);
      }
      await project.finish('provision', 'random kills, afterwards');
      if (Math.random() < 0.8) await project.finish('purge', 'random kills, in the end');
      done += 1;
      if (done % 10 === 0) session.say(`${done} of ${projects} projects, ${session.tally.kills} kills so far`);
    },
  );
}

const PEOPLE = 20;

/** Each round: twenty commands for one project, and one for each of twenty projects, all in processes of their own. */
export async function manyAtOnce(session: Session, rounds: number): Promise<void> {
  const run = async (at: number, verb: Verb, projectId: string, where: string) => {
    session.tally.runs += 1;
    session.tally.atOnce += 1;
    judge(session, where, await session.children.runIn(at, { verb, projectId }));
  };
  const people = Array.from({ length: PEOPLE }, (_, at) => at);
  const own = people.map(() => chaosProject(session));
  const seasons: readonly [Verb, ...Verb[]] = ['provision', 'rotate', 'trash', 'provision', 'purge'];
  for (let round = 0; round < rounds; round += 1) {
    const shared = chaosProject(session);
    await Promise.all(people.map((at) => run(at, 'provision', shared.id, '20 on one project')));
    await shared.check('provision', '20 on one project');
    // Anything at all may be wished at once; whoever comes last is served, and nobody is refused.
    if (round % 5 === 0) {
      await Promise.all(people.map((at) => run(at, pick(CHANCES), shared.id, '20 wishes for one project')));
    }
    await shared.finish('purge', '20 wishes for one project');
    const verb = seasons[round % seasons.length] ?? 'provision';
    await Promise.all(own.map(({ id }, at) => run(at, verb, id, `${verb} of 20 projects`)));
    for (const project of own) await project.check(verb, `${verb} of 20 projects`);
    if (round % 10 === 9) session.say(`${round + 1} of ${rounds} rounds at once`);
  }
  await inParallel(own, WIDTH, async (project) => {
    await project.finish('purge', 'at once, in the end');
  });
}
