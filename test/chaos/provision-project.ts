import { setTimeout as sleep } from 'node:timers/promises';
import { openLogin } from '../../src/operations/open-login.ts';
import { lockedOut, orphans, traces, unlikeTrash, unready } from './provision-oracle.ts';
import { findRows, sowRows } from './provision-rows.ts';
import { isOutage, judge, killDuring, look, type Session } from './provision-session.ts';
import { describeFailure, perform, type Verb } from './provision-verbs.ts';

/** One project under chaos, and what is known of its rows. */
export interface ChaosProject {
  readonly id: string;
  /** Dies, or is cut, while it does this; then the oracle looks for what may never be. True when it died in time. */
  kill(verb: Verb, killAt?: string): Promise<boolean>;
  /** The next run: it must bring about what it says, with all rows. Gives the points it passed. */
  finish(verb: Verb, where: string): Promise<readonly string[]>;
  /** The oracle after a run of that verb that has ended well, whoever ran it. */
  check(verb: Verb, where: string): Promise<void>;
}

const MAX_TRIES = 20;

export function chaosProject(session: Session): ChaosProject {
  const { services, server } = session;
  const id = services.ids.projectId();
  /** Hash of the rows in the database or in the trash; null when there are none yet. */
  let rows: string | null = null;
  /** Somebody has begun to take it away for good: from then on the rows may be there or not, but only all of them. */
  let mayBeGone = false;
  let wasReady = false;

  const checkRows = async (): Promise<readonly string[]> => {
    const found = await findRows(await openLogin(id, 'dev', 'ro', services));
    if (rows !== null && found !== rows && !(mayBeGone && found === null)) return [`${id} has lost rows`];
    rows = found ?? (await sowRows(id, services));
    mayBeGone = false;
    return [];
  };

  const checkTrash = async (): Promise<readonly string[]> => {
    const record = await services.state.findDatabase(id, 'dev');
    if (record) return unlikeTrash(server, record);
    const lost = rows !== null && !mayBeGone ? [`${id} is gone, rows and all`] : [];
    rows = null;
    mayBeGone = false;
    return [...lost, ...(await traces(server, services, [id]))];
  };

  const project: ChaosProject = {
    id,

    async kill(verb, killAt) {
      if (verb === 'purge') mayBeGone = true;
      const killed = await killDuring(session, { verb, projectId: id, ...(killAt === undefined ? {} : { killAt }) });
      const where = `${verb} killed at ${killAt || 'a moment of chance'}`;
      session.blame(where, await look(session, () => orphans(server, services, [id])));
      if (verb === 'rotate' && wasReady) {
        session.blame(where, await look(session, () => lockedOut(services, server, id)));
      }
      if (verb !== 'rotate') wasReady = false;
      return killed;
    },

    async finish(verb, where) {
      if (verb === 'purge') mayBeGone = true;
      const points: string[] = [];
      const startedAt = performance.now();
      for (let attempt = 1; ; attempt += 1) {
        session.tally.runs += 1;
        points.length = 0;
        try {
          await perform(verb, { projectId: id, env: 'dev', onStep: (point) => points.push(point) }, services);
          break;
        } catch (error) {
          const isLast = !session.stormy || attempt >= MAX_TRIES;
          judge(session, `${where}, then ${verb}`, { code: isLast ? -1 : 1, failure: describeFailure(error) });
          if (isLast) return points;
          await sleep(200);
        }
      }
      if (!session.stormy) session.tally.recoveriesMs.push(performance.now() - startedAt);
      await project.check(verb, `${where}, then ${verb}`);
      return points;
    },

    async check(verb, where) {
      const problems = await look(session, async () => {
        if (verb === 'trash') return checkTrash();
        if (verb === 'purge') return traces(server, services, [id]);
        const found = await unready(services, id);
        return found.length > 0 ? found : checkRows();
      }).catch((error) => [isOutage(error) ? 'PostgreSQL stays away' : describeFailure(error)]);
      session.blame(where, problems);
      wasReady = problems.length === 0 && (verb === 'provision' || verb === 'rotate');
      if (verb === 'purge') {
        rows = null;
        mayBeGone = false;
      }
    },
  };
  return project;
}
