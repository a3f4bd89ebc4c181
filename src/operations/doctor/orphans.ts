import { parseDatabaseName } from '../../domain/database.ts';
import type { DatabaseRecord } from '../../ports/state-records.ts';
import { orphanName } from '../find-forsaken.ts';
import { type Checked, type DoctorNeeds, fault } from './checked.ts';
import { provisionCommand, withEnv } from './commands.ts';

/**
 * Databases and roles of our name that no record knows, as after the metadata were restored from an older backup, and
 * records that have outlived their project: listed with the command that drops them, never dropped here.
 */
export async function checkOrphans(services: DoctorNeeds): Promise<readonly Checked[]> {
  return [...(await checkForsaken(services)), ...(await checkUnrecorded(services))];
}

async function checkForsaken({ state }: DoctorNeeds): Promise<readonly Checked[]> {
  return (await state.listForsaken()).map((record) => {
    const name = orphanName(record);
    return fault('orphan', `database ${name}: its project ${record.projectId} is gone`, drop('its rows', name));
  });
}

async function checkUnrecorded(services: DoctorNeeds): Promise<readonly Checked[]> {
  const before = await listObjects(services);
  // An intent is recorded before anything is made: what was there before this list is in it, or nobody remembers it.
  const known = new Set((await services.state.listDatabases()).flatMap(namesOf));
  const databases = before.databases.filter((name) => !known.has(name));
  const roles = before.roles.filter((name) => !known.has(baseOf(name)));
  if (databases.length + roles.length === 0) return [];
  // What was just being taken away, record and all, is gone by now.
  const after = await listObjects(services);
  return describe(
    databases.filter((name) => after.databases.includes(name)),
    roles.filter((name) => after.roles.includes(name)),
    await wayBack(services),
  );
}

/** What gives a database its record back, with every row; '' for one in the trash, whose name nobody remembers. */
async function wayBack({ state, owner }: DoctorNeeds): Promise<(name: string) => string> {
  const projects = await state.listProjects();
  return (name) => {
    const found = parseDatabaseName(name);
    if (!found || found.inTrash) return '';
    const project = projects.find(({ id }) => id === found.projectId);
    if (!project)
      return `If the folder of project ${found.projectId} is anywhere, there: turbobackend provision${withEnv(found.env)} (keeps every row). `;
    const command = provisionCommand(project, found.env);
    return `${project.owner === owner ? '' : `${project.owner}, whose project it is, types: `}${command} (keeps every row). `;
  };
}

interface Objects {
  readonly databases: readonly string[];
  readonly roles: readonly string[];
}

async function listObjects({ databases }: DoctorNeeds): Promise<Objects> {
  return { databases: await databases.listDatabases(), roles: await databases.listRoles() };
}

const namesOf = ({ databaseName, trashName }: DatabaseRecord) =>
  trashName === null ? [databaseName] : [databaseName, trashName];

/** The name of the project's database that a role, or a database in the trash, belongs to. */
function baseOf(name: string): string {
  return name
    .replace('_trash_', '_proj_')
    .replace(/_\d{1,15}$/, '')
    .replace(/_(own|mig|app|ro)$/, '');
}

function describe(
  databases: readonly string[],
  roles: readonly string[],
  wayBackOf: (name: string) => string,
): readonly Checked[] {
  const bases = new Set(databases.map(baseOf));
  const left = [...new Set(roles.map(baseOf))].filter((base) => !bases.has(base));
  return [
    ...databases.map((name) =>
      fault('orphan', `database ${name}: no record has it`, `${wayBackOf(name)}${drop('its rows', name)}`),
    ),
    ...left.map((base) => {
      const own = roles.filter((name) => baseOf(name) === base);
      return fault('orphan', `roles without a database and a project: ${own.join(', ')}`, drop('them', base));
    }),
  ];
}

const drop = (what: string, name: string) => `Only if nobody needs ${what}: turbobackend deprovision --orphan ${name}`;
