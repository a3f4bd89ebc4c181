import { type Environment, TRASH_SECONDS } from '../../domain/database.ts';
import { isTurboError, TurboError } from '../../domain/errors.ts';
import type { ProvisionStep, Wish } from '../../domain/provisioning.ts';
import type { DatabaseRecord, ProjectRecord } from '../../ports/state-records.ts';
import { readManifest } from '../manifest.ts';
import { type Drift, findDrift, reconcileDatabase } from '../reconcile-database.ts';
import { dropExpired } from '../sweep-trash.ts';
import { type Checked, type DoctorNeeds, fault, guarded, sideBySide, sound } from './checked.ts';
import { deprovisionCommand, inFolder, provisionCommand, withEnv } from './commands.ts';
import type { Configure } from './configure.ts';

/** An intent nobody has gone on with for so long was cut; before, somebody may be about to (RELIABILITY 3.3). */
const CUT_SECONDS = 10 * 60;

/** A project and its recorded databases. */
export interface Household {
  readonly project: ProjectRecord;
  readonly databases: readonly DatabaseRecord[];
}

/** Every recorded database against reality: what drifted, what was cut, what lies in the trash. */
export async function checkDatabases(
  households: readonly Household[],
  configure: Configure,
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  const expired = await services.state.listExpiredTrash();
  return sideBySide(households, async ({ project, databases }) => {
    const findings: Checked[] = [];
    // One after the other: they share the project's lock.
    for (const { env, databaseName } of databases) {
      const name = `database ${databaseName}`;
      findings.push(...(await guarded(name, () => look({ name, project, env, expired, configure, services }))));
    }
    return findings;
  });
}

interface Place {
  readonly name: string;
  readonly project: ProjectRecord;
  readonly env: Environment;
  /** What has been in the trash for its seven days, of all projects. */
  readonly expired: readonly DatabaseRecord[];
  readonly configure: Configure;
  readonly services: DoctorNeeds;
}

interface Case extends Place {
  readonly drift: Drift;
}

async function look(place: Place): Promise<readonly Checked[]> {
  try {
    const drift = await findDrift(place.project.id, place.env, place.services);
    return drift === null ? [] : judge({ ...place, drift });
  } catch (error) {
    if (!isTurboError(error, 'cluster.locked')) throw error;
    return [sound(place.name, `${error.message} Not looked at.`)];
  }
}

function judge(found: Case): readonly Checked[] {
  const { name, drift } = found;
  if (drift.observed.foreign !== null) {
    const fix = 'Rename or drop it as its owner, or use another cluster; turbobackend never touches it.';
    return [fault(name, `the cluster has ${drift.observed.foreign}, which is not ours`, fix)];
  }
  switch (drift.record.desired) {
    case 'present':
      return judgePresent(found);
    case 'trashed':
      return judgeTrashed(found);
    case 'absent':
      return judgeAbsent(found);
  }
}

function judgePresent(found: Case): readonly Checked[] {
  const { name, project, drift } = found;
  const { record, step } = drift;
  const command = provisionCommand(project, record.env);
  const restored = () => restore(found, 'present');
  if (record.status !== 'ready') {
    const why = record.lastError === null ? '' : `: ${record.lastError}`;
    return [
      unfinished(found, `its making was ${record.status === 'failed' ? 'refused' : 'cut'}${why}`, command, restored),
    ];
  }
  if (record.rotation !== null) {
    const rotate = `turbobackend secrets rotate ${project.id}${withEnv(record.env)}`;
    const place = record.rotation === 'roles' ? 'its roles' : 'its .env files';
    const what = `a change of its passwords was cut before ${place} had them`;
    // Servers in production cannot log in until somebody has brought them the new files.
    const repair = record.env === 'prod' ? undefined : () => finishRotation(found);
    const finding = unfinished(found, what, rotate, repair);
    // Before the roles have the new passwords, that they lack them is no other fault.
    if (record.rotation === 'roles' || step === null) return [finding];
    return [finding, fault(name, describeDrift(drift, step), command, restored)];
  }
  if (step === null) return [sound(name, `as it should be, ${record.env}`)];
  const before = record.lastError === null ? '' : `; the last try to mend it was refused: ${record.lastError}`;
  return [fault(name, `${describeDrift(drift, step)}${before}`, command, restored)];
}

