import { TurboError } from '../domain/errors.ts';
import {
  contentHash,
  contentKey,
  type FileManifest,
  manifestId,
  manifestPrefix,
  readFileManifest,
} from '../domain/file-manifest.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Needs } from '../ports/services.ts';
import { sideBySide } from './side-by-side.ts';

const AT_ONCE = 6;

/** The files of a project as they were saved at one time. */
export interface SavedFiles {
  readonly id: string;
  /** Unix seconds. */
  readonly savedAt: number;
  readonly files: number;
  readonly bytes: number;
}

/** What was saved of a project, newest first. Throws `remote.*`. */
export async function listFiles(
  projectId: string,
  bucket: string | undefined,
  { remotes }: Needs<'remotes'>,
): Promise<readonly SavedFiles[]> {
  const store = await remotes.objects(bucket);
  const keys = (await store.list(manifestPrefix(projectId))).map(({ key }) => key).sort();
  const lists = await sideBySide(keys.reverse(), AT_ONCE, async (key) => ({
    key,
    list: await readList(key, projectId, store),
  }));
  return lists.map(({ key, list }) => describe(manifestId(key), list));
}

/**
 * Writes the files of a project as they were saved into a folder that is not there yet or empty: all of them, each held
 * against its hash, or none. Without `id`, the newest. Throws `project.exists`, `remote.*`.
 */
export async function pullFiles(
  order: { readonly projectId: string; readonly id?: string; readonly into: string },
  bucket: string | undefined,
  { remotes, workspace }: Needs<'remotes' | 'workspace'>,
): Promise<SavedFiles & { readonly directory: string; readonly name: string }> {
  const { projectId, into } = order;
  const store = await remotes.objects(bucket);
  const key = await findList(projectId, order.id, store);
  const list = await readList(key, projectId, store);
  const entries = await sideBySide(Object.entries(list.files), AT_ONCE, async ([path, file]) => {
    const bytes = await store.get(contentKey(projectId, file.sha256));
    if (bytes && contentHash(bytes) === file.sha256) return [path, bytes] as const;
    throw new TurboError(
      'remote.unusable',
      `${path} is ${bytes ? 'not what was saved' : 'missing'} in bucket ${store.bucket}.`,
      {
        hint: 'turbobackend files list shows what else was saved.',
        details: { remote: 's3' },
      },
    );
  });
  await workspace.createFolder(into, Object.fromEntries(entries));
  return { ...describe(manifestId(key), list), directory: into, name: list.name };
}

async function findList(projectId: string, id: string | undefined, store: ObjectStore): Promise<string> {
  const keys = (await store.list(manifestPrefix(projectId))).map(({ key }) => key).sort();
  const key = id === undefined ? keys.at(-1) : keys.find((candidate) => manifestId(candidate) === id);
  if (key !== undefined) return key;
  const what = id === undefined ? 'Nothing' : `Nothing called ${JSON.stringify(id)}`;
  throw new TurboError('project.not_found', `${what} was saved of project ${projectId} in bucket ${store.bucket}.`, {
    hint: id === undefined ? 'turbobackend files push' : 'turbobackend files list',
  });
}

async function readList(key: string, projectId: string, store: ObjectStore): Promise<FileManifest> {
  const bytes = await store.get(key);
  return readFileManifest(bytes === null ? '' : Buffer.from(bytes).toString(), projectId);
}

function describe(id: string, { savedAt, files }: FileManifest): SavedFiles {
  const sizes = Object.values(files).map(({ size }) => size);
  return { id, savedAt, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
