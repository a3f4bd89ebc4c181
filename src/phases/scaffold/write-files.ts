import { fileHash, GENERATED_FOLDER, MANIFEST_FILE, type Project } from '../../domain/project.ts';
import type { Needs } from '../../ports/services.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { decideFate, type Fate } from './fate.ts';
import { toLineFeeds } from './merge-text.ts';

/** A project and the folder (absolute path) that it is written to. */
export interface ScaffoldPlace {
  readonly directory: string;
  readonly project: Project;
}

/** What became of the files, by their paths. */
export interface ScaffoldResult {
  /** The project with the manifest of the files that are ours now. */
  readonly project: Project;
  readonly written: readonly string[];
  /** Changed by a person and by us; both changes are in the file. */
  readonly merged: readonly string[];
  /** Both changed the same lines: somebody has to decide between the markers in the file. */
  readonly conflicts: readonly string[];
  /** Changed or replaced by a person in a way that cannot be merged, and therefore left alone. */
  readonly kept: readonly string[];
  /** Taken away by a person, and not brought back. */
  readonly gone: readonly string[];
  /** No longer needed, and as we wrote them: taken away. */
  readonly removed: readonly string[];
}

type WriteNeeds = Needs<'workspace' | 'progress' | 'programs'>;

const baseOf = (path: string): string => `${GENERATED_FOLDER}/${path}`;

/** Writes a folder that appears complete or not at all. Throws `project.exists`, `workspace.*`. */
export async function writeNew(
  { directory, project }: ScaffoldPlace,
  files: FileTree,
  { workspace }: Needs<'workspace'>,
): Promise<ScaffoldResult> {
  const hashes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, fileHash(text)]));
  const finished = { ...project, files: hashes };
  const kept = Object.entries(files).filter(([path]) => path !== IGNORE_FILE);
  const bases = Object.fromEntries(kept.map(([path, text]) => [baseOf(path), text]));
  await workspace.createFolder(directory, { ...files, ...bases, [MANIFEST_FILE]: manifestText(finished) });
  return { ...NOTHING, project: finished, written: [...Object.keys(files), MANIFEST_FILE] };
}

const NOTHING = { written: [], merged: [], conflicts: [], kept: [], gone: [], removed: [] } as const;

interface Plan {
  readonly fates: Readonly<Record<string, Fate>>;
  readonly orphans: readonly string[];
  readonly result: ScaffoldResult;
  readonly manifest: string;
}

/** Decides about every file without touching any. */
async function plan(
  { directory, project, restore = false }: ScaffoldPlace & { readonly restore?: boolean },
  files: FileTree,
  services: WriteNeeds,
): Promise<Plan> {
  const { workspace } = services;
  const ignored = await workspace.read(directory, IGNORE_FILE);
  const wanted: FileTree = { ...files, [IGNORE_FILE]: withLines(ignored ?? '', files[IGNORE_FILE] ?? '') };
  const decided = await Promise.all(
    Object.entries(wanted).map(async ([path, text]): Promise<readonly [string, Fate]> => {
      if (path === IGNORE_FILE) return [path, ignored === text ? { kind: 'same' } : { kind: 'write', text }];
      const known = project.files[path];
      const base = known === undefined ? null : await workspace.read(directory, baseOf(path)).catch(() => null);
      const fate = await decideFate({ directory, path, text, known, base: usableBase(base, known, text) }, services);
      return [path, fate.kind === 'gone' && restore ? { kind: 'write', text } : fate];
    }),
  );
  const fates = Object.fromEntries(decided);
  const { ours, theirs } = await findOrphans({ directory, project }, files, services);
  const of = (...kinds: readonly Fate['kind'][]) =>
    decided.filter(([, { kind }]) => kinds.includes(kind)).map(([path]) => path);
  const hashes = decided.flatMap(([path, { kind }]): [string, string][] => {
    const isAsBefore = kind === 'keep' || kind === 'undecided' || kind === 'gone';
    const hash = isAsBefore ? project.files[path] : fileHash(wanted[path] ?? '');
    return hash === undefined ? [] : [[path, hash]];
  });
  const sorted = Object.fromEntries(hashes.sort(([one], [other]) => (one < other ? -1 : 1)));
  const finished = { ...project, files: sorted };
  const manifest = manifestText(finished);
  const isNew = (await workspace.read(directory, MANIFEST_FILE)) !== manifest;
  const result = {
    project: finished,
    written: [...of('write'), ...(isNew ? [MANIFEST_FILE] : [])],
    merged: of('merge'),
    conflicts: of('conflict', 'undecided'),
    kept: [...of('keep'), ...theirs],
    gone: of('gone'),
    removed: ours,
  };
  return { fates, orphans: ours, result, manifest };
}