function judgeTrashed(found: Case): readonly Checked[] {
  const { name, project, drift } = found;
  const { record, observed, step } = drift;
  const command = (flag: '--purge' | '--undo' | null) => deprovisionCommand(project.id, record.env, flag);
  const repair = () => restore(found, 'trashed');
  if (record.status !== 'trashed') return [unfinished(found, 'its way to the trash was cut', command(null), repair)];
  if (observed.trash === 'absent' && observed.database === 'absent') {
    return [fault(name, 'is not in the trash any more: somebody dropped it', command('--purge'), repair)];
  }
  if (step !== null) return [fault(name, 'is in the trash, but not closed to everybody', command(null), repair)];
  const until = new Date(((record.trashedAt ?? 0) + TRASH_SECONDS) * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const expired = found.expired.find((listed) => isSameWish(listed, record));
  if (!expired) return [sound(name, `in the trash as ${record.trashName} until ${until} UTC`, command('--undo'))];
  const over = `its days in the trash were over on ${until} UTC`;
  if (record.env === 'prod') {
    return [fault(name, `${over}; production goes only when its project's name is typed`, command('--purge'))];
  }
  return [fault(name, over, command('--purge'), () => drop(expired, found))];
}

const isSameWish = (one: DatabaseRecord, other: DatabaseRecord) =>
  one.projectId === other.projectId && one.env === other.env && one.generation === other.generation;

async function drop(expired: DatabaseRecord, { services }: Case): Promise<string> {
  const isGone = await dropExpired(expired, services);
  return isGone ? `Dropped ${expired.trashName} for good.` : OVERTAKEN;
}

const OVERTAKEN = 'Left as it is: somebody else has worked on it meanwhile.';

function judgeAbsent(found: Case): readonly Checked[] {
  const { project, drift } = found;
  const { record, observed } = drift;
  const why = record.lastError === null ? '' : `: ${record.lastError}`;
  const holdsRows = observed.database !== 'absent' || observed.trash !== 'absent';
  // Rows are taken away by whoever says so again, never by a repair.
  const repair = holdsRows ? undefined : () => restore(found, 'absent');
  const command = deprovisionCommand(project.id, record.env, '--purge');
  return [unfinished(found, `its removal was cut${why}`, command, repair)];
}

/** Begun, and nobody holds the lock: cut, unless that was just now. */
function unfinished(found: Case, what: string, fix: string, repair?: () => Promise<string>): Checked {
  const { name, drift, services } = found;
  const seconds = services.clock.now() - drift.record.updatedAt;
  if (seconds >= CUT_SECONDS) return fault(name, `${what}, ${Math.floor(seconds / 60)} minutes ago`, fix, repair);
  return sound(name, `${what}, just now; unless somebody goes on with it within ten minutes it is a fault`, fix);
}

function describeDrift({ observed }: Drift, step: ProvisionStep): string {
  switch (step) {
    case 'drop-invalid-database':
      return 'is half dropped (datconnlimit = -2): PostgreSQL lets nobody in any more, and its rows are lost';
    case 'restore-database':
    case 'drop-trash':
      return 'was brought back from the trash, but not all the way';
    case 'create-database':
      return 'is missing: somebody dropped it, and its rows are lost';
    case 'create-roles':
      if (observed.roles === 'absent') return 'its roles are missing';
      return observed.roles === 'complete'
        ? 'a password was changed behind our back'
        : 'roles are missing, or their attributes or memberships have drifted';
    case 'open-database':
      return 'its grants, settings or limits have drifted, or it is closed';
    case 'prepare-inside':
      return 'schemas or rights inside have drifted';
    case 'refuse-writes':
      return 'is larger than it may be, and still takes writes';
    case 'allow-writes':
      return 'has room again, and does not take writes yet';
    default:
      return `has drifted: ${step} is due`;
  }
}

/** Carries the recorded wish out, unless it became another one meanwhile. */
async function restore({ project, drift, services }: Case, wish: Wish): Promise<string> {
  const { env } = drift.record;
  const onlyIf = (record: DatabaseRecord) => record.desired === wish;
  const { met, steps } = await reconcileDatabase({ projectId: project.id, env, wish, onlyIf }, services);
  if (!met) return OVERTAKEN;
  if (steps.length === 0) return 'Brought its record up to date.';
  const done = `Did: ${steps.join(', ')}.`;
  if (!steps.includes('create-database')) return done;
  return `${done} It is empty; for its tables: ${inFolder(project, `turbobackend migrate up${withEnv(env)}`)}`;
}

/** Roles first, then the files and the server that reads them; `configure` does all of it. */
async function finishRotation({ project, env, configure, services }: Case): Promise<string> {
  const manifest = await readManifest(project.directory, services);
  if (manifest?.id !== project.id) {
    throw new TurboError('project.not_found', `its folder ${project.directory}, whose .env needs them, is not here`);
  }
  await configure({ directory: project.directory, project: manifest }, env);
  return 'The new passwords are everywhere.';
}
