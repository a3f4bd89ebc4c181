import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { loadLexicon } from '../../src/adapters/model/planner/load-lexicon.ts';
import { planner } from '../../src/adapters/model/planner/planner.ts';
import { parseRequest } from '../../src/domain/request.ts';
import { forScorer } from '../support/for-scorer.ts';

/** Scores the planner on labelled requests: `npm run bench:planner [folder] [--verbose]`; the folder holds open.json and score.mjs. */

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const flags = process.argv.slice(2);
const folder = flags.find((flag) => !flag.startsWith('--')) ?? join(root, '..', 'shared', 'data', 'prompts');
const labelled = z.array(z.looseObject({ id: z.string(), prompt: z.string() }));
const figures = z.looseObject({
  rows: z.array(
    z.looseObject({
      id: z.string(),
      overall: z.number(),
      detect: z.boolean(),
      notes: z.array(z.string()),
      extra: z.array(z.string()),
      hits: z.array(z.string()),
    }),
  ),
});

async function main(): Promise<void> {
  const labelFile = join(folder, 'open.json');
  if (!existsSync(labelFile)) {
    process.stdout.write(`No labelled requests at ${labelFile}: nothing to score.\n`);
    return;
  }
  const labels: unknown = JSON.parse(readFileSync(labelFile, 'utf8'));
  const prompts = labelled.parse(labels);
  const model = planner({ lexicon: await loadLexicon(join(root, 'templates', 'planner')) });
  const results: unknown[] = [];
  const times: number[] = [];
  for (const { id, prompt } of prompts) {
    const request = parseRequest(prompt);
    const start = performance.now();
    const decision = await model.detect(request);
    const schema = decision.needsDatabase ? (await model.design(request)).schema : null;
    times.push(performance.now() - start);
    results.push({ id, needsDatabase: decision.needsDatabase, schema: schema && forScorer(schema) });
  }
  const scorer: { score?: (labels: unknown, results: unknown) => unknown } = await import(
    pathToFileURL(join(folder, 'score.mjs')).href
  );
  print(figures.parse(scorer.score?.(labels, results)), times);
}

function print(result: z.output<typeof figures>, times: readonly number[]): void {
  const { rows, ...total } = result;
  if (flags.includes('--verbose')) {
    for (const row of rows) {
      process.stdout.write(`${row.id} ${row.overall.toFixed(2)}${row.detect ? '' : ' DETECTION WRONG'}\n`);
      const lines = [...row.notes.map((note) => `- ${note}`), ...row.extra.map((name) => `+ ${name}`)];
      for (const line of [...lines, ...row.hits.map((hit) => `! ${hit}`)]) process.stdout.write(`     ${line}\n`);
    }
  }
  const sorted = [...times].sort((a, b) => a - b);
  process.stdout.write(`${JSON.stringify(total, null, 2)}\n`);
  process.stdout.write(
    `ms per request: median ${sorted[sorted.length >> 1]?.toFixed(2)}, most ${sorted.at(-1)?.toFixed(2)}\n`,
  );
}

await main();
