import { randomBytes } from 'node:crypto';
import {
  asAdmin,
  type ProvisioningOptions,
  type ProvisioningServices,
  provisioningServices,
  type Server,
  wipe,
} from './provisioning.ts';

/** A server, the metadata in it, and the hands of its superuser. */
export interface Place {
  readonly server: Server;
  readonly metadata: ProvisioningOptions;
  readonly services: ProvisioningServices;
}

/**
 * Lends an administrator who is no superuser, with what an external service gives; it is removed afterwards, with the
 * databases it owns.
 */
export async function withAdministrator<T>(
  { server, metadata, services }: Place,
  powers: string,
  work: (hands: ReturnType<typeof provisioningServices>, user: string) => Promise<T>,
): Promise<T> {
  const user = `tb_lesser_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  // pg_hba.conf lets a role into the database that is named like it.
  await asAdmin(server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${user} LOGIN ${powers} PASSWORD '${password}'`);
    await query(`CREATE DATABASE ${user} OWNER ${user}`);
  });
  const hands = provisioningServices(server, {
    ...metadata,
    administrator: { user, password },
    maintenanceDatabase: user,
  });
  try {
    return await work(hands, user);
  } finally {
    await hands.state.close();
    await asAdmin(server, 'postgres', async (query) => {
      for (const { databaseName } of await services.state.listDatabases()) {
        const [row] = await query('SELECT pg_has_role($1, rolname, $2) AS has FROM pg_roles WHERE rolname = $3', [
          user,
          'member',
          `${databaseName}_own`,
        ]);
        if (row?.has === true) await wipe(query, databaseName);
      }
      await query(`DROP DATABASE ${user} WITH (FORCE)`);
      await query(`DROP ROLE ${user}`);
    });
  }
}
