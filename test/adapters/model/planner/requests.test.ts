import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';
import { readLabels } from '../../../support/request-labels.ts';
import { scoreDesign } from '../../../support/request-score.ts';

/** Raise it when the planner gets better, never lower it. */
const FLOOR = 0.83;
/** Of requests that were labelled before the planner ever saw them. */
const HELD_BACK_FLOOR = 0.775;
const labelsIn = (file: string) => readLabels(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')));
const sets = [
  { name: 'of our own', labels: labelsIn('requests.json'), floor: FLOOR },
  { name: 'held back', labels: labelsIn('held-back-requests.json'), floor: HELD_BACK_FLOOR },
];

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

test.each(sets)('every request $name is told apart: whether it needs a database', async ({ labels }) => {
  const wrong: string[] = [];
  for (const { request, database } of labels) {
    const decision = await model.detect({ text: request });
    if (decision.needsDatabase !== database) wrong.push(request);
  }
  expect(wrong).toEqual([]);
});

test.each(sets)(
  'designs of requests $name are as good as they were, and have nothing nobody asked for',
  async ({ labels, floor }) => {
    const kept = labels.filter(({ database }) => database);
    const scores = await Promise.all(
      kept.map(async (label) => ({
        label,
        ...scoreDesign(label, (await model.design({ text: label.request })).schema),
      })),
    );
    const unwanted = scores.flatMap(({ label, forbidden }) => forbidden.map((name) => `${name} in: ${label.request}`));
    expect(unwanted).toEqual([]);
    const right = labels.length - kept.length;
    expect((scores.reduce((sum, { score }) => sum + score, 0) + right) / labels.length).toBeGreaterThanOrEqual(floor);
  },
);
