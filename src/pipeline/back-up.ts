import { BACKUP_FILE, type Backup, backupPrefix } from '../domain/backup.ts';
import type { Environment } from '../domain/database.ts';
import { contentHash } from '../domain/file-manifest.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Archive } from '../ports/archive.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Needs } from '../ports/services.ts';
import { saveRows } from './save-rows.ts';
import { appliedVersions, type VersionNeeds, withOwner } from './version-place.ts';

export interface BackUpOrder {
  readonly env: Environment;
  readonly bucket?: string;
  /** Days after which the store takes backups of this project away by itself. */
  readonly days?: number;
}

/** What is left of a backup that was cut is taken away when it is so old that nobody is at work on it, in seconds. */
const FORSAKEN_AFTER = 3600;

/**
 * Puts all rows of a project's database into a bucket, as one moment saw them. It is a backup once its last object is
 * there: cut before, it is none, and what lies there of it is taken away by a later one. What the backend keeps for itself
 * (sessions, answers) is left out. Throws `remote.*`, `project.incomplete`.
 */
export async function backUp(
  folder: ProjectFolder,
  { env, bucket, days }: BackUpOrder,
  services: VersionNeeds & Needs<'remotes'>,
): Promise<Backup & { readonly bucket: string }> {
  const { project } = folder;
  const { remotes, state, clock, ids } = services;
  const store = await remotes.objects(bucket);
  const archive = await remotes.backups(store.bucket);
  const migrations = await appliedVersions(folder, env, services);
  const place = { projectId: project.id, remote: 's3' as const, place: store.bucket };
  await state.wishRemote({ ...place, details: {} });
  await store.ensureBucket();
  if (days !== undefined) await store.setLifecycle(backupPrefix(project.id), days);
  await sweep(project.id, { store, archive }, services);
  const id = `${String(clock.now()).padStart(12, '0')}-${env}-${ids.projectId().slice(0, 6)}`;
  const saved = await withOwner(folder, env, services, async (session) => {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      const target = { projectId: project.id, folder: id };
      return await saveRows({ place: target, maxBytes: Number.POSITIVE_INFINITY }, session, { archive, clock });
    } finally {
      await session.query('ROLLBACK').catch(() => {});
    }
  });
  if (saved === null) throw new Error('nothing is too large for a bucket');
  const { index, rows, bytes, at } = saved;
  const written = { version: 1, projectId: project.id, name: project.name, env, id, index, rows, bytes } as const;
  const backup: Backup = { ...written, savedAt: at, migrations: [...migrations] };
  const text = Buffer.from(`${JSON.stringify(backup)}\n`);
  const key = `${backupPrefix(project.id)}${id}/${BACKUP_FILE}`;
  await store.put(key, text, { sha256: contentHash(text), contentType: 'application/json' });
  await state.settleRemote({ ...place, details: { backup: id } });
  await state.recordActivity({
    projectId: project.id,
    action: 'backed up',
    details: { bucket: store.bucket, id, rows },
  });
  return { ...backup, bucket: store.bucket };
}

async function sweep(
  projectId: string,
  { store, archive }: { readonly store: ObjectStore; readonly archive: Archive },
  { clock }: Needs<'clock'>,
): Promise<void> {
  const objects = await store.list(backupPrefix(projectId));
  const folderOf = (key: string) => key.slice(backupPrefix(projectId).length).split('/')[0] ?? '';
  const whole = new Set(objects.flatMap(({ key }) => (key.endsWith(`/${BACKUP_FILE}`) ? [folderOf(key)] : [])));
  const left = objects.filter(({ key }) => !whole.has(folderOf(key)));
  for (const folder of new Set(left.map(({ key }) => folderOf(key)))) {
    const newest = Math.max(...left.filter(({ key }) => folderOf(key) === folder).map((one) => one.modifiedAt ?? 0));
    if (clock.now() - newest > FORSAKEN_AFTER) await archive.remove(projectId, folder);
  }
}
