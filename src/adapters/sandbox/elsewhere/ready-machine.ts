import { createHash } from 'node:crypto';
import { isTurboError, TurboError } from '../../../domain/errors.ts';
import { writingSandboxName } from '../../../domain/remote.ts';
import { generatePassword } from '../../../domain/scram.ts';
import type { RemoteMachineOrder, RemoteMachines } from '../../../ports/remote-machine.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { type MachinePlace, quoted, readTold, runTool } from './jobs.ts';

/** What must be on a machine before a room is made there. */
export interface MachineNeeds {
  /** What packages and migrations are made of. */
  readonly files: FileTree;
  /** Of the packages; null: there are none. */
  readonly packages: string | null;
  readonly hasDatabase: boolean;
}

/** A machine with packages and database, that reaches nothing outside. */
export interface ReadyMachine extends MachinePlace {
  /** As programs there reach it; null: none. */
  readonly databaseUrl: string | null;
  /** Contents that are there, by their sha256. */
  readonly known: Set<string>;
}

/** What stays the same when a machine is made again. */
export interface MachineSession {
  readonly projectId: string;
  readonly machines: RemoteMachines;
  /** Our programs, by their names. */
  readonly tools: FileTree;
  /** Of the logins inside. */
  readonly passwords: Readonly<Record<string, string>>;
  /** What a killed run left was cleared away. */
  isSwept: boolean;
}

const IMAGE = 'node:22-slim';
const REGISTRY = 'registry.npmjs.org';
const LIFE = { autoStopMinutes: 30, autoDeleteMinutes: 60 };
const RESOURCES = { cpus: 2, memoryGb: 4, diskGb: 5 };
const INSTALL_MS = 10 * 60_000;
const MIGRATE_MS = 5 * 60_000;

/** Passwords for the PostgreSQL of machines, the same for all of a session. */
export function machinePasswords(): Readonly<Record<string, string>> {
  return Object.fromEntries(['admin', 'mig', 'app', 'ro'].map((name) => [name, generatePassword()]));
}

