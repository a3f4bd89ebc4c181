import { expect, test } from 'vitest';
import type { Decision } from '../../src/domain/decision.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import { detect } from '../../src/phases/detect.ts';

function decided(confidence: number): Decision {
  return { needsDatabase: true, reason: 'It says so.', confidence, signals: [], decidedBy: 'somebody', costUsd: 0 };
}

async function detectWith(decision: Decision) {
  const events: ProgressEvent[] = [];
  const model = {
    name: 'somebody',
    detect: async () => decision,
    design: () => Promise.reject(new Error('detect must not design')),
  };
  const result = await detect({ text: 'x' }, { model, progress: (event) => events.push(event) });
  return { result, events };
}

test('the decision of the model is handed on', async () => {
  const { result, events } = await detectWith(decided(0.9));
  expect(result).toEqual(decided(0.9));
  expect(events).toEqual([]);
});

test('a guess is said to be one', async () => {
  const { events } = await detectWith(decided(0.5));
  expect(events).toMatchObject([{ kind: 'warning', message: expect.stringContaining('Not sure') }]);
});
