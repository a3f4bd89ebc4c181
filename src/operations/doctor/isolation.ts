import { APP_SCHEMA } from '../../domain/database.ts';
import { isPlainIdentifier } from '../../domain/identifier.ts';
import type { IsolationFinding } from '../../ports/database-admin.ts';
import type { DatabaseRecord, ProjectRecord } from '../../ports/state-records.ts';
import { readerLogins } from '../reader-logins.ts';
import { type Checked, type DoctorNeeds, fault, sound } from './checked.ts';
import { asMigrator, provisionCommand } from './commands.ts';

/** Findings about what is not ours on somebody else's server: its own databases, and its pg_hba.conf. */
const OF_THE_SERVER = new Set(['V2', 'V10']);

/** The isolation checklist: each broken promise with what restores it, and what this cluster cannot promise. */
export async function checkIsolation(services: DoctorNeeds): Promise<readonly Checked[]> {
  const { databases, state } = services;
  const found = await databases.checkIsolation(readerLogins(services));
  const limits = await databases.limits();
  // Read after the look: what was made meanwhile is no stranger.
  const projects = new Map((await state.listProjects()).map((project) => [project.id, project]));
  const homes = (await state.listDatabases()).flatMap((record) => {
    const project = projects.get(record.projectId);
    return project ? [{ project, record }] : [];
  });
  const judged = found.map((finding) => judge(finding, homes, services));
  const clean = judged.every(({ ok }) => ok) ? [sound('isolation', 'no check found anything')] : [];
  return [
    ...clean,
    ...judged,
    ...limits.map(({ check, reason, remedy }) => sound(`isolation ${check}`, `${reason} ${remedy}`)),
  ];
}

function judge(finding: IsolationFinding, homes: readonly Home[], { cluster, owner }: DoctorNeeds): Checked {
  const { check, object } = finding;
  const name = `isolation ${check}`;
  if (finding.unchecked) return sound(name, object);
  if (cluster.kind === 'external' && OF_THE_SERVER.has(check)) {
    return sound(name, `${object}: open by the server's own configuration, which is its administrator's to decide`);
  }
  if (check === 'V2') {
    const sql = `REVOKE ALL ON DATABASE "${object.replaceAll('"', '""')}" FROM PUBLIC;`;
    return fault(name, `everybody may use database ${object}`, `As administrator of PostgreSQL: ${sql}`);
  }
  // A start writes pg_hba.conf anew.
  if (check === 'V10') return fault(name, `pg_hba.conf: ${object}`, 'turbobackend db stop && turbobackend db start');
  const home = homeOf(object, homes);
  if (!home) return fault(name, object, 'It belongs to no recorded project: see the orphans.');
  const { project, record } = home;
  if (record.desired !== 'present' || record.status !== 'ready') {
    return sound(name, `${object}: while it is being made or taken away`);
  }
  if (check === 'D3') return fault(name, object, ownershipFix(object, record.databaseName));
  const statement = statementFor(check, object);
  const fix = statement ? asMigrator(project.id, record.env, statement) : provisionCommand(project, record.env);
  return fault(name, object, project.owner === owner ? fix : `${project.owner}, whose project it is, types: ${fix}`);
}

interface Home {
  readonly project: ProjectRecord;
  readonly record: DatabaseRecord;
}

/** Whose object it is: what is said of it begins with the name of its database, or of a role. */
function homeOf(object: string, homes: readonly Home[]): Home | undefined {
  const base = /turbobackend_proj_[a-z0-9]{16}(?:_staging|_prod)?/.exec(object)?.[0];
  return homes.find(({ record }) => record.databaseName === base);
}

/** Only whoever has both roles may give a table away; no login of the project is, or may become, another owner. */
function ownershipFix(described: string, database: string): string {
  const table = /^(\S+) owned by/.exec(described.replace(/^[^:]*: /, ''))?.[1] ?? '';
  const name = isPlainIdentifier(table) ? table : '<table>';
  return `As administrator of PostgreSQL, connected to ${database}: ALTER TABLE ${APP_SCHEMA}.${name} OWNER TO ${database}_own;`;
}

/** What the project itself made is its owner's to change; null for what `provision` restores. */
function statementFor(check: string, described: string): string | null {
  const object = described.replace(/^[^:]*: /, '');
  const plain = (pattern: RegExp) => {
    const name = pattern.exec(object)?.[1] ?? '';
    // Others are left for the person to fill in: nothing out of a catalogue goes into a shell unseen.
    return isPlainIdentifier(name) || name === 'PUBLIC' ? name : '<name>';
  };
  switch (check) {
    case 'D4':
      return `REVOKE ${/ ([A-Z]+) to /.exec(object)?.[1] ?? 'ALL'} ON ${plain(/^(\S+) /)} FROM ${plain(/ to (\S+)$/)}`;
    case 'D5':
      return 'ALTER ROUTINE <name> SECURITY INVOKER; REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA app FROM PUBLIC';
    case 'D6':
      return `DROP TRIGGER ${plain(/^trigger (\S+)$/)} ON <its table>`;
    case 'D7':
      return `DROP EXTENSION ${plain(/^extension (\S+)$/)}`;
    case 'D8':
      return `REINDEX INDEX ${plain(/^invalid index (\S+)$/)}`;
    default:
      return null;
  }
}
