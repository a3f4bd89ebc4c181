import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TurboError } from './errors.ts';
import { isProjectId } from './ids.ts';
import { objectPrefix } from './remote.ts';
import { isSecretFile } from './secret-files.ts';

/**
 * Files of a project in an object store: each content is an object named by its hash, so that what did not change is there
 * already, and a manifest, written last, says which of them were the project at one time.
 */

const entryShape = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() });

const manifestShape = z.strictObject({
  version: z.literal(1),
  projectId: z.custom<string>(isProjectId),
  name: z.string().min(1).max(200),
  /** Unix seconds. */
  savedAt: z.int().nonnegative(),
  files: z.record(z.string().refine(isPlainPath), entryShape),
});

export type FileManifest = Readonly<z.output<typeof manifestShape>>;

/** Where manifests of a project lie. */
export function manifestPrefix(projectId: string): string {
  return `${objectPrefix(projectId)}manifests/`;
}

/** Where contents of a project lie. */
export function contentPrefix(projectId: string): string {
  return `${objectPrefix(projectId)}objects/`;
}

/** sha256 (hex) of a content. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Key of a content. */
export function contentKey(projectId: string, sha256: string): string {
  return `${contentPrefix(projectId)}${sha256}`;
}

/** A manifest as it is stored, and its key: keys are in the order of time. */
export function writeFileManifest(manifest: FileManifest): { readonly key: string; readonly text: string } {
  const files = Object.fromEntries(Object.entries(manifest.files).sort(([one], [other]) => (one < other ? -1 : 1)));
  const text = `${JSON.stringify({ ...manifest, files })}\n`;
  const id = `${String(manifest.savedAt).padStart(12, '0')}-${filesHash(files).slice(0, 12)}`;
  return { key: `${manifestPrefix(manifest.projectId)}${id}.json`, text };
}

/** What people call a manifest: the end of its key. */
export function manifestId(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '');
}

/** Reads a manifest of this project. Throws `remote.unusable` for anything else, also for paths that lead elsewhere. */
export function readFileManifest(text: string, projectId: string): FileManifest {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, like every other text that is no manifest.
  }
  const read = manifestShape.safeParse(value);
  if (read.success && read.data.projectId === projectId) return read.data;
  throw new TurboError('remote.unusable', 'What lies in the bucket is no list of files of this project.', {
    hint: 'Somebody else has written it: choose another one (turbobackend files list).',
  });
}

/** Two lists of the same files, whenever they were saved. */
export function filesHash(files: FileManifest['files']): string {
  const lines = Object.entries(files).map(([path, { sha256, size }]) => `${sha256} ${size} ${path}`);
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

/** What can be made again, or belongs to this machine. Folders end with a slash. */
const NOT_SAVED =
  /^(node_modules|\.git|\.output|\.output\.[^/]*|\.nitro|coverage)\/$|(^|\/)(node_modules\/|\.DS_Store)$|\.log$/;

/** Whether a file, or a folder (with a slash at its end), is saved with its project. Nothing secret ever is. */
export function isSavedPath(path: string): boolean {
  if (path.startsWith('.turbobackend/') && path !== '.turbobackend/')
    return path.startsWith('.turbobackend/generated/');
  return !NOT_SAVED.test(path) && !isSecretFile(path);
}

/** A path inside a folder that is the same path on every system; others cannot be saved. */
export function isPlainPath(path: string): boolean {
  const parts = path.split('/');
  return parts.every(
    (part) => part !== '' && part !== '.' && part !== '..' && part !== '.git' && !/[\0\\:]/.test(part),
  );
}
