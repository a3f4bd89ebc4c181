import type { SectionResult } from '../domain/verdict.ts';
import type { Check } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';

const INSTALL_FIRST = 'npm ci in its folder makes it run';
const SHOWN_LINES = 30;
/** Long, because a busy machine takes its time and nothing is wrong with the project for that. */
const TOOL_DEADLINE_MS = 300_000;
const TESTS_DEADLINE_MS = 600_000;

/** A tool of the project's own, when it is installed. */
export async function runTool(
  tool: { readonly name: string; readonly package: string; readonly command: readonly [string, ...string[]] },
  directory: string,
  services: Needs<'programs' | 'workspace' | 'clock'>,
): Promise<SectionResult> {
  const isThere = (await services.workspace.list(`${directory}/node_modules/${tool.package}`)) !== null;
  if (!isThere) return { skipped: `${tool.package} is not installed: ${INSTALL_FIRST}` };
  return runCheck(tool.name, { command: tool.command, directory, deadlineMs: TOOL_DEADLINE_MS }, services);
}

/** The project's own tests, on a database that is theirs alone. */
export async function runTests(
  directory: string,
  environment: Readonly<Record<string, string>>,
  services: Needs<'programs' | 'workspace' | 'clock'>,
): Promise<SectionResult> {
  const script = scriptOf(await services.workspace.read(directory, 'package.json'), 'test');
  if (script === null) return { skipped: 'package.json has no script "test"' };
  const command = ['npm', 'test', '--silent'] as const;
  return runCheck(script, { command, directory, environment, deadlineMs: TESTS_DEADLINE_MS }, services);
}

async function runCheck(
  name: string,
  order: Parameters<Needs<'programs'>['programs']['run']>[0],
  { programs, clock }: Needs<'programs' | 'clock'>,
): Promise<SectionResult> {
  const begun = clock.elapsedMs();
  const { code, output } = await programs.run(order);
  const ms = Math.round(clock.elapsedMs() - begun);
  const printed = output.trim().split('\n');
  // Which tests failed stands far above the end.
  const failed = printed.filter((line) => /^\s*not ok\b/.test(line)).slice(0, SHOWN_LINES);
  const lines = [...failed, ...printed.slice(-Math.max(1, SHOWN_LINES - failed.length))];
  const how = code === null ? 'did not end in time, or could not be started' : `ended with ${code}`;
  const check: Check = { name, passed: code === 0, detail: code === 0 ? '' : `${how}\n${lines.join('\n')}`, ms };
  return { checks: [check] };
}

function scriptOf(manifest: string | null, name: string): string | null {
  try {
    const content: unknown = JSON.parse(manifest ?? '');
    if (typeof content !== 'object' || content === null || !('scripts' in content)) return null;
    const { scripts } = content;
    if (typeof scripts !== 'object' || scripts === null) return null;
    const script: unknown = Object.entries(scripts).find(([key]) => key === name)?.[1];
    return typeof script === 'string' ? script : null;
  } catch {
    return null;
  }
}
