/**
 * The process that builds. It loads the build tools at once, so that they are there when the order comes, builds once
 * and ends; it also ends when its parent does.
 */

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

async function run(tools: Promise<Tools>, { rootDir, outputDir }: BuildOrder): Promise<BuildOutcome> {
  try {
    const { build, createNitro, prepare } = await tools;
    process.chdir(rootDir);
    const unresolved: string[] = [];
    const rolldownConfig = {
      // Nitro warns and leaves the import as it is: the server would end at its first request.
      onwarn({ code, message }: { code?: string; message: string }) {
        if (code === 'UNRESOLVED_IMPORT' && !message.includes('node_modules')) unresolved.push(message);
      },
    };
    const nitro = await createNitro({ rootDir, dev: false, logLevel: 1, output: { dir: outputDir }, rolldownConfig });
    await prepare(nitro);
    await build(nitro);
    await nitro.close();
    return unresolved.length === 0 ? { ok: true } : { ok: false, message: unresolved.join('\n') };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
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
