import { randomBytes } from 'node:crypto';
import { isTurboError } from '../../../domain/errors.ts';
import { writingSandboxName } from '../../../domain/remote.ts';
import type { RemoteMachines } from '../../../ports/remote-machine.ts';
import type { SandboxElsewhere, SandboxRoom } from '../../../ports/sandbox.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import {
  isLost,
  type MachineNeeds,
  type MachineSession,
  machinePasswords,
  makeReady,
  needsOf,
  type ReadyMachine,
} from './ready-machine.ts';
import { type MachineRoom, makeRoom, readInRoom, removeRoom, runInRoom } from './rooms.ts';

export interface MachineSandboxOptions {
  readonly projectId: string;
  readonly machines: RemoteMachines;
  /** templates/rooms, and what runs a PostgreSQL there. */
  readonly tools: FileTree;
  readonly onNote: (message: string) => void;
}

/** So often a machine that went away is made again for one call. */
const MAX_LOSSES = 2;

/**
 * Rooms in a sandbox of a project's own at Daytona, say: it is made by the first room, found again by its name, and
 * reaches nothing outside once packages are there. One that goes away is made again, and what was done in a room is done
 * there once more.
 */
export function machineSandbox({ projectId, machines, tools, onNote }: MachineSandboxOptions): SandboxElsewhere {
  const session: MachineSession = { projectId, machines, tools, passwords: machinePasswords(), isSwept: false };
  let ready: { readonly key: string; readonly machine: Promise<ReadyMachine> } | null = null;
  const machineFor = (needs: MachineNeeds): Promise<ReadyMachine> => {
    const key = JSON.stringify(needs);
    if (ready?.key !== key) {
      const machine = makeReady(needs, session);
      machine.catch(forget);
      ready = { key, machine };
    }
    return ready.machine;
  };
  const forget = () => {
    ready = null;
  };
  return {
    name: writingSandboxName(projectId),
    kind: async () => 'machine',
    open: ({ files, database }) => openRoom(files, needsOf(files, database !== null), { machineFor, forget, onNote }),
    async remove() {
      forget();
      const found = await machines.find(projectId, writingSandboxName(projectId));
      return found !== null && (await machines.remove(found.id));
    },
  };
}

interface Hands {
  machineFor(needs: MachineNeeds): Promise<ReadyMachine>;
  forget(): void;
  onNote(message: string): void;
}

type RunOrder = Parameters<SandboxRoom['run']>[0];

async function openRoom(files: FileTree, needs: MachineNeeds, hands: Hands): Promise<SandboxRoom> {
  const done: RunOrder[] = [];
  let room: Promise<MachineRoom> | null = null;
  let url: string | null = null;
  /** Another machine may have its database elsewhere. */
  const runThere = (there: MachineRoom, order: RunOrder) => {
    const [from, to] = [url, there.machine.databaseUrl];
    if (from === null || to === null || from === to) return runInRoom(there, order);
    const values = Object.entries(order.environment ?? {}).map(([name, value]) => [name, value.replaceAll(from, to)]);
    return runInRoom(there, { ...order, environment: Object.fromEntries(values) });
  };
  const make = async (): Promise<MachineRoom> => {
    const name = `room-${randomBytes(6).toString('hex')}`;
    const made = await makeRoom(name, files, await hands.machineFor(needs));
    url ??= made.machine.databaseUrl;
    for (const { signal: _signal, ...order } of done) await runThere(made, order);
    return made;
  };
  const work = async <T>(what: (there: MachineRoom) => Promise<T>): Promise<T> => {
    for (let left = MAX_LOSSES; ; left -= 1) {
      room ??= make();
      const present = room;
      try {
        return await what(await present);
      } catch (error) {
        if (!isLost(error) || left === 0) throw error;
        // Whoever asked beside us may have made another one.
        if (room !== present) continue;
        hands.onNote('The sandbox for what the model writes went away; it is made once more.');
        hands.forget();
        room = null;
      }
    }
  };
  await work(async () => {});
  return {
    databaseUrl: url,
    run: (order) =>
      work(async (there) => {
        const end = await runThere(there, order);
        done.push(order);
        return end;
      }),
    read: (path) => work((there) => readInRoom(there, path)),
    async close() {
      // It goes with its machine, or with the next run that finds that.
      if (room) await room.then(removeRoom).catch(ignoreRemote);
      room = null;
    },
  };
}

function ignoreRemote(error: unknown): void {
  if (!isTurboError(error)) throw error;
}
