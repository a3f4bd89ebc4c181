import { join } from 'node:path';
import type { Programs } from '../../../ports/programs.ts';
import { runProgram } from './run-program.ts';
import { serveCopy } from './serve-copy.ts';

export interface LocalProgramsOptions {
  /** turbobackend's data folder; copies of builds lie in `<home>/trials`. */
  readonly home: string;
  /** Where the harmless variables come from; all but an allow-list is dropped. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Never more: no variable with a secret may reach a program from the shell that happened to start us. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TEMP', 'SystemRoot'];

/** Programs on this machine. */
export function localPrograms({ home, environment = {} }: LocalProgramsOptions): Programs {
  const given = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
  const inherited = Object.fromEntries(
    Object.entries(given).filter(
      (entry): entry is [string, string] => INHERITED.includes(entry[0]) && entry[1] !== undefined,
    ),
  );
  return {
    run: (order) => runProgram({ ...order, environment: { ...inherited, ...order.environment } }, order.environment),
    serve: (order) =>
      serveCopy({
        directory: order.directory,
        trials: join(home, 'trials'),
        environment: { ...inherited, ...order.environment },
        secrets: order.environment,
      }),
  };
}
