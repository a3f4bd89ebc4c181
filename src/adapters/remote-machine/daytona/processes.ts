import type { RemoteCommand, RemoteRun } from '../../../ports/remote-machine.ts';
import type { ToolboxClients } from './clients.ts';
import { quoted } from './files.ts';
import { readCommands, readFields, readRun } from './read-answers.ts';
import type { CallPolicy } from './transport.ts';

/** The daemon's clients for a kind of call. */
export type Toolbox = (policy: CallPolicy, totalMs?: number) => Promise<ToolboxClients>;

const DEFAULT_MS = 60_000;
/** The daemon ends a command when its time is up; its answer needs some time as well. */
const GRACE_MS = 20_000;

/** Runs a shell command to its end. It is sent once unless it may be repeated: nobody knows what it does. */
export async function runCommand(command: string, options: RemoteCommand, toolbox: Toolbox): Promise<RemoteRun> {
  const { cwd, environment, timeoutMs = DEFAULT_MS, isRepeatable = false } = options;
  const { processes } = await toolbox({ idempotent: isRepeatable, timeout: 'long' }, timeoutMs + GRACE_MS);
  const { data } = await processes.executeCommand({
    command,
    timeout: Math.ceil(timeoutMs / 1000),
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { envs: { ...environment } }),
  });
  return readRun(data);
}

/** Starts a command that goes on, in a session of its name; one that runs there already is left alone. */
export async function startCommand(
  name: string,
  command: string,
  { cwd, environment }: Pick<RemoteCommand, 'cwd' | 'environment'>,
  toolbox: Toolbox,
): Promise<void> {
  const commands = await commandsOf(name, toolbox);
  if (commands?.at(-1)?.isRunning) return;
  const { processes } = await toolbox({ idempotent: true, accept: [404, 409] });
  if (commands !== null && commands.length > 0) await processes.deleteSession(name);
  // 409: made by a call whose answer was lost.
  if (commands === null || commands.length > 0) await processes.createSession({ sessionId: name });
  const once = await toolbox({ idempotent: false });
  const variables = Object.entries(environment ?? {}).map(([key, value]) => `${key}=${quoted(value)}`);
  const words = [...(variables.length === 0 ? [] : ['env', ...variables]), 'sh', '-c', quoted(command)].join(' ');
  const line = cwd === undefined ? words : `cd ${quoted(cwd)} && ${words}`;
  await once.processes.sessionExecuteCommand(name, { command: line, runAsync: true });
}

/** What the command of a session has printed so far; empty when there is none. */
export async function logOf(name: string, toolbox: Toolbox): Promise<string> {
  const last = (await commandsOf(name, toolbox))?.at(-1);
  if (!last) return '';
  const { processes } = await toolbox({ idempotent: true, accept: [404] });
  const { status, data } = await processes.getSessionCommandLogs(name, last.id);
  if (status === 404) return '';
  const { output } = readFields(data, 'log');
  // Before each piece the daemon may write which stream it is of.
  return typeof output === 'string'
    ? output.replaceAll('\u0001\u0001\u0001', '').replaceAll('\u0002\u0002\u0002', '')
    : '';
}

async function commandsOf(name: string, toolbox: Toolbox) {
  const { processes } = await toolbox({ idempotent: true, accept: [404] });
  const { status, data } = await processes.getSession(name);
  return status === 404 ? null : readCommands(data);
}
