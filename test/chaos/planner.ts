import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { loadLexicon } from '../../src/adapters/model/planner/load-lexicon.ts';
import { planner } from '../../src/adapters/model/planner/planner.ts';
import { renderDdl } from '../../src/domain/ddl.ts';
import { isTurboError } from '../../src/domain/errors.ts';
import { parseRequest } from '../../src/domain/request.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { randomRequests } from '../support/random-requests.ts';
import { readLabels } from '../support/request-labels.ts';

/** Random and mutated requests: `npm run chaos:planner [count] [seed]`. Each is decided and designed twice. */

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [count = 10_000, seed = 42] = process.argv.slice(2).map(Number);
const labels = readFileSync(join(root, 'test', 'adapters', 'model', 'planner', 'requests.json'), 'utf8');

async function main(): Promise<void> {
  const lexicon = await loadLexicon(join(root, 'templates', 'planner'));
  const model = planner({ lexicon });
  const bases = readLabels(JSON.parse(labels)).map(({ request }) => request);
  const times: number[] = [];
  const failures: string[] = [];
  let refused = 0;
  for (const text of randomRequests({ count, seed, bases }, lexicon)) {
    const start = performance.now();
    try {
      const request = parseRequest(text);
      const decision = await model.detect(request);
      const { schema } = await model.design(request);
      times.push(performance.now() - start);
      renderDdl(parseSchema(schema));
      const again = await model.design(request);
      if (JSON.stringify(again.schema) !== JSON.stringify(schema)) failures.push(`not the same twice: ${text}`);
      if (schema.tables.length === 0 || !(decision.confidence >= 0.5)) failures.push(`nothing: ${text}`);
    } catch (error) {
      if (isTurboError(error, 'request.empty') || isTurboError(error, 'request.too_long')) refused += 1;
      else failures.push(`${String(error)}: ${JSON.stringify(text.slice(0, 400))}`);
    }
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)]?.toFixed(1);
  for (const failure of failures.slice(0, 10)) process.stdout.write(`${failure}\n`);
  process.stdout.write(
    `${count} requests, seed ${seed}: ${failures.length} failures, ${refused} refused as no request; ms: median ${at(0.5)}, 99 % ${at(0.99)}, most ${at(1)}\n`,
  );
  process.exitCode = failures.length > 0 ? 1 : 0;
}

await main();
