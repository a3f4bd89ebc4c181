import { DBOSWorkflowConflictError, Error as EngineErrors } from '@dbos-inc/dbos-sdk';
import { TurboError } from '../../../domain/errors.ts';
import type { RunRecord, Step } from '../../../ports/runs.ts';
import { lockedBy, type Patience, type RunLock } from './run-lock.ts';

/** This process's own execution of a run. */
export interface RunAttempt {
  /** What the engine runs. */
  readonly execute: (step: Step) => Promise<unknown>;
  /** Rejects when the run is not ours any more; never resolves. The engine would wait for its new owner for ever. */
  readonly dispossessed: Promise<never>;
  /** What to throw for an error of the engine: the step's own one, `run.cancelled` or `run.locked`. */
  explain(error: unknown, find: (projectId: string) => Promise<RunRecord | null>): Promise<unknown>;
  /** Ends what watches over it. */
  end(): void;
}

/** Runs `body` once; before each step that really runs, and while it does, the lock is asked whether it is still held. */
export function startAttempt<T>(
  projectId: string,
  lock: RunLock,
  patience: Patience,
  body: (step: Step) => Promise<T>,
): RunAttempt {
  // The error of this execution itself: kept as it is, not as the database reads it back.
  let failure: { readonly error: unknown } | null = null;
  let isOver = false;
  let giveUp: (reason: unknown) => void = () => {};
  const dispossessed = new Promise<never>((_resolve, reject) => {
    giveUp = (reason) => {
      isOver = true;
      reject(reason);
    };
  });
  dispossessed.catch(() => {});
  const working = new Set<Promise<unknown>>();

  let stopLast = () => {};

  const watch = () =>
    watchEngine(lock, patience.engineMs, () => giveUp(new DBOSWorkflowConflictError(projectId)), giveUp);

  const hold = async () => {
    try {
      await lock.keep();
    } catch (error) {
      // Not thrown into the engine: it would record as this step's failure what is no fault of the step, in a history
      // that is somebody else's by now. What runs beside it is waited for.
      await Promise.race([Promise.allSettled([...working]), dispossessed.catch(() => {})]);
      giveUp(error);
      await new Promise(() => {});
    }
  };

  const guard =
    (step: Step): Step =>
    async (name, work) => {
      // The engine asks the database before a step and after it, and asks again for ever when nobody answers.
      let stop = watch();
      try {
        return await step(name, async () => {
          stop();
          await hold();
          const unwatch = watchLock(lock, patience.watchMs, giveUp);
          const begun = work();
          working.add(begun);
          try {
            return await begun;
          } finally {
            working.delete(begun);
            unwatch();
            // Whatever it came to, it is not ours to write down any more.
            if (isOver) await new Promise(() => {});
            stop = watch();
          }
        });
      } catch (error) {
        // Whoever watches has been told how the run ended; what comes later is no news.
        if (isOver) await new Promise(() => {});
        throw error;
      } finally {
        stop();
      }
    };

  return {
    dispossessed,
    async execute(step) {
      try {
        return await body(guard(step));
      } catch (error) {
        failure = { error };
        if (isLost(error)) giveUp(error);
        throw error;
      } finally {
        stopLast = watch();
      }
    },
    end: () => stopLast(),
    async explain(error, find) {
      if (!isLost(error)) return failure?.error ?? error;
      const record = await find(projectId).catch(() => null);
      return record?.state === 'cancelled' ? cancelled(projectId, error) : lockedBy(projectId, record?.holder ?? null);
    },
  };
}

/** Gives up when the engine has not come back by then: asked first is the lock, which tells more. */
function watchEngine(lock: RunLock, ms: number, parked: () => void, lost: (reason: unknown) => void): () => void {
  let ended = false;
  let timer = setTimeout(() => {
    lock.keep().then(() => {
      if (!ended) timer = setTimeout(parked, ms).unref();
    }, lost);
  }, ms).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** A step may take minutes, and whoever takes the lock meanwhile runs it too: its end cannot be waited for. */
function watchLock(lock: RunLock, ms: number, lost: (reason: unknown) => void): () => void {
  let ended = false;
  let timer: NodeJS.Timeout;
  const look = () =>
    lock.keep().then(() => {
      if (!ended) timer = setTimeout(look, ms).unref();
    }, lost);
  timer = setTimeout(look, ms).unref();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

function isLost(error: unknown): boolean {
  return (
    error instanceof DBOSWorkflowConflictError ||
    error instanceof EngineErrors.DBOSWorkflowCancelledError ||
    error instanceof EngineErrors.DBOSAwaitedWorkflowCancelledError
  );
}

function cancelled(projectId: string, cause: unknown): TurboError {
  return new TurboError('run.cancelled', 'This run was cancelled; what it had finished is kept.', {
    hint: `To go on: turbobackend resume ${projectId}. To take it away: turbobackend destroy ${projectId}`,
    details: { projectId },
    cause,
  });
}
