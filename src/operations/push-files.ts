import { isTurboError } from '../domain/errors.ts';
import {
  contentHash,
  contentKey,
  contentPrefix,
  type FileManifest,
  filesHash,
  isPlainPath,
  isSavedPath,
  manifestId,
  manifestPrefix,
  readFileManifest,
  writeFileManifest,
} from '../domain/file-manifest.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Needs } from '../ports/services.ts';
import { assertNoSecrets } from './assert-no-secrets.ts';
import { sideBySide } from './side-by-side.ts';

/** What is in the bucket after a push. */
export interface PushedFiles {
  readonly bucket: string;
  /** What `files pull` takes. */
  readonly id: string;
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Contents that were not there yet. */
  readonly uploaded: number;
  /** Files whose names are not the same on every system: these are not saved. */
  readonly leftOut: readonly string[];
  /** False when the newest list in the bucket has the very same files. */
  readonly isNew: boolean;
}

/** Far more than a project has; what is more does not belong to it. */
const MAX_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 6;
/** Older lists go, with the contents that only they had. */
const KEPT_LISTS = 20;

/**
 * Saves the files of a project in a bucket, without what can be made again and without anything secret. Contents go first
 * and the list of them last: cut at any point, what was saved before is as it was, and the next push goes on. Throws
 * `secret.exposed`, `limit.reached` and `remote.*`.
 */
export async function pushFiles(
  { project, directory }: ProjectFolder,
  bucket: string | undefined,
  services: Needs<'remotes' | 'state' | 'workspace' | 'clock'>,
): Promise<PushedFiles> {
  const { remotes, state, workspace, clock } = services;
  const found = await workspace.readFiles(directory, { isWanted: isSavedPath, maxBytes: MAX_BYTES });
  const contents = Object.fromEntries(Object.entries(found).filter(([path]) => isPlainPath(path)));
  const leftOut = Object.keys(found).filter((path) => !isPlainPath(path));
  await assertNoSecrets(directory, contents, services);
  const store = await remotes.objects(bucket);
  const place = { projectId: project.id, remote: 's3' as const, place: store.bucket };
  await state.wishRemote({ ...place, details: {} });
  await store.ensureBucket();
  const byHash = new Map(Object.values(contents).map((bytes) => [contentHash(bytes), bytes]));
  const uploaded = await upload(project.id, byHash, store);
  const files = Object.fromEntries(
    Object.entries(contents).map(([path, bytes]) => [path, { sha256: contentHash(bytes), size: bytes.length }]),
  );
  const list: FileManifest = { version: 1, projectId: project.id, name: project.name, savedAt: clock.now(), files };
  const kept = await keepList(list, store);
  await state.settleRemote({ ...place, details: { files: kept.id } });
  const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0);
  return { bucket: store.bucket, files: Object.keys(files).length, bytes, uploaded, leftOut, ...kept };
}

/** How many contents were not there yet. One of another size was never whole. */
async function upload(projectId: string, byHash: ReadonlyMap<string, Uint8Array>, store: ObjectStore): Promise<number> {
  const there = new Map((await store.list(contentPrefix(projectId))).map(({ key, size }) => [key, size]));
  const missing = [...byHash].filter(([hash, bytes]) => there.get(contentKey(projectId, hash)) !== bytes.length);
  await sideBySide(missing, AT_ONCE, ([hash, bytes]) =>
    store.put(contentKey(projectId, hash), bytes, { sha256: hash }),
  );
  return missing.length;
}

async function keepList(
  list: FileManifest,
  store: ObjectStore,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { projectId } = list;
  const keys = (await store.list(manifestPrefix(projectId))).map(({ key }) => key).sort();
  const newest = keys.at(-1);
  const before = newest === undefined ? null : await readList(newest, projectId, store);
  if (newest !== undefined && before && filesHash(before.files) === filesHash(list.files)) {
    return { id: manifestId(newest), isNew: false };
  }
  const { key, text } = writeFileManifest(list);
  const bytes = Buffer.from(text);
  await store.put(key, bytes, { sha256: contentHash(bytes), contentType: 'application/json' });
  await forgetOld([...keys, key], projectId, store);
  return { id: manifestId(key), isNew: true };
}

/** Null for one that is gone, or that somebody else has written over. */
async function readList(key: string, projectId: string, store: ObjectStore): Promise<FileManifest | null> {
  try {
    const bytes = await store.get(key);
    return bytes === null ? null : readFileManifest(Buffer.from(bytes).toString(), projectId);
  } catch (error) {
    if (isTurboError(error, 'remote.unusable')) return null;
    throw error;
  }
}

/** Lists go before their contents, so that none ever names what is not there. */
async function forgetOld(keys: readonly string[], projectId: string, store: ObjectStore): Promise<void> {
  const old = keys.slice(0, -KEPT_LISTS);
  if (old.length === 0) return;
  const lists = await sideBySide(keys.slice(-KEPT_LISTS), AT_ONCE, (key) => readList(key, projectId, store));
  // What an unreadable one needs is not known: then everything stays.
  if (lists.includes(null)) return;
  const used = new Set(lists.flatMap((list) => Object.values(list?.files ?? {}).map((file) => file.sha256)));
  await store.delete(old);
  const contents = await store.list(contentPrefix(projectId));
  await store.delete(contents.map(({ key }) => key).filter((key) => !used.has(key.slice(key.lastIndexOf('/') + 1))));
}
