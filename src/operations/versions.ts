import { TurboError } from '../domain/errors.ts';
import {
  ASIDE_PREFIX,
  findExpired,
  type Version,
  type VersionDetails,
  versionDetailsShape,
} from '../domain/version.ts';
import type { Needs } from '../ports/services.ts';

/** The versions of a project, oldest first. Throws `version.damaged` for a record that is none of ours. */
export async function listVersions(projectId: string, { state }: Needs<'state'>): Promise<readonly Version[]> {
  return (await state.listVersions(projectId)).map(({ details, ...record }) => {
    const parsed = versionDetailsShape.safeParse(details);
    if (parsed.success) return { ...record, ...parsed.data };
    throw new TurboError('version.damaged', `The record of version ${record.number} cannot be read.`, {
      hint: 'It may be of a newer turbobackend: use that one.',
      cause: parsed.error,
    });
  });
}

/** What is recorded of a version beside its number, kind and state. */
export function detailsOf(version: Version): VersionDetails {
  const { number: _number, kind: _kind, state: _state, createdAt: _createdAt, ...details } = version;
  return details;
}

/** Records what became of a version, and gives it back. */
export async function changeVersion(
  projectId: string,
  version: Version,
  change: Partial<Omit<Version, 'number' | 'kind' | 'createdAt'>>,
  { state }: Needs<'state'>,
): Promise<Version> {
  const next = { ...version, ...change };
  await state.updateVersion(projectId, { number: next.number, state: next.state, details: detailsOf(next) });
  return next;
}

/**
 * Takes away what nobody needs any more, and what was put aside and is beyond the limits, oldest first, and says so. The
 * record goes first.
 */
export async function sweepVersions(
  projectId: string,
  services: Needs<'state' | 'archive' | 'clock' | 'progress' | 'versionLimits'>,
): Promise<void> {
  await removeLeftRows(projectId, services);
  const versions = await listVersions(projectId, services);
  for (const { version, which, reason } of findExpired(versions, services.versionLimits, services.clock.now())) {
    // Both of one version may go.
    const current = (await listVersions(projectId, services)).find(({ number }) => number === version.number);
    const rows = current?.[which];
    if (!current || !rows) continue;
    await changeVersion(projectId, current, { [which]: null }, services);
    await services.archive.remove(projectId, rows.folder);
    const what = which === 'before' ? 'before' : 'that went with undoing';
    services.progress({
      kind: 'note',
      message: `The rows ${what} version ${version.number} are not kept any longer: ${reason}`,
    });
  }
}

/** Folders of a project in the archive that no version names: what a killed command left. */
export async function removeLeftRows(projectId: string, services: Needs<'state' | 'archive'>): Promise<void> {
  const versions = await listVersions(projectId, services);
  const named = new Set(versions.flatMap(({ before, undone }) => [before?.folder, undone?.folder]));
  for (const { projectId: id, folder } of await services.archive.list()) {
    if (id === projectId && !named.has(folder) && !folder.startsWith(ASIDE_PREFIX))
      await services.archive.remove(projectId, folder);
  }
}
