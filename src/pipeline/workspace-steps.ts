import { type ErrorCode, TurboError } from '../domain/errors.ts';
import { fileHash } from '../domain/project.ts';
import { stripInvisible } from '../domain/request.ts';
import type { RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import { quoted, type SandboxPlace } from './workspace-files.ts';

/** A program that has to end well. */
export interface SandboxStep {
  readonly name: 'tools' | 'install' | 'database' | 'migrate' | 'tests-database' | 'build' | 'test';
  readonly title: string;
  readonly command: string;
  readonly cwd: string;
  readonly deadlineSeconds: number;
  readonly failure: ErrorCode;
  /** It depends on the files that were sent and on nothing else: once it went well it is not run again. */
  readonly isReused: boolean;
}

export interface StepTime {
  readonly name: string;
  readonly ms: number;
  /** What a former run did is used. */
  readonly reused: boolean;
}

const LOGS = '.turbobackend/workspace';
const POLL_MS = 1_000;
const SHOWN_LINES = 30;
const KEPT_BYTES = 1_000_000;

interface Bench {
  readonly machines: RemoteMachines;
  readonly id: string;
  readonly place: SandboxPlace;
  /** The project here, where the logs go. */
  readonly directory: string;
  /** Of the files that were sent. */
  readonly sum: string;
}

/**
 * Runs a step to its end, in the background of the sandbox: no connection has to hold for minutes, and whoever goes on
 * after a killed run finds the step running, or what came of it. Two never run at once. Throws the step's failure with
 * the end of what it printed; the last megabyte is kept in `.turbobackend/workspace/`.
 */
export async function runStep(
  step: SandboxStep,
  bench: Bench,
  services: Needs<'clock' | 'workspace'>,
): Promise<StepTime> {
  const { machines, id, place } = bench;
  const { clock } = services;
  const begun = clock.elapsedMs();
  const folder = `${place.root}/steps/${step.name}-${inputsOf(step, bench)}`;
  const before = await exitOf(bench, folder);
  const reused = step.isReused && before === 0;
  if (!reused) {
    if (before !== null) await machines.run(id, `rm -f ${quoted(`${folder}/exit`)}`, { isRepeatable: true });
    const name = folder.slice(folder.lastIndexOf('/') + 1);
    await machines.startProcess(id, name, scriptOf(step, folder, place), { cwd: step.cwd });
    const end = begun + (step.deadlineSeconds + 60) * 1000;
    let exit = await exitOf(bench, folder);
    while (exit === null && clock.elapsedMs() < end) {
      await clock.sleep(POLL_MS);
      exit = await exitOf(bench, folder);
    }
    await finish(step, exit, folder, bench, services);
  }
  return { name: step.name, ms: Math.round(clock.elapsedMs() - begun), reused };
}

/** A step of the same name with other inputs is waited for; where there is no flock, it is not. */
function scriptOf({ command, deadlineSeconds }: SandboxStep, folder: string, { root }: SandboxPlace): string {
  const [log, exit, lock] = ['log', 'exit', '../../lock'].map((name) => quoted(`${folder}/${name}`));
  return [
    `mkdir -p ${quoted(folder)}`,
    `if command -v flock > /dev/null; then exec 9> ${lock}; flock 9; fi`,
    `timeout ${deadlineSeconds} sh -c ${quoted(command)} > ${log} 2>&1`,
    `echo $? > ${exit}.new`,
    `mv ${exit}.new ${exit}`,
  ]
    .join('\n')
    .replaceAll(`${folder}/../..`, root);
}

function inputsOf({ command }: SandboxStep, { sum }: Bench): string {
  return fileHash(`${command}\n${sum}`).slice(0, 12);
}

/** How a step ended; null while it has not. */
async function exitOf({ machines, id }: Bench, folder: string): Promise<number | null> {
  const command = `cat ${quoted(`${folder}/exit`)} 2> /dev/null || true`;
  const { output } = await machines.run(id, command, { isRepeatable: true });
  return /^\d+$/.test(output.trim()) ? Number(output.trim()) : null;
}

async function finish(
  step: SandboxStep,
  exit: number | null,
  folder: string,
  { machines, id, directory }: Bench,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  const shown = `tail -c ${KEPT_BYTES} ${quoted(`${folder}/log`)}`;
  const log = stripInvisible((await machines.run(id, shown, { isRepeatable: true })).output);
  await workspace.write(directory, `${LOGS}/${step.name}.log`, log, { mode: 0o600 });
  if (exit === 0) return;
  const how = exit === null || exit === 124 ? `took longer than ${step.deadlineSeconds} s` : `ended with ${exit}`;
  const end = log.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  throw new TurboError(step.failure, `In the sandbox, "${step.title}" ${how}.${end === '' ? '' : `\n${end}`}`, {
    hint: `What it printed is in ${LOGS}/${step.name}.log.`,
    details: { step: step.name },
  });
}
