import { TurboError } from '../../../domain/errors.ts';
import type { ProgramEnd } from '../../../ports/programs.ts';
import type { RemoteMachines } from '../../../ports/remote-machine.ts';

/** A machine, with the folder of our programs there and the one that rooms lie in. */
export interface MachinePlace {
  readonly machines: RemoteMachines;
  readonly id: string;
  readonly tools: string;
  readonly root: string;
}

/** A program that is to run there. */
export interface Job {
  /** Of a program that is not trusted: the arguments of Node. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly deadlineMs: number;
  /** The account it runs under; null: ours. */
  readonly uid: number | null;
  /** Ours: it gets the environment of the machine as well, and is not limited. */
  readonly isTrusted: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The program in templates/rooms waits half a minute, and says that it goes on. */
const CALL_MS = 60_000;

/** One word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Runs a program to its end. What it is called makes it one: whoever asks for it again gets the same end. Throws
 * `remote.*`, among it what `isLost` knows when the machine was started anew meanwhile.
 */
export async function runJob(place: MachinePlace, name: string, job: Job): Promise<ProgramEnd> {
  const { machines, id, tools, root } = place;
  const { environment, signal, ...order } = job;
  if (signal?.aborted) return { code: null, output: '' };
  const stop = () => {
    // When it does not get there, the deadline does.
    machines.run(id, `touch ${quoted(`${root}/jobs/${name}/stop`)}`, { isRepeatable: true }).catch(() => {});
  };
  signal?.addEventListener('abort', stop);
  const names = Object.keys(environment);
  const values = Object.entries(environment).map(([key, value]) => [`JOB_${key}`, value] as const);
  const variables = { ...Object.fromEntries(values), JOB: JSON.stringify({ ...order, names }) };
  try {
    for (;;) {
      const command = `node run-job.mjs ${quoted(root)} ${quoted(name)}`;
      const how = { cwd: tools, environment: variables, timeoutMs: CALL_MS, isRepeatable: true };
      const told = readTold((await machines.run(id, command, how)).output);
      if (told.isLost === true) throw restarted();
      if (told.isRunning !== true) return endOf(told);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Runs one of our own programs to its end, which has to be a good one. Throws `remote.failed` with what it printed. */
export async function runTool(
  place: MachinePlace,
  name: string,
  job: Pick<Job, 'command' | 'cwd' | 'deadlineMs'>,
): Promise<void> {
  const { code, output } = await runJob(place, name, { ...job, uid: null, isTrusted: true, environment: {} });
  // Another time it may end better.
  const { machines, id, root } = place;
  await machines.run(id, `rm -rf ${quoted(`${root}/jobs/${name}`)}`, { isRepeatable: true });
  if (code === 0) return;
  const how = code === null ? 'did not end in time' : `ended with ${code}`;
  const message = `In the sandbox, ${job.command.join(' ')} ${how}.\n${output.trim().split('\n').slice(-20).join('\n')}`;
  throw new TurboError('remote.failed', message, {
    hint: 'The sandbox needs Node 20 or newer and the registry of npm; then the same command again.',
  });
}

/** What one of our programs there printed as its last line of JSON. Throws `remote.failed` when there is none. */
export function readTold(output: string): Readonly<Record<string, unknown>> {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith('{')) ?? '';
  try {
    const told: unknown = JSON.parse(line);
    if (typeof told === 'object' && told !== null) return { ...told };
  } catch {
    // Told below.
  }
  throw new TurboError('remote.failed', `The sandbox does not do as told: ${output.trim().slice(-300)}`, {
    hint: 'Its image needs Node 20 or newer.',
  });
}

function endOf({ code, output }: Readonly<Record<string, unknown>>): ProgramEnd {
  return { code: typeof code === 'number' ? code : null, output: typeof output === 'string' ? output : '' };
}

function restarted(): TurboError {
  return new TurboError('remote.failed', 'The sandbox was started anew while a program ran in it.', {
    hint: 'The same command again goes on.',
    details: { isGone: true },
  });
}
