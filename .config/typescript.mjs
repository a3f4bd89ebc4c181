/**
 * Lets Node run this repository's TypeScript programs (benchmarks, chaos, checks) as they lie:
 * `node --import ./.config/typescript.mjs test/bench/startup.ts`. Node 20 cannot strip types by itself.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) register(import.meta.url);

/** Node's module hook: gives back a `.ts` file of ours as JavaScript, with the lines where they were. */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
  const { transform } = await import('rolldown/utils');
  const file = fileURLToPath(url);
  const { code, errors } = await transform(file, await readFile(file, 'utf8'), { lang: 'ts', sourcemap: false });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors.map((error) => error.message).join('; ')}`);
  return { format: 'module', source: code, shortCircuit: true };
}
