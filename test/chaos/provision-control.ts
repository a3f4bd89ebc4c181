import { databaseNames } from '../../src/domain/database.ts';
import { asAdmin, wipe } from '../support/provisioning.ts';
import { naiveProblems } from './provision-oracle.ts';
import { inParallel, type Session } from './provision-session.ts';
import { letStrangerIn } from './provision-stranger.ts';

export const NAIVE_POINTS = ['after:create-role', 'after:create-database', 'after:save'] as const;

/** What became of the naive order under the same kills. */
export interface ControlResult {
  readonly projects: number;
  readonly problems: readonly string[];
  readonly unrepeatable: number;
  /** Databases a stranger got into. */
  readonly entered: number;
}

/** The control: with nothing wrong here, the whole measure would be blind. Leaves nothing behind. */
export async function runControl(
  { server, services, children }: Session,
  metadataDatabase: string,
  projects: number,
): Promise<ControlResult> {
  await asAdmin(server, metadataDatabase, (query) =>
    query('CREATE TABLE IF NOT EXISTS naive (project_id text PRIMARY KEY, database text, password text)'),
  );
  const ids = Array.from({ length: projects }, () => services.ids.projectId());
  const stranger = await letStrangerIn(server, '^turbobackend_proj_');
  let unrepeatable = 0;
  await inParallel(
    ids.map((projectId, at) => ({ projectId, killAt: NAIVE_POINTS[at] })),
    3,
    async ({ projectId, killAt }) => {
      const how = killAt === undefined ? { killAfterMs: Math.random() * 200 } : { killAt };
      await children.run({ verb: 'naive', projectId, ...how });
      if ((await children.run({ verb: 'naive', projectId })).code !== 0) unrepeatable += 1;
    },
  );
  await stranger.stop();
  const problems = await naiveProblems(server, metadataDatabase, ids);
  const entered = new Set(stranger.entered.filter((name) => ids.some((id) => name.includes(id)))).size;
  await asAdmin(server, 'postgres', async (query) => {
    for (const id of ids) await wipe(query, databaseNames(id).database);
  });
  return { projects, problems, unrepeatable, entered };
}