/** A base that somebody edited is none; one that is newer than the manifest was kept by a run that was cut. */
function usableBase(base: string | null, known: string | undefined, generated: string): string | null {
  if (base === null) return null;
  const text = toLineFeeds(base);
  return fileHash(text) === known || text === generated ? text : null;
}

/** What would be written into a folder that is there. */
export async function checkInto(place: ScaffoldPlace, files: FileTree, services: WriteNeeds): Promise<ScaffoldResult> {
  return (await plan(place, files, services)).result;
}

/**
 * Goes on with a folder that is there. Each file is replaced whole, then what was generated for it is kept, the manifest
 * last: cut off anywhere, the next run finds both sides changed alike and has nothing to merge.
 */
export async function writeInto(
  place: ScaffoldPlace & { readonly restore?: boolean },
  files: FileTree,
  services: WriteNeeds,
): Promise<ScaffoldResult> {
  const { directory } = place;
  const { workspace } = services;
  const { fates, orphans, result, manifest } = await plan(place, files, services);
  // Side by side: each write waits for the disk.
  await Promise.all(
    Object.entries(fates).map(async ([path, fate]) => {
      if (fate.kind === 'write' || fate.kind === 'merge' || fate.kind === 'conflict') {
        await workspace.rewrite(directory, path, fate.text);
      }
      if (!['keep', 'undecided', 'gone'].includes(fate.kind)) await keepBase(directory, path, files[path], services);
    }),
  );
  for (const path of orphans) {
    await workspace.remove(directory, path);
    await workspace.remove(directory, baseOf(path));
  }
  if (result.written.includes(MANIFEST_FILE)) await workspace.write(directory, MANIFEST_FILE, manifest);
  tell(result, services);
  return result;
}

async function keepBase(
  directory: string,
  path: string,
  text: string | undefined,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  if (text === undefined || path === IGNORE_FILE) return;
  if ((await workspace.read(directory, baseOf(path))) !== text) await workspace.write(directory, baseOf(path), text);
}

function tell({ kept, gone, conflicts }: ScaffoldResult, { progress }: Needs<'progress'>): void {
  const say = (what: string, paths: readonly string[]) =>
    paths.length > 0 && progress({ kind: 'note', message: `${what}: ${paths.join(', ')}` });
  say('Left alone, because you changed them', kept);
  say('Left out, because you took them away', gone);
  say('Decide between <<<<<<< and >>>>>>> in', conflicts);
}

/** Shared with the person and with whatever puts secrets into the folder: lines are added, none is taken away. */
const IGNORE_FILE = '.gitignore';

function withLines(text: string, lines: string): string {
  const present = new Set(text.split(/\r?\n/));
  const missing = lines.split('\n').filter((line) => line !== '' && !present.has(line));
  const base = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return missing.length === 0 ? text : `${base}${missing.join('\n')}\n`;
}

/** Files of tables that are gone: ours are as we wrote them. */
async function findOrphans(
  { directory, project }: ScaffoldPlace,
  files: FileTree,
  { workspace }: Needs<'workspace'>,
): Promise<{ readonly ours: readonly string[]; readonly theirs: readonly string[] }> {
  const [ours, theirs]: [string[], string[]] = [[], []];
  for (const [path, hash] of Object.entries(project.files)) {
    if (Object.hasOwn(files, path) || !/^(?:server|test)\//.test(path)) continue;
    const there = await workspace.read(directory, path);
    if (there === null) continue;
    (fileHash(toLineFeeds(there)) === hash ? ours : theirs).push(path);
  }
  return { ours, theirs };
}

function manifestText(project: Project): string {
  return `${JSON.stringify(project, null, 2)}\n`;
}
