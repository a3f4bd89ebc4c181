/**
 * The process that builds. It loads the build tools at once, so that they are there when the order comes, builds once
 * and ends; it also ends when its parent does.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What the parent sends. */
export interface BuildOrder {
  readonly rootDir: string;
  readonly outputDir: string;
}

/** What comes back. */
export type BuildOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

type Tools = typeof import('nitro/builder');

function isOrder(message: unknown): message is BuildOrder {
  return typeof message === 'object' && message !== null && 'rootDir' in message && 'outputDir' in message;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const ROLLDOWN_CONFIG = 'rolldown.config.mjs';

async function run(tools: Promise<Tools>, order: BuildOrder): Promise<BuildOutcome> {
  try {
    process.chdir(order.rootDir);
    const unresolved: string[] = [];
    // The bundler warns and leaves the import as it is: the server would end at its first request.
    const onwarn = ({ code, message }: { code?: string; message: string }) => {
      if (code === 'UNRESOLVED_IMPORT' && !message.includes('node_modules')) unresolved.push(message);
    };
    if (existsSync(ROLLDOWN_CONFIG)) await buildWithRolldown(order, onwarn);
    else await buildWithNitro(await tools, order, onwarn);
    return unresolved.length === 0 ? { ok: true } : { ok: false, message: unresolved.join('\n') };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

type OnWarn = (warning: { code?: string; message: string }) => void;

async function buildWithNitro({ build, createNitro, prepare }: Tools, order: BuildOrder, onwarn: OnWarn) {
  const { rootDir, outputDir } = order;
  const rolldownConfig = { onwarn };
  const nitro = await createNitro({ rootDir, dev: false, logLevel: 1, output: { dir: outputDir }, rolldownConfig });
  await prepare(nitro);
  await build(nitro);
  await nitro.close();
}

/** As the project's own `npm run build` does, with its own Rolldown and settings, into another folder. */
async function buildWithRolldown({ rootDir, outputDir }: BuildOrder, onwarn: OnWarn): Promise<void> {
  const own = createRequire(join(rootDir, 'package.json')).resolve('rolldown');
  const { build }: typeof import('rolldown') = await import(pathToFileURL(own).href);
  const { default: config } = await import(pathToFileURL(join(rootDir, ROLLDOWN_CONFIG)).href);
  await build({
    ...config,
    cwd: rootDir,
    logLevel: 'warn',
    onwarn,
    output: { ...config.output, dir: join(outputDir, 'server') },
  });
}

const [toolsUrl] = process.argv.slice(2);
if (!toolsUrl || !process.send) throw new Error('This file is started by turbobackend.');
const tools: Promise<Tools> = import(toolsUrl);
// Reported when there is an order; without one nobody needs them.
tools.catch(() => {});
process.on('disconnect', () => process.exit(1));
process.on('message', async (message) => {
  if (!isOrder(message)) return;
  const outcome = await run(tools, message);
  process.send?.(outcome, () => process.exit(0));
});
