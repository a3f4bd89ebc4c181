import type { Login } from '../../src/domain/database.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { type ProvisioningServices, withSession } from '../support/provisioning.ts';

const HASH = `SELECT md5(string_agg(id || ':' || body, ',' ORDER BY id)) AS hash FROM app.things`;

/** Gives a project a table with rows, as its migrations would, and their hash. All rows, or none. */
export async function sowRows(projectId: string, services: ProvisioningServices): Promise<string> {
  const login = await openLogin(projectId, 'dev', 'mig', services);
  return withSession(login, async (query) => {
    await query(`BEGIN;
      CREATE TABLE app.things (id integer PRIMARY KEY, body text NOT NULL);
      INSERT INTO app.things SELECT n, md5(random()::text) FROM generate_series(1, 50) n;
      COMMIT`);
    return readHash(query);
  });
}

/** The hash of all rows as the reading login sees them; null when there is no table. */
export async function findRows(login: Login): Promise<string | null> {
  return withSession(login, async (query) => {
    const [table] = await query(`SELECT to_regclass('app.things') IS NOT NULL AS found`);
    return table?.found === true ? readHash(query) : null;
  });
}

async function readHash(
  query: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<string> {
  const [row] = await query(HASH);
  return String(row?.hash);
}
