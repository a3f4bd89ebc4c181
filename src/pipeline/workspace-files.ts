import { TurboError } from '../domain/errors.ts';
import { contentHash, isPlainPath, isSavedPath } from '../domain/file-manifest.ts';
import { assertNoSecrets } from '../operations/assert-no-secrets.ts';
import type { RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/** Far more than a project has. */
const MAX_BYTES = 64 * 1024 * 1024;

type Files = Readonly<Record<string, Uint8Array>>;

/** As templates/workspace/list-files.mjs has it. What only turbobackend needs stays here. */
const isSent = (path: string): boolean => isSavedPath(path) && !path.startsWith('.turbobackend/');

/**
 * The files of a project that somebody wrote: nothing that is made from them, and no secrets. Throws `secret.exposed`
 * when one stands in a file, `limit.reached` when it is far too much.
 */
export async function filesToSend(directory: string, services: Needs<'workspace'>): Promise<Files> {
  const found = await services.workspace.readFiles(directory, { isWanted: isSent, maxBytes: MAX_BYTES });
  const files = Object.fromEntries(Object.entries(found).filter(([path]) => isPlainPath(path)));
  await assertNoSecrets(directory, files, services);
  return files;
}

/** sha256 by path. */
export type FileSums = Readonly<Record<string, string>>;

/** The sums of files that are here. */
export function sumsOf(files: Files): FileSums {
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, contentHash(bytes)]));
}

/** The sums of a project's files that are there. */
async function sumsThere(machines: RemoteMachines, id: string, place: SandboxPlace): Promise<FileSums> {
  const { output } = await machines.run(id, 'node tools/list-files.mjs project', {
    cwd: place.root,
    isRepeatable: true,
  });
  const sums = readSums(output);
  if (sums === null) {
    throw new TurboError('remote.failed', `The sandbox cannot list its files: ${output.trim().slice(-300)}`, {
      hint: 'Its image needs Node 20 or newer.',
    });
  }
  return sums;
}

/** Node may print warnings around it. */
function readSums(output: string): FileSums | null {
  try {
    const line = output.split('\n').find((candidate) => candidate.startsWith('{')) ?? '';
    const sums: unknown = JSON.parse(line);
    if (typeof sums !== 'object' || sums === null) return null;
    return Object.fromEntries(Object.entries(sums).map(([path, sum]) => [path, String(sum)]));
  } catch {
    return null;
  }
}

/** Where things lie in a sandbox: absolute folders. */
export interface SandboxPlace {
  readonly root: string;
  readonly project: string;
  readonly tools: string;
}

/** The folders of a project in a sandbox whose commands start in this one. */
export function sandboxPlace(workDirectory: string): SandboxPlace {
  const root = `${workDirectory}/turbobackend`;
  return { root, project: `${root}/project`, tools: `${root}/tools` };
}

/** Makes the project there what it is here: what differs is sent, and what is not here is removed. */
export async function sendFiles(
  machines: RemoteMachines,
  id: string,
  place: SandboxPlace,
  files: Files,
): Promise<{ readonly sent: number; readonly removed: number }> {
  await machines.run(id, `mkdir -p ${quoted(place.project)} ${quoted(place.tools)}`, { isRepeatable: true });
  const [here, there] = [sumsOf(files), await sumsThere(machines, id, place)];
  const changed = Object.fromEntries(Object.entries(files).filter(([path]) => here[path] !== there[path]));
  const gone = Object.keys(there).filter((path) => !Object.hasOwn(here, path));
  if (Object.keys(changed).length > 0) await machines.upload(id, place.project, changed);
  for (let from = 0; from < gone.length; from += 100) {
    const names = gone.slice(from, from + 100).map((path) => quoted(`./${path}`));
    await machines.run(id, `rm -f -- ${names.join(' ')}`, { cwd: place.project, isRepeatable: true });
  }
  return { sent: Object.keys(changed).length, removed: gone.length };
}

/** Names that a file may have on any machine. */
const ORDINARY = /^(?!\.{1,2}$)[\w .()[\]@+=,~$-]+$/;
const MOST_KEPT = 200;

/** What was changed or made there since it was sent, but for what no file here could be called. */
export async function filesChanged(
  machines: RemoteMachines,
  id: string,
  place: SandboxPlace,
  sent: Files,
): Promise<FileTree> {
  const [here, there] = [sumsOf(sent), await sumsThere(machines, id, place)];
  const paths = Object.keys(there)
    .filter((path) => here[path] !== there[path] && path.split('/').every((part) => ORDINARY.test(part)))
    .slice(0, MOST_KEPT);
  if (paths.length === 0) return {};
  const files = await machines.download(
    id,
    paths.map((path) => `${place.project}/${path}`),
  );
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path.slice(place.project.length + 1), text]));
}

/** One word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
