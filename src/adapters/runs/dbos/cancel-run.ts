import { setTimeout as sleep } from 'node:timers/promises';
import { TurboError } from '../../../domain/errors.ts';
import type { RunRecord } from '../../../ports/runs.ts';
import { type EngineOptions, runId, withClient } from './run-records.ts';

/** A process that has just taken the lock needs a moment to write its first row, and may undo a cancel until then. */
const SETTLE_MS = 1000;
const POLL_MS = 100;

/**
 * Marks the run as cancelled, and sees to it that the mark stays: a process that had the lock but had not begun when
 * it was set would resume over it. Throws `run.not_found` and `run.finished`.
 */
export async function cancelRun(
  projectId: string,
  engine: EngineOptions,
  find: () => Promise<RunRecord | null>,
): Promise<RunRecord> {
  let record = await find();
  if (record === null) throw notFound(projectId);
  if (record.state === 'done' || record.state === 'failed') throw finished(record);
  const { pid, since } = record.holder ?? {};
  return withClient(engine, async (client) => {
    for (let waited = 0; ; waited += POLL_MS) {
      if (record === null) throw notFound(projectId);
      if (record.state === 'done' || record.state === 'failed') throw finished(record);
      const isOurs = record.holder === null || (record.holder.pid === pid && record.holder.since === since);
      const isMarked = record.state === 'cancelled';
      if (isMarked && (record.holder === null || !isOurs || waited >= SETTLE_MS)) return record;
      // A row there is not yet cannot be marked; it comes, or its process ends without one.
      if (!isMarked && record.startedAt !== null) await client.cancelWorkflow(runId(projectId));
      else await sleep(POLL_MS);
      record = await find();
    }
  });
}

function notFound(projectId: string): TurboError {
  return new TurboError('run.not_found', `Nothing was ever run for ${projectId}: there is nothing to cancel.`, {
    hint: 'turbobackend runs',
    details: { projectId },
  });
}

function finished({ projectId, state }: RunRecord): TurboError {
  const [message, hint] =
    state === 'done'
      ? ['This run is done: there is nothing to cancel.', `To take the project away: turbobackend destroy ${projectId}`]
      : [
          'This run had failed: there is nothing to cancel.',
          `To go on: turbobackend resume ${projectId}. To take it away: turbobackend destroy ${projectId}`,
        ];
  return new TurboError('run.finished', message, { hint, details: { projectId, state } });
}
