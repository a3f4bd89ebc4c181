import { MANIFEST_FILE } from '../domain/project.ts';
import type { Schema } from '../domain/schema.ts';
import { projectFiles } from '../operations/fingerprint.ts';
import { type MutationLane, mutate } from '../phases/mutate.ts';
import { withTrialDatabase } from './trial-database.ts';
import type { Run } from './verification-run.ts';

/** Faults are tried side by side on as many databases. */
const LANES = 2;
/** Fewer noticed faults than this, and the tests do not say much. */
const GOAL = 0.9;
/** Where the broken copy lies; not in git, like everything in that folder. */
const SCRATCH = '.turbobackend/mutation';

/** Sees whether the project's own tests notice when it is broken on purpose. */
export async function proveMutants(run: Run, schema: Schema): Promise<void> {
  const { folder, services, sections, order } = run;
  const signal = order.untilSignal?.();
  await sections.run('mutation', async () => {
    const scratch = `${folder.directory}/${SCRATCH}`;
    // What a killed verification left.
    await services.workspace.removeFolder(scratch);
    const { [MANIFEST_FILE]: _manifest, ...files } = await projectFiles(folder.directory, services);
    const result = await withLanes(run, schema, [], (lanes) =>
      mutate({ files, scratch, schema, lanes, signal }, services),
    );
    run.mutation = result;
    const { killed, total, survivors } = result;
    const passed = killed >= total * GOAL;
    const detail = passed ? '' : `not noticed: ${survivors.slice(0, 5).join('; ')}`;
    return { checks: [{ name: `the tests notice ${killed} of ${total} faults`, passed, detail, ms: 0 }] };
  });
}

async function withLanes<T>(
  run: Run,
  schema: Schema,
  lanes: readonly MutationLane[],
  work: (lanes: readonly MutationLane[]) => Promise<T>,
): Promise<T> {
  if (lanes.length === LANES) return work(lanes);
  return withTrialDatabase(run.folder, schema, run.services, async ({ environment, scratch }) => {
    // The tests have a secret of their own, to forge tokens with.
    const { DATABASE_URL = '' } = environment;
    const lane = { environment: { TEST_DATABASE_URL: DATABASE_URL }, owner: await scratch.login('mig') };
    return withLanes(run, schema, [...lanes, lane], work);
  });
}
