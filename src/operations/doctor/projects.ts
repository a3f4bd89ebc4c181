import type { Environment } from '../../domain/database.ts';
import { environmentFiles, hasSecret, withLogin } from '../../domain/environment-file.ts';
import { isTurboError } from '../../domain/errors.ts';
import { MANIFEST_FILE, type Project } from '../../domain/project.ts';
import type { RunRecord } from '../../ports/runs.ts';
import type { DatabaseRecord, ProjectRecord } from '../../ports/state-records.ts';
import { readManifest } from '../manifest.ts';
import { openLogin } from '../open-login.ts';
import { start } from '../start.ts';
import { type Checked, type DoctorNeeds, fault, guarded, sideBySide, sound } from './checked.ts';
import { inFolder, provisionCommand } from './commands.ts';
import type { Configure } from './configure.ts';
import type { Household } from './databases.ts';

/** Each project: its run, its folder, its `.env` files, its server. */
export async function checkProjects(
  households: readonly Household[],
  configure: Configure,
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  if (households.length === 0) return [];
  const runs = await readRuns(households, services);
  return sideBySide(households, ({ project, databases }) => {
    const name = `project ${project.name}`;
    return guarded(name, async () => {
      const found = [
        ...checkRun(name, project, runs.get(project.id) ?? null),
        // Half made or half gone, its files and its server are nobody's fault but that.
        ...(project.status === 'ready' ? await checkReady({ name, project, databases, configure, services }) : []),
      ];
      return found.some(({ ok }) => !ok) ? found.filter(({ ok }) => !ok) : found;
    });
  });
}

async function readRuns(
  households: readonly Household[],
  { runs }: DoctorNeeds,
): Promise<ReadonlyMap<string, RunRecord>> {
  const known = new Map((await runs.list()).map((run) => [run.projectId, run]));
  for (const { project } of households.filter(
    ({ project: { id, status } }) => status === 'creating' && !known.has(id),
  )) {
    // One that has just begun has written nothing yet, but holds its lock.
    const begun = await runs.find(project.id);
    if (begun) known.set(project.id, begun);
  }
  return known;
}

function checkRun(name: string, project: ProjectRecord, run: RunRecord | null): readonly Checked[] {
  if (run?.holder) {
    const { pid, host } = run.holder;
    return [sound(name, `is being made right now by process ${pid}${host === undefined ? '' : ` on ${host}`}`)];
  }
  if (project.status === 'destroying') {
    return [fault(name, 'is half taken away, or somebody does it right now', `turbobackend destroy ${project.id}`)];
  }
  const fix = `turbobackend resume ${project.id}`;
  if (run && run.state !== 'done' && run.state !== 'running') {
    const failed = run.steps.find(({ error }) => error !== null);
    const where = failed ? ` at "${failed.name}": ${failed.error}` : '';
    return [fault(name, `its create ${ENDS[run.state]}${where}`, fix)];
  }
  return project.status === 'creating' ? [fault(name, 'its create was cut', fix)] : [];
}

const ENDS = { interrupted: 'was cut', failed: 'failed', cancelled: 'was cancelled' } as const;

interface Case {
  readonly name: string;
  readonly project: ProjectRecord;
  readonly databases: readonly DatabaseRecord[];
  readonly configure: Configure;
  readonly services: DoctorNeeds;
}

async function checkReady(found: Case): Promise<readonly Checked[]> {
  const { project, services } = found;
  const folder = await checkFolder(found);
  const files = folder.manifest ? await checkFiles(found, folder.manifest) : [];
  const server = await services.target.inspect(project.id);
  return [...folder.findings, ...files, checkServer(found, server?.status ?? null)];
}

async function checkFolder({
  name,
  project,
  services,
}: Case): Promise<{ readonly manifest: Project | null; readonly findings: readonly Checked[] }> {
  const { directory, id } = project;
  const wrong = (detail: string, fix: string) => ({ manifest: null, findings: [fault(name, detail, fix)] });
  const otherwise = `Only if nobody needs its data: turbobackend destroy ${id}`;
  try {
    const manifest = await readManifest(directory, services);
    if (manifest?.id === id) return { manifest, findings: [] };
    if (manifest)
      return wrong(`${directory} holds project ${manifest.id} by now`, `Bring its own folder back. ${otherwise}`);
  } catch (error) {
    if (!isTurboError(error, 'project.damaged')) throw error;
    return wrong(error.message, inFolder(project, `git checkout ${MANIFEST_FILE}`));
  }
  if ((await services.workspace.list(directory)) === null) {
    const moved = 'If it was moved, type there: turbobackend status.';
    return wrong(`its folder ${directory} is gone or was moved`, `${moved} ${otherwise}`);
  }
  return wrong(`${directory} has no ${MANIFEST_FILE} any more`, inFolder(project, `git checkout ${MANIFEST_FILE}`));
}

async function checkFiles(found: Case, manifest: Project): Promise<readonly Checked[]> {
  const { name, project, databases, configure, services } = found;
  const findings: Checked[] = [];
  // While passwords change, that is what there is to finish.
  for (const { env } of databases.filter(({ status, rotation }) => status === 'ready' && rotation === null)) {
    const problems = await fileProblems(project, env, manifest, services);
    if (problems.length === 0) continue;
    const write = async () => {
      await configure({ directory: project.directory, project: manifest }, env);
      const { server, migrations } = environmentFiles(env);
      return `Wrote ${server} and ${migrations} of ${project.name} anew; other lines in them are kept.`;
    };
    findings.push(fault(name, problems.join('; '), provisionCommand(project, env), write));
  }
  return findings;
}

/** What is wrong with the files of an environment, without a word of what is in them. */
async function fileProblems(
  { id, directory }: ProjectRecord,
  env: Environment,
  manifest: Project,
  services: DoctorNeeds,
): Promise<readonly string[]> {
  const files = environmentFiles(env);
  const problems: string[] = [];
  for (const [file, role] of [
    [files.server, 'app'],
    [files.migrations, 'mig'],
  ] as const) {
    const content = await services.workspace.read(directory, file);
    if (content === null) problems.push(`${file} is missing`);
    else if (withLogin(content, await openLogin(id, env, role, services)) !== content) {
      problems.push(`${file} does not hold the login that works now`);
    } else if (role === 'app' && manifest.schema?.accounts && !hasSecret(content)) {
      problems.push(`${file} holds no APP_SECRET`);
    }
    if (await services.workspace.isExposed(directory, file)) problems.push(`others can read ${file}`);
  }
  return problems;
}

function checkServer({ name, project, services }: Case, status: string | null): Checked {
  if (status === null) return sound(name, 'not deployed');
  if (status === 'running' || status === 'stopped') return sound(name, `server ${status}`);
  return fault(name, `its server is ${status}`, `turbobackend start ${project.id}`, async () => {
    const { deployment } = await start(project, services);
    return `Started the server of ${project.name}: ${deployment.url}`;
  });
}
