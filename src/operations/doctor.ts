import type { Finding } from '../domain/finding.ts';
import { type Checked, type DoctorNeeds, guarded, refusal, sound } from './doctor/checked.ts';
import type { Configure } from './doctor/configure.ts';
import { checkDatabases, type Household } from './doctor/databases.ts';
import { checkIsolation } from './doctor/isolation.ts';
import { checkLeaks, checkMachine, type Machine } from './doctor/machine.ts';
import { checkMetadata } from './doctor/metadata.ts';
import { checkOrphans } from './doctor/orphans.ts';
import { checkPostgresql } from './doctor/postgresql.ts';
import { checkProjects } from './doctor/projects.ts';
import { checkElsewhere, type RemoteNeeds } from './doctor/remotes.ts';
import { checkScratches } from './doctor/scratches.ts';
import { checkKeys, checkStoredSecrets } from './doctor/secrets.ts';
import { checkStorage } from './doctor/storage.ts';
import { checkTemplates } from './doctor/templates.ts';
import { checkVersions } from './doctor/versions.ts';

export interface DoctorHands {
  readonly machine: Machine;
  readonly configure: Configure;
}

/**
 * Looks at this machine, PostgreSQL, the metadata, and every database and project of the acting owner, and says what
 * mends each fault. Changes nothing. Of what is refused it tells; it throws only for bugs.
 */
export async function diagnose(hands: DoctorHands, services: DoctorNeeds): Promise<readonly Finding[]> {
  return (await examine(hands, services)).map(asFinding);
}

/** `doctor --remote`: the same for tokens, scopes and what killed runs left elsewhere. Makes nothing, here or there. */
export async function diagnoseElsewhere(services: RemoteNeeds): Promise<readonly Finding[]> {
  return (await checkElsewhere(services)).map(asFinding);
}

/**
 * Looks, mends what can be mended, and looks again, until a look finds nothing new to mend. No rows are lost by it but
 * those that were in the trash of dev and staging for seven days. The findings are those of the last look, and before
 * them what was mended.
 */
export async function mend(hands: DoctorHands, services: DoctorNeeds): Promise<readonly Finding[]> {
  const tried = new Map<string, Finding>();
  for (;;) {
    const found = await examine(hands, services);
    // What could not be looked at before shows only when what was in the way is mended.
    const fresh = found.filter((checked) => checked.repair && !tried.has(keyOf(checked)));
    if (fresh.length === 0 || tried.size > MAX_REPAIRS) return report(found, tried);
    for (const checked of fresh) tried.set(keyOf(checked), await attempt(checked));
  }
}

/** A fault that changes its words at every look would be mended for ever. */
const MAX_REPAIRS = 10_000;

const keyOf = ({ name, detail }: Finding) => `${name}\n${detail}`;

const asFinding = ({ repair: _repair, ...finding }: Checked): Finding => finding;

async function attempt(checked: Checked): Promise<Finding> {
  const { name, detail } = checked;
  try {
    const mended = await checked.repair?.();
    return { name, ok: true, detail, fix: null, ...(mended === undefined ? {} : { mended }) };
  } catch (error) {
    const { message, hint } = refusal(error);
    return { name, ok: false, detail: `${detail}; mending it was refused: ${message}`, fix: hint ?? checked.fix };
  }
}

function report(found: readonly Checked[], tried: ReadonlyMap<string, Finding>): readonly Finding[] {
  const wrong = new Set(found.filter(({ ok }) => !ok).map(keyOf));
  const mended = [...tried].filter(([key, { ok }]) => ok && !wrong.has(key)).map(([, finding]) => finding);
  const left = found.map((checked) => {
    const before = tried.get(keyOf(checked));
    return before && !before.ok ? before : asFinding(checked);
  });
  return [...mended, ...left];
}

async function examine({ machine, configure }: DoctorHands, services: DoctorNeeds): Promise<readonly Checked[]> {
  const onMachine = [...(await checkMachine(machine)), ...(await checkTemplates(services))];
  const postgresql = await checkPostgresql(services);
  const below = [...onMachine, ...postgresql.findings];
  if (!postgresql.answers) return below;
  const metadata = await checkMetadata(services);
  below.push(...metadata.findings, ...(await checkLeaks(services)));
  if (!metadata.readable) return below;
  return [...below, ...(await examineProjects(configure, services))];
}

async function examineProjects(configure: Configure, given: DoctorNeeds): Promise<readonly Checked[]> {
  // Nobody who looks closes a key that is open: it is a finding first.
  const services = { ...given, vault: given.vault.asFound() };
  const { state, owner } = services;
  const [projects, records] = [await state.listProjects(), await state.listDatabases()];
  const households: readonly Household[] = projects.map((project) => ({
    project,
    databases: records.filter(({ projectId }) => projectId === project.id),
  }));
  const own = households.filter(({ project }) => project.owner === owner);
  const ownRecords = own.flatMap(({ databases }) => databases);
  const others = households.filter((household) => !own.includes(household));
  return [
    ...(await checkDatabases(own, configure, services)),
    ...(await guarded('secrets', () => checkKeys(given))),
    ...(await guarded('secrets', () => checkStoredSecrets(ownRecords, services))),
    ...(await guarded('storage', () => checkStorage(ownRecords, services))),
    ...(await guarded('isolation', () => checkIsolation(services))),
    ...(await guarded('orphans', () => checkOrphans(services))),
    ...(await guarded('scratch', () => checkScratches(projects, services))),
    ...(await guarded('versions', () => checkVersions(projects, services))),
    ...(await guarded('projects', () => checkProjects(own, configure, services))),
    ...others.map(({ project }) =>
      sound(`project ${project.name}`, `belongs to ${project.owner}, whose doctor looks at it`),
    ),
  ];
}
