import { randomUUID } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { type Login, loginUrl } from '../../../domain/database.ts';
import type { Runs, Step } from '../../../ports/runs.ts';
import { cancelRun } from './cancel-run.ts';
import { startAttempt } from './run-attempt.ts';
import { lockRun, type Patience } from './run-lock.ts';
import { type EngineOptions, forgetRun, readRuns, runId } from './run-records.ts';

/**
 * Durable runs on DBOS, in a schema of its own in the metadata database. One executor id per process, so that nothing
 * is recovered behind our back: who may run a project is decided by `lockRun` alone, and an interrupted run is resumed
 * on a queue only this process listens to.
 */

export interface DbosOptions {
  /** Login of the metadata database, which exists by then. */
  readonly login: () => Promise<Login>;
  readonly schema: string;
  readonly onLog?: (message: string) => void;
  readonly patience?: Patience;
}

const PATIENCE: Patience = { engineMs: 10_000, serverMs: 40_000, watchMs: 2000 };

/**
 * Runs recorded by one release must be resumable by the next, so this is not derived from the code. Change it only
 * when the steps of a run change in a way that makes old records wrong.
 */
const APPLICATION_VERSION = 'pipeline-1';
const POLLING_MS = 20;

const queueName = (projectId: string) => `run:${projectId}`;

type Body = (step: Step) => Promise<unknown>;

/** The body of the run this process executes; a resumed workflow reaches it by the project's id. */
const bodies = new Map<string, Body>();

let registered: ((projectId: string) => Promise<unknown>) | null = null;

function workflow(): (projectId: string) => Promise<unknown> {
  const step: Step = (name, work) => DBOS.runStep(work, { name });
  registered ??= DBOS.registerWorkflow(
    async (projectId: string) => {
      const body = bodies.get(projectId);
      if (!body) throw new Error(`run ${projectId} was started outside of execute()`);
      return body(step);
    },
    { name: 'create' },
  );
  return registered;
}

export function dbosRuns(options: DbosOptions): Runs {
  const engine = async (): Promise<EngineOptions> => ({
    login: await options.login(),
    schema: options.schema,
    logger: logger(options),
  });
  const { patience = PATIENCE } = options;
  /** Projects whose lock this process has by `whileIdle`. */
  const idle = new Set<string>();
  const find = async (projectId: string) => (await readRuns(await engine(), [projectId]))[0] ?? null;

  return {
    find,
    list: async () => readRuns(await engine(), null),

    async execute<T>(projectId: string, body: (step: Step) => Promise<T>, { restart = false } = {}) {
      const login = await options.login();
      const lock = await lockRun(login, projectId, patience);
      const attempt = startAttempt(projectId, lock, patience, body);
      bodies.set(projectId, attempt.execute);
      try {
        await lock.whileMaking(options.schema, () => launch(login, options, projectId));
        return await Promise.race([runWorkflow<T>(projectId, restart), attempt.dispossessed]);
      } catch (error) {
        throw await attempt.explain(error, find);
      } finally {
        attempt.end();
        bodies.delete(projectId);
        await DBOS.shutdown();
        await lock.release();
      }
    },

    cancel: async (projectId) => cancelRun(projectId, await engine(), () => find(projectId)),

    async whileIdle(projectId, work) {
      const lock = await lockRun(await options.login(), projectId, patience);
      idle.add(projectId);
      try {
        return await work();
      } finally {
        idle.delete(projectId);
        await lock.release();
      }
    },

    async forget(projectId) {
      const run = () => engine().then((opened) => forgetRun(projectId, opened));
      return idle.has(projectId) ? run() : this.whileIdle(projectId, run);
    },

    async close() {
      await DBOS.shutdown();
    },
  };
}

function logger({ onLog }: DbosOptions) {
  const log = (entry: unknown) => onLog?.(entry instanceof Error ? entry.message : String(entry));
  return { info: () => {}, debug: () => {}, warn: log, error: log };
}

async function launch(login: Login, options: DbosOptions, projectId: string): Promise<void> {
  workflow();
  DBOS.setConfig({
    name: 'turbobackend',
    systemDatabaseUrl: loginUrl(login),
    systemDatabaseSchemaName: options.schema,
    systemDatabasePoolSize: 5,
    applicationVersion: APPLICATION_VERSION,
    executorID: randomUUID(),
    listenQueues: [queueName(projectId)],
    enableOTLP: false,
    logger: logger(options),
  });
  await DBOS.launch();
}

async function runWorkflow<T>(projectId: string, restart: boolean): Promise<T> {
  const id = runId(projectId);
  const status = (await DBOS.getWorkflowStatus(id))?.status;
  if (status === undefined) {
    const handle = await DBOS.startWorkflow(workflow(), { workflowID: id })(projectId);
    return (await handle.getResult()) as T;
  }
  if (status === 'SUCCESS' && !restart) return (await DBOS.retrieveWorkflow<T>(id).getResult()) as T;
  const queue = { queueName: queueName(projectId) };
  await DBOS.registerQueue(queue.queueName, { minPollingIntervalMs: POLLING_MS, workerConcurrency: 1 });
  const { next, hasFailed } = await progressOf(id);
  const hasEnded = status === 'ERROR' || status === 'SUCCESS';
  // A run that was cut after a step had failed would only read that failure back.
  if (hasEnded || hasFailed || restart) {
    if (!hasEnded) await DBOS.cancelWorkflow(id);
    await DBOS.rewindWorkflow(id, { ...queue, startStep: restart ? 0 : next });
  } else {
    await DBOS.resumeWorkflow(id, queue);
  }
  return (await DBOS.getResult<T>(id, { pollingIntervalMs: POLLING_MS })) as T;
}

/** Everything from the first failed step on is run again; a run that failed between its steps repeats none. */
async function progressOf(id: string): Promise<{ readonly next: number; readonly hasFailed: boolean }> {
  const steps = (await DBOS.listWorkflowSteps(id)) ?? [];
  const failed = steps.filter((step) => step.error !== null).map((step) => step.functionID);
  if (failed.length > 0) return { next: Math.min(...failed), hasFailed: true };
  return { next: Math.max(0, ...steps.map((step) => step.functionID + 1)), hasFailed: false };
}