/** What the files of a room ask for. */
export function needsOf(files: FileTree, hasDatabase: boolean): MachineNeeds {
  const isBase = (path: string) => /^(?:package(?:-lock)?\.json$|scripts\/|migrations\/)/.test(path);
  const base = Object.fromEntries(Object.entries(files).filter(([path]) => isBase(path)));
  const lock = base['package-lock.json'];
  const packages = lock === undefined ? null : sha256(`${base['package.json']}\n${lock}`);
  return { files: base, packages, hasDatabase };
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A machine that has what is needed: found by its name, or made. Packages are fetched first; then it is closed, for good,
 * and only then anything comes there that a model wrote. Throws `remote.*`.
 */
export async function makeReady(needs: MachineNeeds, session: MachineSession): Promise<ReadyMachine> {
  const { machines } = session;
  const found = await enter(session);
  const isLacking =
    (needs.packages !== null && found.packages !== needs.packages) || (needs.hasDatabase && !found.hasTools);
  if (found.isClosed && isLacking) {
    await machines.remove(found.place.id);
    return makeReady(needs, session);
  }
  const { place } = found;
  const base = `${place.root}/base`;
  await machines.run(place.id, `rm -rf ${quoted(`${base}/migrations`)} ${quoted(`${base}/scripts`)}`, REPEATABLE);
  if (Object.keys(needs.files).length > 0) await machines.upload(place.id, base, needs.files);
  if (isLacking) await install(needs, found);
  // Noted first: whoever finds the note takes it that code was here.
  await machines.upload(place.id, place.tools, { closed: '' });
  await machines.closeNetwork(place.id);
  const databaseUrl = needs.hasDatabase ? await freshDatabase(place, found.hasServer, session) : null;
  return { ...place, databaseUrl, known: new Set() };
}

const REPEATABLE = { isRepeatable: true } as const;

interface Found {
  readonly place: MachinePlace;
  readonly packages: string | null;
  readonly hasTools: boolean;
  readonly isClosed: boolean;
  readonly hasServer: boolean;
}

async function enter(session: MachineSession): Promise<Found> {
  const { machines } = session;
  const { id } = await machines.ensure(orderOf(session));
  const tools = `${await machines.workDirectory(id)}/turbobackend/tools`;
  await machines.upload(id, tools, session.tools);
  const told = readTold((await machines.run(id, 'node look-around.mjs', { cwd: tools, ...REPEATABLE })).output);
  const { root, packages, tools: installed, isClosed, hasServer } = told;
  if (typeof root !== 'string') throw new TurboError('remote.failed', 'The sandbox does not say where it is.');
  if (!session.isSwept) {
    // What runs there sees that its folder is gone, and ends.
    await machines.run(id, 'rm -rf rooms/* jobs/room-*', { cwd: root, ...REPEATABLE });
    session.isSwept = true;
  }
  return {
    place: { machines, id, tools, root },
    packages: typeof packages === 'string' ? packages : null,
    hasTools: installed !== null,
    isClosed: isClosed === true,
    hasServer: hasServer === true,
  };
}

function orderOf({ projectId }: MachineSession): RemoteMachineOrder {
  return {
    projectId,
    name: writingSandboxName(projectId),
    labels: {},
    image: IMAGE,
    resources: RESOURCES,
    environment: {},
    ...LIFE,
    egress: { networks: [], domains: [REGISTRY] },
  };
}

async function install({ packages, hasDatabase }: MachineNeeds, found: Found): Promise<void> {
  const { place } = found;
  const npm = (what: string, note: string) =>
    ['sh', '-c', `npm ${what} --ignore-scripts --no-audit --no-fund && echo ${note} > installed`] as const;
  if (packages !== null && found.packages !== packages) {
    const job = { command: npm('ci', packages), cwd: `${place.root}/base`, deadlineMs: INSTALL_MS };
    await runTool(place, `packages-${packages.slice(0, 16)}`, job);
  }
  if (hasDatabase && !found.hasTools) {
    await runTool(place, 'tools', { command: npm('install', 'yes'), cwd: place.tools, deadlineMs: INSTALL_MS });
  }
}

/** A database of our own making with the migrations of the files, and the backend's login to it. */
async function freshDatabase(place: MachinePlace, hasServer: boolean, session: MachineSession): Promise<string> {
  const { machines, id, tools, root } = place;
  if (!hasServer) {
    await machines.run(id, 'touch state.json && chmod 600 state.json', { cwd: tools, ...REPEATABLE });
    await machines.upload(id, tools, { 'state.json': JSON.stringify({ passwords: session.passwords }) });
  }
  await startDatabase(place);
  const base = `${root}/base`;
  const prepare = ['node', 'prepare-database.mjs', base, 'fresh'];
  await runTool(place, 'database', { command: prepare, cwd: tools, deadlineMs: MIGRATE_MS });
  await runTool(place, 'migrate', { command: ['node', 'scripts/migrate.mjs'], cwd: base, deadlineMs: MIGRATE_MS });
  const file = `${tools}/state.json`;
  return urlOf((await machines.download(id, [file]))[file]);
}

/** Starts PostgreSQL there; one that runs is left alone. */
export async function startDatabase({ machines, id, tools }: MachinePlace): Promise<void> {
  await machines.startProcess(id, 'postgres', 'node serve-database.mjs', { cwd: tools });
}

function urlOf(text: string | undefined): string {
  const { port, passwords } = readTold(text ?? '');
  const app = typeof passwords === 'object' && passwords !== null && 'app' in passwords ? passwords.app : null;
  if (typeof port === 'number' && typeof app === 'string') {
    return `postgres://backend_app:${encodeURIComponent(app)}@127.0.0.1:${port}/backend`;
  }
  throw new TurboError('remote.failed', 'The sandbox does not say how its database is reached.');
}

/** The machine went away or rests, and all that ran there is gone: it is made, or made ready, once more. */
export function isLost(error: unknown): boolean {
  if (!isTurboError(error) || error.code !== 'remote.failed') return false;
  const { isGone, state } = error.details ?? {};
  return isGone === true || ['stopped', 'stopping', 'archived', 'archiving', 'paused'].includes(String(state));
}
