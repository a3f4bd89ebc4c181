import { isTurboError } from '../domain/errors.ts';
import type { Finding } from '../domain/finding.ts';
import type { IsolationFinding } from '../ports/database-admin.ts';
import type { Needs } from '../ports/services.ts';
import type { ProjectRecord } from '../ports/state-store.ts';
import { loginProblem } from './login-problem.ts';
import { readManifest } from './manifest.ts';
import { readerLogins } from './reader-logins.ts';

type DoctorNeeds = Needs<'cluster' | 'databases' | 'state' | 'vault' | 'sql' | 'target' | 'workspace'>;

/** Looks at PostgreSQL, the metadata, isolation and every project, and says what mends each fault. Changes nothing. */
export async function diagnose(services: DoctorNeeds): Promise<readonly Finding[]> {
  const info = await services.cluster.inspect();
  if (!info) {
    const fix = services.cluster.kind === 'embedded' ? 'turbobackend db start' : 'Check DB_ADMIN_URL and the server.';
    return [{ name: 'postgresql', ok: false, detail: 'does not answer', fix }];
  }
  const version = `${Math.floor(info.version / 10_000)}.${info.version % 10_000}`;
  const findings: Finding[] = [
    { name: 'postgresql', ok: true, detail: `${version} (${info.kind}) on ${info.host}:${info.port}`, fix: null },
  ];
  const metadata = await checkMetadata(services);
  findings.push(metadata);
  if (!metadata.ok) return findings;
  findings.push(...(await checkIsolation(services)), ...(await checkOrphans(services)));
  for (const project of await services.state.listProjects()) {
    findings.push(...(await checkProject(project, services)));
  }
  return findings;
}

async function checkMetadata({ state }: DoctorNeeds): Promise<Finding> {
  try {
    const projects = await state.listProjects();
    return { name: 'metadata', ok: true, detail: `${projects.length} projects`, fix: null };
  } catch (error) {
    if (!isTurboError(error)) throw error;
    return { name: 'metadata', ok: false, detail: error.message, fix: error.hint ?? null };
  }
}

/** Findings about what is not ours on somebody else's server: its own databases, and its pg_hba.conf. */
const OF_THE_SERVER = new Set(['V2', 'V10']);

async function checkIsolation(services: DoctorNeeds): Promise<readonly Finding[]> {
  const { cluster, databases } = services;
  const found = await databases.checkIsolation(readerLogins(services));
  const theirs = cluster.kind === 'external' ? found.filter(({ check }) => OF_THE_SERVER.has(check)) : [];
  const blind = found.filter(({ unchecked }) => unchecked);
  const broken = found.filter((finding) => !theirs.includes(finding) && !blind.includes(finding));
  const notes = theirs.map(({ check, object }) => ({
    name: `isolation ${check}`,
    ok: true,
    detail: `${object}: open by the server's own configuration, which is its administrator's to decide`,
    fix: null,
  }));
  const limits = await databases.limits();
  notes.push(
    ...blind.map(({ check, object }) => ({ name: `isolation ${check}`, ok: true, detail: object, fix: null })),
    ...limits.map(({ check, reason, remedy }) => ({
      name: `isolation ${check}`,
      ok: true,
      detail: `${reason} ${remedy}`,
      fix: null,
    })),
  );
  return [...notes, ...isolationFindings(broken)];
}

function isolationFindings(broken: readonly IsolationFinding[]): readonly Finding[] {
  if (broken.length === 0) return [{ name: 'isolation', ok: true, detail: 'every check query is empty', fix: null }];
  return broken.map(({ check, object }) => ({
    name: `isolation ${check}`,
    ok: false,
    detail: object,
    fix: 'turbobackend provision, in the folder of the project',
  }));
}

/** A database of our name pattern that no row wishes for: listed, never dropped by itself. */
async function checkOrphans({ databases, state }: DoctorNeeds): Promise<readonly Finding[]> {
  const known = new Set((await state.listDatabases()).map((record) => record.databaseName));
  const orphans = (await databases.listDatabases()).filter((name) => !known.has(name));
  return orphans.map((name) => ({
    name: 'orphan',
    ok: false,
    detail: `${name} belongs to no project turbobackend knows`,
    fix: 'If nobody needs it, an administrator can drop it; turbobackend never does.',
  }));
}

async function checkProject(project: ProjectRecord, services: DoctorNeeds): Promise<readonly Finding[]> {
  const name = `project ${project.name}`;
  const fault = (detail: string, fix: string): Finding => ({ name, ok: false, detail, fix });
  const findings: Finding[] = [];
  if (project.status === 'creating') findings.push(fault('its create was cut', `turbobackend resume ${project.id}`));
  if (project.status === 'destroying') findings.push(fault('half taken away', `turbobackend destroy ${project.id}`));
  const manifest = await readManifest(project.directory, services).catch(() => null);
  if (manifest?.id !== project.id && project.status === 'ready') {
    findings.push(
      fault(
        `its folder ${project.directory} is gone, was moved, or its turbobackend.json is damaged`,
        'Bring the folder or the file back (git checkout turbobackend.json); a moved folder is found again by: turbobackend status, typed in it. ' +
          `Only if nobody needs its data: turbobackend destroy ${project.id}`,
      ),
    );
  }
  const record = await services.state.findDatabase(project.id, 'dev');
  const problem = record?.desired === 'present' ? await loginProblem(project.id, 'app', services) : null;
  if (problem !== null) {
    findings.push(fault(`its login does not work: ${problem}`, 'turbobackend provision, in its folder'));
  }
  const server = await services.target.inspect(project.id);
  if (server && !['running', 'stopped'].includes(server.status)) {
    findings.push(fault(`its server is ${server.status}`, `turbobackend start ${project.id}`));
  }
  return findings.length > 0 ? findings : [{ name, ok: true, detail: server?.status ?? 'not deployed', fix: null }];
}
