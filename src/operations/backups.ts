import { BACKUP_FILE, type Backup, backupPrefix, readBackup } from '../domain/backup.ts';
import type { Environment } from '../domain/database.ts';
import { TurboError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Needs } from '../ports/services.ts';
import { sideBySide } from './side-by-side.ts';

const AT_ONCE = 6;

/** The backups of a project in a bucket, newest first. Throws `remote.*`. */
export async function listBackups(
  projectId: string,
  bucket: string | undefined,
  { remotes }: Needs<'remotes'>,
): Promise<readonly Backup[]> {
  const store = await remotes.objects(bucket);
  const keys = (await store.list(backupPrefix(projectId))).map(({ key }) => key);
  const named = keys.filter((key) => key.endsWith(`/${BACKUP_FILE}`)).reverse();
  return sideBySide(named, AT_ONCE, (key) => readOne(key, projectId, store));
}

async function readOne(key: string, projectId: string, store: ObjectStore): Promise<Backup> {
  const bytes = await store.get(key);
  return readBackup(bytes === null ? '' : Buffer.from(bytes).toString(), projectId);
}

/** The backup that is meant: by its id, or the newest of an environment. Throws `project.not_found`. */
export async function findBackup(
  projectId: string,
  wanted: { readonly id?: string; readonly env: Environment },
  bucket: string | undefined,
  services: Needs<'remotes'>,
): Promise<Backup> {
  const backups = await listBackups(projectId, bucket, services);
  const found = backups.find(({ id, env }) => (wanted.id === undefined ? env === wanted.env : id === wanted.id));
  if (found) return found;
  const what = wanted.id === undefined ? `no backup of ${wanted.env}` : `no backup ${JSON.stringify(wanted.id)}`;
  throw new TurboError('project.not_found', `There is ${what} of project ${projectId}.`, {
    hint: 'turbobackend backup list',
  });
}
