import { fileHash } from '../domain/project.ts';
import type { RemoteMachines } from '../ports/remote-machine.ts';
import type { Needs } from '../ports/services.ts';
import type { FileTree } from '../ports/workspace.ts';

/** What tools make by themselves. templates/workspace/list-files.mjs leaves out the same. */
const MADE = /^(node_modules|\.git|\.nitro|\.data|\.turbobackend|\.output(\..*)?)$/;
/** Secrets, and logs. */
const KEPT_BACK = /^\.env(?!\.example$)|\.log$/;

const isSent = (path: string): boolean => {
  const parts = path.split('/');
  return parts.every((part, index) => (index < parts.length - 1 ? !MADE.test(part) : !KEPT_BACK.test(part)));
};

/** The files of a project that somebody wrote: nothing that is made from them, and no secrets. */
export async function filesToSend(directory: string, { workspace }: Needs<'workspace'>): Promise<FileTree> {
  const names = ((await workspace.list(directory)) ?? []).filter((name) => !MADE.test(name));
  const trees = await Promise.all(
    names.map(async (name): Promise<FileTree> => {
      if (!(await workspace.isFile(directory, name))) return workspace.readTree(directory, name);
      const text = await workspace.read(directory, name);
      return text === null ? {} : { [name]: text };
    }),
  );
  return Object.fromEntries(Object.entries(Object.assign({}, ...trees) as FileTree).filter(([path]) => isSent(path)));
}

/** sha256 by path. */
type FileSums = Readonly<Record<string, string>>;

/** The sums of files that are here. */
function sumsOf(files: FileTree): FileSums {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, fileHash(text)]));
}

/** The sums of a project's files that are there. */
async function sumsThere(machines: RemoteMachines, id: string, place: SandboxPlace): Promise<FileSums> {
  const { output } = await machines.run(id, 'node tools/list-files.mjs project', {
    cwd: place.root,
    isRepeatable: true,
  });
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'));
  const sums: unknown = line === undefined ? null : JSON.parse(line);
  if (typeof sums !== 'object' || sums === null) throw new Error(`the sandbox does not list its files: ${output}`);
  return Object.fromEntries(Object.entries(sums).map(([path, sum]) => [path, String(sum)]));
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
  files: FileTree,
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
  sent: FileTree,
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
