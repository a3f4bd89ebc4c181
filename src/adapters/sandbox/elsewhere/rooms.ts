import type { ProgramEnd } from '../../../ports/programs.ts';
import type { SandboxRoom } from '../../../ports/sandbox.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { quoted, readTold, runJob } from './jobs.ts';
import { type ReadyMachine, sha256, startDatabase } from './ready-machine.ts';

/** A folder on a machine, and the account that programs have there. */
export interface MachineRoom {
  readonly machine: ReadyMachine;
  readonly name: string;
  readonly folder: string;
  readonly uid: number | null;
  /** How many programs were begun. */
  runs: number;
}

type RunOrder = Parameters<SandboxRoom['run']>[0];

/** All that a program knows of its surroundings; the same as on this machine. */
const SURROUNDINGS = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LANG: 'C.UTF-8',
  CI: 'true',
  NO_COLOR: '1',
};

/** Makes a folder of these files; only contents that were never sent are sent, in one request. Throws `remote.*`. */
export async function makeRoom(name: string, files: FileTree, machine: ReadyMachine): Promise<MachineRoom> {
  if (machine.databaseUrl !== null) await startDatabase(machine);
  const sums = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, sha256(text)]));
  const told = await sendRoom(name, files, sums, machine);
  const missing = Array.isArray(told.missing) ? told.missing : [];
  // Somebody took them away there.
  for (const sum of missing) machine.known.delete(String(sum));
  const { room, uid } = missing.length === 0 ? told : await sendRoom(name, files, sums, machine);
  return { machine, name, folder: String(room), uid: typeof uid === 'number' ? uid : null, runs: 0 };
}

async function sendRoom(
  name: string,
  files: FileTree,
  sums: FileTree,
  { machines, id, root, tools, known }: ReadyMachine,
) {
  const fresh = Object.entries(files).filter(([path]) => !known.has(sums[path] ?? ''));
  const texts = Object.fromEntries(fresh.map(([path, text]) => [sums[path], text]));
  await machines.upload(id, `${root}/rooms`, { [`${name}.json`]: JSON.stringify({ files: sums, texts }) });
  const command = `node open-room.mjs ${quoted(root)} ${quoted(name)}`;
  const told = readTold((await machines.run(id, command, { cwd: tools, isRepeatable: true })).output);
  for (const sum of Object.keys(texts)) known.add(sum);
  return told;
}

/** Runs Node in a room, as the port promises. */
export async function runInRoom(room: MachineRoom, { args, environment, ...order }: RunOrder): Promise<ProgramEnd> {
  const { machine, name, folder, uid } = room;
  room.runs += 1;
  const { code, output } = await runJob(machine, `${name}-${room.runs}`, {
    ...order,
    command: args,
    cwd: `${folder}/project`,
    uid,
    isTrusted: false,
    environment: { ...SURROUNDINGS, HOME: `${folder}/tmp`, TMPDIR: `${folder}/tmp`, ...environment },
  });
  // What programs print must not tell where they were: it is compared, and shown to models.
  const plain = output
    .replaceAll(`${folder}/project`, '/project')
    .replaceAll(`${machine.root}/base/node_modules`, '/project/node_modules')
    .replaceAll(`${folder}/tmp`, '/tmp');
  return { code, output: plain };
}

/** Text of a file of a room; null when there is none, or a link leads there. */
export async function readInRoom({ machine, folder }: MachineRoom, path: string): Promise<string | null> {
  const { machines, id, tools } = machine;
  const command = `node read-file.mjs ${quoted(`${folder}/project`)} ${quoted(path)}`;
  const { text } = readTold((await machines.run(id, command, { cwd: tools, isRepeatable: true })).output);
  return typeof text === 'string' ? text : null;
}

/** Takes a room away; what still runs there ends. */
export async function removeRoom({ machine, name }: MachineRoom): Promise<void> {
  const { machines, id, root } = machine;
  await machines.run(id, `rm -rf rooms/${name} rooms/${name}.json jobs/${name}-*`, { cwd: root, isRepeatable: true });
}
