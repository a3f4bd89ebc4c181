import { type ModelPhase, NO_TOKENS } from '../../../domain/model-cost.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Caller, Model } from '../../../ports/model.ts';
import type { StateStore } from '../../../ports/state-store.ts';

export interface RecordedModelOptions {
  readonly behind: Model;
  readonly calls: Pick<StateStore, 'beginModelCall' | 'endModelCall'>;
  readonly clock: Clock;
}

/** Keeps what a model without a price did: it costs nothing, and is on the list all the same. */
export function recordedModel({ behind, calls, clock }: RecordedModelOptions): Model {
  const recorded = async <T>(phase: ModelPhase, caller: Caller | undefined, work: () => Promise<T>): Promise<T> => {
    const projectId = caller?.projectId ?? null;
    const model = { provider: 'builtin', model: behind.name };
    const id = await calls.beginModelCall({ projectId, phase, ...model, key: null, reservedUsd: 0 });
    const begun = clock.elapsedMs();
    const end = (outcome: 'ok' | 'failed') =>
      calls.endModelCall(id, { outcome, tokens: NO_TOKENS, costUsd: 0, ms: clock.elapsedMs() - begun, answer: null });
    try {
      const result = await work();
      await end('ok');
      return result;
    } catch (error) {
      await end('failed');
      throw error;
    }
  };
  return {
    name: behind.name,
    detect: (request, caller) => recorded('detect', caller, () => behind.detect(request, caller)),
    design: (request, base, caller) => recorded('design', caller, () => behind.design(request, base, caller)),
  };
}
