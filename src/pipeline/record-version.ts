import type { Environment } from '../domain/database.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { SavedRows, Version, VersionDetails } from '../domain/version.ts';
import { readManifest } from '../operations/manifest.ts';
import { changeVersion, detailsOf, listVersions, removeLeftRows, sweepVersions } from '../operations/versions.ts';
import { assertNoneBegun, readBegun } from './begun-change.ts';
import { type Resumed, resumeChange } from './carry-out.ts';
import { commitFirst, commitStep, findPersonal } from './commit-step.ts';
import { EXACT_TEXTS, saveRows } from './save-rows.ts';
import { addedSince, behaviourBefore } from './version-behaviour.ts';
import {
  appliedVersions,
  assertSettled,
  currentCatalogHash,
  folderVersions,
  isNothing,
  type VersionNeeds,
  withOwner,
  withVersionLock,
} from './version-place.ts';

/** A step that is about to change a project. */
export interface StepOrder {
  readonly env: Environment;
  readonly kind: 'evolve' | 'migrate';
  /** In a few words, for the history and the commit. */
  readonly title: string;
  /** It changes no table, so no rows are put aside. */
  readonly isCodeOnly?: true;
  /** One that was cut keeps the title it was begun with. */
  readonly isResumed?: true;
}

/**
 * Does a step and keeps it as a version: before, rows are put aside and what is about to happen is written down; after,
 * what it wrote is committed. A step that was cut goes on as the same version when it is done again. Throws
 * `version.unfinished`, what putting aside throws, and what `work` throws.
 */
export async function recordVersion<T extends object>(
  planned: ProjectFolder,
  order: StepOrder,
  services: VersionNeeds,
  work: () => Promise<T>,
): Promise<T> {
  return withVersionLock(planned, services, async () => {
    // Whoever had the lock may have changed it: what was read before is what they began with.
    const current = await readManifest(planned.directory, services);
    const folder = { ...planned, project: current ?? planned.project };
    const version = await beginVersion(folder, order, services);
    try {
      const result = await work();
      await finishVersion(folder, version, hasConflicts(result), services);
      return result;
    } catch (error) {
      await forgetIfNothing(folder, version, services).catch(() => {});
      throw error;
    }
  });
}

/**
 * Finishes a change that was cut, as the version it was begun as. Null when there is none; a step of which only the
 * record and the commit were missing is settled then.
 */
export async function resumeRecorded(folder: ProjectFolder, services: VersionNeeds): Promise<Resumed | null> {
  const change = await readBegun(folder.directory, services);
  if (change === null) {
    const versions = await listVersions(folder.project.id, services);
    const isCut = versions.some(({ state }) => state === 'begun');
    if (isCut) await withVersionLock(folder, services, () => settleCut(folder, services));
    return null;
  }
  const title = change.migrations.map(({ name }) => name.replaceAll('_', ' ')).join(', ');
  const step = { env: change.env, kind: 'evolve', title, isResumed: true } as const;
  const { resumed } = await recordVersion(folder, step, services, async () => {
    const done = await resumeChange(folder, services);
    return { resumed: done, conflicts: done?.kind === 'finished' ? done.evolved.conflicts : [] };
  });
  return resumed;
}

/** Somebody has to decide before the database is changed. */
function hasConflicts(result: object): boolean {
  return 'conflicts' in result && Array.isArray(result.conflicts) && result.conflicts.length > 0;
}

/** As long as the first line of a commit may be. */
const LONGEST_TITLE = 100;

async function beginVersion(folder: ProjectFolder, order: StepOrder, services: VersionNeeds): Promise<Version> {
  const { directory, project } = folder;
  const { env, kind } = order;
  if (!order.isResumed) await assertNoneBegun(folder, services);
  await settleCut(folder, services);
  const versions = await listVersions(project.id, services);
  assertSettled(versions);
  await removeLeftRows(project.id, services);
  const cut = versions.find(({ state }) => state === 'begun') ?? null;
  const line = ((order.isResumed && cut?.title) || order.title).replace(/\s+/g, ' ').trim();
  const title = line.length > LONGEST_TITLE ? `${line.slice(0, LONGEST_TITLE - 1)}…` : line;
  const applied = await appliedVersions(folder, env, services);
  const personal = await findPersonal(directory, cut?.personal ?? null, services);
  const hasMoved = cut !== null && cut.env === env && cut.appliedBefore.join() !== applied.join();
  if (hasMoved) return changeVersion(project.id, cut, { title, personal }, services);
  if (cut) await services.state.removeVersion(project.id, cut.number);
  const details: VersionDetails = {
    ...{ env, title, personal, appliedBefore: applied },
    known: cut?.known ?? (await folderVersions(folder, services)),
    ...{ schemaBefore: schemaBefore(folder, kind, versions), schemaBegun: project.schema },
    ...{ schemaAfter: null, migrations: [], added: [], catalog: null, before: null, undone: null, commits: [] },
    behaviour: behaviourBefore(project),
  };
  const number = await services.state.addVersion(project.id, { kind, state: 'begun', details });
  const version: Version = { number, kind, state: 'begun', createdAt: services.clock.now(), ...details };
  return order.isCodeOnly ? version : putAside(folder, version, services);
}

