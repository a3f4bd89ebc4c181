import { setTimeout as sleep } from 'node:timers/promises';
import { databaseNames, LOGIN_ROLES, type Login } from '../../src/domain/database.ts';
import { passwordContext } from '../../src/domain/provisioning.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import type { DatabaseRecord } from '../../src/ports/state-records.ts';
import { asAdmin, type ProvisioningServices, type Server, withSession } from '../support/provisioning.ts';

const OURS = `
  SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^turbobackend_proj_'
  UNION SELECT datname FROM pg_database WHERE datname ~ '^turbobackend_(proj|trash)_'`;

/** What must hold at every instant, also right after a kill: nothing of ours exists without a wish (INV2). */
export async function orphans(
  server: Server,
  services: ProvisioningServices,
  ids: readonly string[],
): Promise<string[]> {
  const wished = new Set<string>();
  for (const id of ids) if (await services.state.findDatabase(id, 'dev')) wished.add(id);
  const present = await asAdmin(server, 'postgres', (query) => query(OURS));
  return present
    .map((row) => String(row.name))
    .filter((name) => ids.some((id) => name.includes(id) && !wished.has(id)))
    .map((name) => `orphan ${name}`);
}

/**
 * INV2 over the whole cluster: every role and database of ours belongs to a record, whoever made it, and every record to
 * a project; scenes without any project leave that last one out, unless the record's project was destroyed.
 */
export async function strangersOfOurs(server: Server, services: ProvisioningServices): Promise<string[]> {
  const present = await asAdmin(server, 'postgres', (query) => query(OURS));
  const known = new Set((await services.state.listDatabases()).map((record) => record.projectId));
  const unknown = present
    .map((row) => String(row.name))
    .filter((name) => !known.has(name.split('_')[2] ?? ''))
    .map((name) => `orphan ${name}`);
  return [...unknown, ...(await recordsWithoutProject(services))];
}

async function recordsWithoutProject({ state }: ProvisioningServices): Promise<string[]> {
  const hasProjects = (await state.listProjects()).length > 0;
  const problems: string[] = [];
  for (const { projectId, databaseName } of await state.listForsaken()) {
    if (hasProjects || (await state.wasDestroyed(projectId)))
      problems.push(`no project has the record of ${databaseName}`);
  }
  return problems;
}

/** What must hold once a command has run to its end: ready, and three passwords that log in (INV3). */
export async function unready(services: ProvisioningServices, id: string): Promise<string[]> {
  const problems: string[] = [];
  const record = await services.state.findDatabase(id, 'dev');
  if (record?.status !== 'ready') problems.push(`${id} is ${record?.status ?? 'forgotten'}`);
  if (record?.nextSecrets) problems.push(`${id} still has passwords to come`);
  for (const role of LOGIN_ROLES) {
    try {
      const login = await openLogin(id, 'dev', role, services);
      await withSession(login, (query) => query('SELECT 1'));
    } catch (error) {
      problems.push(`${role} of ${id} cannot log in: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}

/** The same for many, and nothing for the isolation checklist to find (INV4). */
export async function unhealthy(services: ProvisioningServices, ids: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const id of ids) problems.push(...(await unready(services, id)));
  const findings = await services.databases.checkIsolation(readerLogins(services));
  for (const { check, object } of findings) {
    if (ids.some((id) => object.includes(id))) problems.push(`${check} ${object}`);
  }
  return problems;
}

/** What must hold once a deprovision has run to its end: no trace. */
export async function traces(
  server: Server,
  services: ProvisioningServices,
  ids: readonly string[],
): Promise<string[]> {
  const problems: string[] = [];
  const rows = await asAdmin(server, 'postgres', (query) =>
    query('SELECT rolname AS name FROM pg_roles UNION SELECT datname FROM pg_database'),
  );
  for (const id of ids) {
    if (await services.state.findDatabase(id, 'dev')) problems.push(`${id} is still remembered`);
    for (const { name } of rows) if (String(name).includes(id)) problems.push(`left behind: ${name}`);
  }
  return problems;
}

/** What must hold of a database in the trash: whole, under the recorded name, and shut to all of its own logins. */
export async function unlikeTrash(server: Server, record: DatabaseRecord): Promise<string[]> {
  const { database } = databaseNames(record.projectId);
  return asAdmin(server, 'postgres', async (query) => {
    const problems: string[] = [];
    if (record.status !== 'trashed' || record.trashedAt === null) problems.push(`${database} is ${record.status}`);
    const [home] = await query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (home) problems.push(`${database} is still there`);
    const [away] = await query(
      'SELECT datallowconn AS open, datconnlimit AS "limit" FROM pg_database WHERE datname = $1',
      [record.trashName],
    );
    if (!away) problems.push(`${record.trashName} is lost`);
    if (away?.open === true || away?.limit === -2) problems.push(`${record.trashName} is open or half dropped`);
    const logins = await query('SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1) AND rolcanlogin', [
      database,
    ]);
    return [...problems, ...logins.map(({ rolname }) => `${rolname} may log in`)];
  });
}

/**
 * Cut in the middle of a change of passwords: whatever the moment, all three logins get in with the old ones or all
 * three with the new ones. Only for a database that was ready and was not taken away meanwhile. A statement outlives
 * the process that sent it, so the change may come about between two of the logins: then it is looked at once more.
 */
export async function lockedOut(services: ProvisioningServices, server: Server, id: string): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const reached = await slotsThatOpen(services, server, id);
    if (reached === null) return [];
    if (reached.length === LOGIN_ROLES.length && new Set(reached).size === 1) return [];
    if (attempt === 5) return [`${id}: of three logins ${reached.length} get in (${reached.join(', ')})`];
    await sleep(200);
  }
}

async function slotsThatOpen(services: ProvisioningServices, server: Server, id: string): Promise<string[] | null> {
  const record = await services.state.findDatabase(id, 'dev');
  if (record?.desired !== 'present') return null;
  const names = databaseNames(id);
  const reached: string[] = [];
  for (const [slot, secrets] of Object.entries({ old: record.secrets, new: record.nextSecrets })) {
    if (!secrets) continue;
    for (const role of LOGIN_ROLES) {
      const password = await services.vault.open(secrets[role], passwordContext(id, 'dev', role));
      const { host, port } = server;
      const login: Login = { host, port, database: names.database, user: names[role], password };
      const entered = await withSession(login, async () => true).catch(() => false);
      if (entered) reached.push(slot);
    }
  }
  return reached;
}

/** The same question for the naive order: is the database usable with what was kept, and shut to others? */
export async function naiveProblems(
  server: Server,
  metadataDatabase: string,
  ids: readonly string[],
): Promise<string[]> {
  const kept = await asAdmin(server, metadataDatabase, (query) => query('SELECT project_id, password FROM naive'));
  return asAdmin(server, 'postgres', async (query) => {
    const problems: string[] = [];
    for (const id of ids) {
      const { database, app } = databaseNames(id);
      const [role] = await query('SELECT 1 FROM pg_roles WHERE rolname = $1', [app]);
      const [base] = await query(
        `SELECT EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a WHERE a.grantee = 0) AS open
         FROM pg_database WHERE datname = $1`,
        [database],
      );
      const password = kept.find((row) => row.project_id === id)?.password;
      if ((role || base) && password === undefined) problems.push(`password of ${id} is lost`);
      if (base?.open === true) problems.push(`${id} is open to everybody`);
      if (!role || !base) problems.push(`${id} is half made`);
    }
    return problems;
  });
}
