import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, signal } from '../../shared/process/identity.ts';
import { readState, type StateFolder, type SupervisorState, writeJson } from './state-files.ts';

/** The processes of a state that really live. */
export interface LivePair {
  readonly supervisor: ProcessIdentity | null;
  /** Without a supervisor it is an orphan: it still serves, but nobody would start it again. */
  readonly server: ProcessIdentity | null;
}

export function livePair(state: SupervisorState | null): LivePair {
  const supervisor = state?.supervisor ?? null;
  const server = state?.server ?? null;
  return { supervisor: isAlive(supervisor) ? supervisor : null, server: isAlive(server) ? server : null };
}

export function isRunning(pair: LivePair): boolean {
  return pair.supervisor !== null || pair.server !== null;
}

const POLL_MS = 10;
/** What a supervisor needs beyond the server's grace time. */
const SUPERVISOR_SLACK_MS = 3000;

/** Ends supervisor and server, politely first; nothing of them lives afterwards. */
export async function endProcesses(folder: StateFolder, graceMs: number): Promise<void> {
  const { supervisor } = livePair(readState(folder));
  if (supervisor) {
    signal(supervisor, 'SIGTERM', 'process');
    await untilGone(supervisor, graceMs + SUPERVISOR_SLACK_MS);
    signal(supervisor, 'SIGKILL', 'process');
    await untilGone(supervisor, SUPERVISOR_SLACK_MS);
  }
  // Read again: what a killed supervisor has left is the server of its last words.
  await endServer(folder, graceMs);
  const state = readState(folder);
  if (state?.supervisor || state?.server) {
    writeJson(folder.state, { ...state, status: 'stopped', supervisor: null, server: null });
  }
}

/** Ends the server of the state, whose supervisor is gone. */
export async function endServer(folder: StateFolder, graceMs: number): Promise<void> {
  const { server } = livePair(readState(folder));
  if (!server) return;
  signal(server, 'SIGTERM', 'process');
  await untilGone(server, graceMs);
  signal(server, 'SIGKILL', 'group');
  await untilGone(server, SUPERVISOR_SLACK_MS);
}

async function untilGone(identity: ProcessIdentity, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (isAlive(identity) && performance.now() < deadline) await sleep(POLL_MS);
}
