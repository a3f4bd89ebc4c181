import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TerminalResult {
  /** Everything that was drawn. */
  readonly screen: string;
  /** Exit code of the command. */
  readonly code: number;
  /** The terminal gives whole lines and shows what is typed, as before the command. */
  readonly isCooked: boolean;
}

const program = fileURLToPath(new URL('../../bin/turbobackend.js', import.meta.url));

/**
 * Runs the built command line on a pseudo-terminal (of util-linux' `script`), which says it has 0 columns. `press` is
 * typed when the screen shows `at`; of a function, what it gives. A command that is not done after 20 seconds is ended and rejected.
 */
export function runInTerminal(
  args: readonly string[],
  options: {
    readonly home: string;
    readonly at?: RegExp;
    readonly press?: string | (() => Promise<string>);
    /** Default: `home`. */
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<TerminalResult> {
  const { home, at, press = '', cwd = home, env } = options;
  const words = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qec', `${words}; echo "code=$?"; stty -a`, '/dev/null'], {
    cwd,
    detached: true,
    env: {
      ...{ PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home, TURBOBACKEND_HOME: `${home}/turbobackend` },
      ...env,
    },
  });
  let screen = '';
  let pressed = false;
  return new Promise((resolve, reject) => {
    const give = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new Error(`turbobackend ${args.join(' ')} did not end:\n${screen.slice(0, 2000)}`));
    }, 180_000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // A screen without end would not fit into memory.
      if (screen.length < 1_000_000) screen += text;
      if (pressed || !at?.test(screen)) return;
      pressed = true;
      void Promise.resolve(typeof press === 'string' ? press : press()).then((keys) => child.stdin.write(keys), reject);
    });
    child.stdin.on('error', () => {});
    child.once('error', (error) => give(() => reject(error)));
    child.once('close', () =>
      give(() =>
        resolve({
          screen,
          code: Number(/code=(\d+)/.exec(screen)?.[1] ?? -1),
          isCooked: / icanon/.test(screen) && / echo /.test(screen),
        }),
      ),
    );
  });
}