/** Migrations of one's own may come after their schema: then the last version tells what was before. */
function schemaBefore({ project }: ProjectFolder, kind: StepOrder['kind'], versions: readonly Version[]) {
  const last = versions.findLast(({ state }) => state === 'applied');
  return kind === 'migrate' && last ? last.schemaAfter : project.schema;
}

/** Puts all rows aside before a step; without, and with a word, when they are more than is kept. */
export async function putAside(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<Version> {
  const { id } = folder.project;
  const { megabytes } = services.versionLimits;
  const place = { projectId: id, folder: `${version.number}-before-${services.ids.projectId()}` };
  const before = await withOwner(folder, version.env, services, async (session): Promise<SavedRows | null> => {
    await session.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${EXACT_TEXTS}`);
    try {
      return await saveRows({ place, maxBytes: megabytes * 1_000_000 }, session, services);
    } catch (error) {
      await services.archive.remove(id, place.folder).catch(() => {});
      throw error;
    } finally {
      await session.query('ROLLBACK').catch(() => {});
    }
  });
  if (before === null) {
    const message = `The rows are not kept for undo: they are more than ${megabytes} MB (turbobackend config set versions.megabytes <number>)`;
    services.progress({ kind: 'warning', message });
  }
  return changeVersion(id, version, { before }, services);
}

/**
 * A step that was cut when everything was done but its record is finished, and one that had done nothing is forgotten. One
 * that goes on is left alone. For who holds the lock.
 */
export async function settleCut(folder: ProjectFolder, services: VersionNeeds): Promise<void> {
  const cut = (await listVersions(folder.project.id, services)).find(({ state }) => state === 'begun');
  if (!cut || (await readBegun(folder.directory, services)) !== null) return;
  const personal = await findPersonal(folder.directory, cut.personal, services);
  await finishVersion(folder, { ...cut, personal }, false, services);
}

async function finishVersion(
  folder: ProjectFolder,
  version: Version,
  isWaiting: boolean,
  services: VersionNeeds,
): Promise<void> {
  const { directory, project } = folder;
  const { env, title, kind } = version;
  const after = { directory, project: (await readManifest(directory, services)) ?? project };
  if (await forgetIfNothing(folder, version, services)) return;
  const applied = await appliedVersions(after, env, services);
  const migrations = applied.filter((one) => !version.appliedBefore.includes(one));
  const present = kind === 'evolve' ? await folderVersions(after, services) : [];
  const added = present.filter((one) => !version.known.includes(one));
  const catalog = await currentCatalogHash(after, env, services);
  const message = `${kind}: ${title}\n\nVersion ${version.number}.\n`;
  const { personal } = version;
  // What is between markers is nothing to keep: the person commits it when they have decided.
  const behaviour = version.behaviour && { ...version.behaviour, added: addedSince(version.behaviour, after.project) };
  const commit = isWaiting
    ? null
    : await commitStep(
        { before: folder, personal, migrations: [...migrations, ...added], endpoints: behaviour?.added ?? [], message },
        services,
      );
  for (const other of await listVersions(project.id, services)) {
    if (other.state === 'undone') await changeVersion(project.id, other, { state: 'replaced' }, services);
  }
  await changeVersion(
    project.id,
    version,
    {
      ...{ state: 'applied', migrations, added, catalog, schemaAfter: after.project.schema, behaviour },
      commits: [...version.commits, ...(commit === null ? [] : [commit])],
    },
    services,
  );
  await sweepVersions(project.id, services);
}

/** A step that has changed neither the database nor the schema was none; true when it is forgotten. */
async function forgetIfNothing(folder: ProjectFolder, version: Version, services: VersionNeeds): Promise<boolean> {
  if (!(await isNothing(folder, version, services))) return false;
  await services.state.removeVersion(folder.project.id, version.number);
  if (version.before) await services.archive.remove(folder.project.id, version.before.folder);
  return true;
}

/**
 * The first version of a project: what `create` made. Commits it, in a repository of its own unless the folder lies in
 * one already, or nobody wants that. Safe to repeat.
 */
export async function recordFirst(
  folder: ProjectFolder,
  { isCommitted }: { readonly isCommitted: boolean },
  services: Pick<VersionNeeds, 'state' | 'workspace' | 'repository' | 'progress'>,
): Promise<void> {
  const { directory, project } = folder;
  const known = await listVersions(project.id, services);
  const commit = isCommitted ? await commitFirst(directory, project.name, services) : null;
  const [first] = known;
  if (first) {
    if (commit !== null)
      await services.state.updateVersion(project.id, {
        ...first,
        details: { ...detailsOf(first), commits: [...first.commits, commit] },
      });
    return;
  }
  const details: VersionDetails = {
    ...{ env: 'dev', title: project.name, personal: null, appliedBefore: [], migrations: [], known: [], added: [] },
    ...{
      schemaBefore: null,
      schemaBegun: null,
      schemaAfter: project.schema,
      catalog: null,
      before: null,
      undone: null,
      behaviour: null,
    },
    commits: commit === null ? [] : [commit],
  };
  await services.state.addVersion(project.id, { kind: 'create', state: 'applied', details });
}
