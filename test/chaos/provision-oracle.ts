import { databaseNames, LOGIN_ROLES } from '../../src/domain/database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { readerLogins } from '../../src/operations/reader-logins.ts';
import { asAdmin, type ProvisioningServices, type Server, withSession } from '../support/provisioning.ts';

/** What must hold at every instant, also right after a kill: nothing of ours exists without a wish (INV2). */
export async function orphans(
  server: Server,
  services: ProvisioningServices,
  ids: readonly string[],
): Promise<string[]> {
  const wished = new Set((await services.state.listDatabases()).map((record) => record.projectId));
  const present = await asAdmin(server, 'postgres', (query) =>
    query(
      `SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^turbobackend_proj_'
       UNION SELECT datname FROM pg_database WHERE datname ~ '^turbobackend_proj_'`,
    ),
  );
  return present
    .map((row) => String(row.name))
    .filter((name) => ids.some((id) => name.includes(id) && !wished.has(id)))
    .map((name) => `orphan ${name}`);
}

/** What must hold once a command has run to its end: ready, three passwords that log in, nothing to find (INV3, INV4). */
export async function unhealthy(services: ProvisioningServices, ids: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const id of ids) {
    const record = await services.state.findDatabase(id, 'dev');
    if (record?.status !== 'ready') problems.push(`${id} is ${record?.status ?? 'forgotten'}`);
    for (const role of LOGIN_ROLES) {
      try {
        const login = await openLogin(id, 'dev', role, services);
        await withSession(login, (query) => query('SELECT 1'));
      } catch (error) {
        problems.push(`${role} of ${id} cannot log in: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
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
