import { randomUUID } from 'node:crypto';
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import { type Login, loginUrl } from '../../../domain/database.ts';
import type { Runs, Step } from '../../../ports/runs.ts';
import { lockRun } from './run-lock.ts';

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
}

/**
 * Runs recorded by one release must be resumable by the next, so this is not derived from the code. Change it only
 * when the steps of a run change in a way that makes old records wrong.
 */
const APPLICATION_VERSION = 'pipeline-1';
const POLLING_MS = 20;

const runId = (projectId: string) => `create:${projectId}`;
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
  const client = async () => {
    const login = await options.login();
    return DBOSClient.create({
      systemDatabaseUrl: loginUrl(login),
      systemDatabaseSchemaName: options.schema,
      applicationName: 'turbobackend',
      logger: logger(options),
    });
  };

  return {
    async execute<T>(projectId: string, body: (step: Step) => Promise<T>, { restart = false } = {}) {
      const login = await options.login();
      const lock = await lockRun(login, projectId);
      // The value and the error of this process's own execution: kept as they are, not as the database reads them back.
      let outcome: { readonly value: T } | { readonly error: unknown } | null = null;
      bodies.set(projectId, async (step) => {
        try {
          const value = await body(step);
          outcome = { value };
          return value;
        } catch (error) {
          outcome = { error };
          throw error;
        }
      });
      try {
        await lock.whileMaking(options.schema, () => launch(login, options, projectId));
        const recorded = await runWorkflow<T>(projectId, restart).catch((error: unknown) => {
          if (outcome && 'error' in outcome) throw outcome.error;
          throw error;
        });
        return recorded;
      } finally {
        bodies.delete(projectId);
        await DBOS.shutdown();
        await lock.release();
      }
    },

    async forget(projectId) {
      const dbos = await client();
      try {
        await dbos.deleteWorkflow(runId(projectId));
      } finally {
        await dbos.destroy();
      }
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
  const status = await DBOS.getWorkflowStatus(id);
  if (!status) {
    const handle = await DBOS.startWorkflow(workflow(), { workflowID: id })(projectId);
    return (await handle.getResult()) as T;
  }
  if (status.status === 'SUCCESS' && !restart) return (await DBOS.retrieveWorkflow<T>(id).getResult()) as T;
  const queue = { queueName: queueName(projectId) };
  await DBOS.registerQueue(queue.queueName, { minPollingIntervalMs: POLLING_MS, workerConcurrency: 1 });
  if (status.status === 'ERROR' || status.status === 'SUCCESS') {
    await DBOS.rewindWorkflow(id, { ...queue, startStep: restart ? 0 : await firstFailedStep(id) });
  } else {
    await DBOS.resumeWorkflow(id, queue);
  }
  return (await DBOS.getResult<T>(id, { pollingIntervalMs: POLLING_MS })) as T;
}

/** Everything from the first failed step on is run again; a run that failed between its steps repeats none. */
async function firstFailedStep(id: string): Promise<number> {
  const steps = (await DBOS.listWorkflowSteps(id)) ?? [];
  const failed = steps.filter((step) => step.error !== null).map((step) => step.functionID);
  return failed.length > 0 ? Math.min(...failed) : Math.max(0, ...steps.map((step) => step.functionID + 1));
}
