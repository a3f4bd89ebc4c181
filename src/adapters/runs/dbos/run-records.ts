import { DBOSClient } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { connectionSettings, type Login, loginUrl } from '../../../domain/database.ts';
import type { RunHolder, RunRecord, RunState, RunStep } from '../../../ports/runs.ts';
import { connectClient } from '../../shared/postgres/connect-client.ts';
import { endClient } from '../../shared/postgres/end-client.ts';
import { hasRecords, readHolders } from './run-lock.ts';

/** Looks at runs from outside: nothing of the engine is started, and nothing is made when there never was a run. */

export interface EngineOptions {
  readonly login: Login;
  readonly schema: string;
  readonly logger: { info(): void; debug(): void; warn(entry: unknown): void; error(entry: unknown): void };
}

const PREFIX = 'create:';

/** Id of the workflow that is a project's run. */
export const runId = (projectId: string): string => `${PREFIX}${projectId}`;

type Workflow = Awaited<ReturnType<DBOSClient['listWorkflows']>>[number];

/** Lends a client of the engine, and takes it back. */
export async function withClient<T>(options: EngineOptions, work: (client: DBOSClient) => Promise<T>): Promise<T> {
  const client = await DBOSClient.create({
    systemDatabaseUrl: loginUrl(options.login),
    systemDatabaseSchemaName: options.schema,
    applicationName: 'turbobackend',
    logger: options.logger,
  });
  try {
    return await work(client);
  } finally {
    await client.destroy();
  }
}

/** Deletes what a run recorded, if anything ever did. */
export async function forgetRun(projectId: string, options: EngineOptions): Promise<void> {
  const connection = await connect(options.login);
  const isMade =
    connection !== null && (await hasRecords(connection, options.schema).finally(() => endClient(connection)));
  if (isMade) await withClient(options, (client) => client.deleteWorkflow(runId(projectId)));
}

/** The runs of these projects, or of all: oldest first. A project that has none has no record. */
export async function readRuns(options: EngineOptions, projectIds: readonly string[] | null): Promise<RunRecord[]> {
  const connection = await connect(options.login);
  if (connection === null) return [];
  try {
    const ids = projectIds ?? [];
    if (!(await hasRecords(connection, options.schema))) return ids.length > 0 ? await onlyHeld(connection, ids) : [];
    return await withClient(options, (client) => readAll(client, connection, projectIds));
  } finally {
    await endClient(connection);
  }
}

/** No database of that name, or one that is made and not opened yet. */
const UNBORN = ['3D000', '55000'];

/** Null when there is no metadata database yet. */
async function connect(login: Login): Promise<pg.Client | null> {
  try {
    return await connectClient({
      ...connectionSettings(login),
      connectionTimeoutMillis: 5000,
      query_timeout: 30_000,
      application_name: 'turbobackend',
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && UNBORN.includes(error.code ?? '')) return null;
    throw error;
  }
}

async function readAll(
  client: DBOSClient,
  connection: pg.Client,
  projectIds: readonly string[] | null,
): Promise<RunRecord[]> {
  const list = (ids: readonly string[] | null) =>
    client.listWorkflows({
      ...(ids === null ? { workflow_id_prefix: PREFIX } : { workflowIDs: ids.map(runId) }),
      loadInput: false,
      loadOutput: false,
    });
  let workflows = projectIds?.length === 0 ? [] : await list(projectIds);
  const ids = [...new Set([...(projectIds ?? []), ...workflows.map(projectOf)])];
  const holders = await readHolders(connection, ids);
  // A run that ended between these two looks was neither running nor interrupted: its state is asked once more.
  const doubtful = workflows.map(projectOf).filter((id) => !holders.has(id));
  const again = new Map((doubtful.length > 0 ? await list(doubtful) : []).map((item) => [item.workflowID, item]));
  workflows = workflows.map((item) => again.get(item.workflowID) ?? item);
  const records = await Promise.all(
    workflows.map(async (item) => record(item, holders.get(projectOf(item)) ?? null, await stepsOf(client, item))),
  );
  const begun = new Set(records.map(({ projectId }) => projectId));
  return [...records, ...ids.filter((id) => !begun.has(id)).flatMap((id) => notBegun(id, holders.get(id)))];
}

async function onlyHeld(connection: pg.Client, ids: readonly string[]): Promise<RunRecord[]> {
  const holders = await readHolders(connection, ids);
  return ids.flatMap((id) => notBegun(id, holders.get(id)));
}

/** A process has taken the lock and not written its first row yet. */
function notBegun(projectId: string, holder: RunHolder | undefined): readonly RunRecord[] {
  if (!holder) return [];
  return [{ projectId, state: 'running', holder, startedAt: null, updatedAt: null, steps: [] }];
}

const projectOf = (workflow: Workflow) => workflow.workflowID.slice(PREFIX.length);
const seconds = (ms: number) => Math.floor(ms / 1000);

function record(workflow: Workflow, holder: RunHolder | null, steps: readonly RunStep[]): RunRecord {
  return {
    projectId: projectOf(workflow),
    state: stateOf(workflow.status, holder),
    holder,
    startedAt: seconds(workflow.createdAt),
    updatedAt: seconds(workflow.updatedAt ?? workflow.createdAt),
    steps,
  };
}

function stateOf(status: string, holder: RunHolder | null): RunState {
  if (status === 'SUCCESS') return 'done';
  if (status === 'CANCELLED') return 'cancelled';
  if (holder !== null) return 'running';
  return status === 'ERROR' ? 'failed' : 'interrupted';
}

async function stepsOf(client: DBOSClient, { workflowID }: Workflow): Promise<readonly RunStep[]> {
  const steps = (await client.listWorkflowSteps(workflowID)) ?? [];
  return steps.map(({ name, error, startedAtEpochMs = 0, completedAtEpochMs = 0 }) => ({
    name,
    startedAt: seconds(startedAtEpochMs),
    endedAt: seconds(completedAtEpochMs),
    // A clock that was set back in the middle makes no negative time.
    ms: Math.max(0, completedAtEpochMs - startedAtEpochMs),
    error: error?.message ?? null,
  }));
}
