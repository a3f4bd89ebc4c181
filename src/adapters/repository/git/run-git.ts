import { execa } from 'execa';

/** How a call of git ended; `code` is null when there is no git, or it was ended by a signal or our deadline. */
export interface GitEnd {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export type Git = (
  args: readonly string[],
  options?: { readonly environment?: Readonly<Record<string, string>>; readonly input?: string },
) => Promise<GitEnd>;

const DEADLINE_MS = 30_000;

/**
 * For every call: no hooks, monitors or signing programs of the person are started, no rubbish is collected meanwhile,
 * and names are names.
 */
const SETTINGS = [
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'commit.gpgSign=false'],
  ...['-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.quotePath=false', '--literal-pathspecs'],
];

/** Git in a folder. It asks nothing, waits for nobody, and never rejects. */
export function runGit(directory: string, given: Readonly<Record<string, string>>): Git {
  return async (args, { environment = {}, input = '' } = {}) => {
    const ended = await execa('git', [...SETTINGS, ...args], {
      cwd: directory,
      env: { ...given, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: 'true', ...environment },
      extendEnv: false,
      input,
      stripFinalNewline: false,
      timeout: DEADLINE_MS,
      reject: false,
    });
    return { code: ended.exitCode ?? null, output: String(ended.stdout ?? ''), errors: String(ended.stderr ?? '') };
  };
}
