import type { Login } from '../../../domain/database.ts';
import type { ClusterInfo } from '../../../ports/cluster.ts';
import { classifyFailure, withConnection } from '../shared/connect.ts';
import { ADMIN } from './settings.ts';

/**
 * What answers on a port: our server (proven), a PostgreSQL that is another one (proven), nobody (in time), or a
 * PostgreSQL that lets nobody in now, refuses us, or has no slot left. `odd`: an answer that is none of these, mostly not
 * of a PostgreSQL. Of the last four only `findPostmaster` can tell whose they are.
 */
export type Attachment =
  | { readonly kind: 'ours'; readonly info: ClusterInfo }
  | { readonly kind: 'stranger' | 'down' }
  | { readonly kind: 'starting' | 'denied' | 'full' }
  | { readonly kind: 'odd'; readonly cause: unknown };

const IDENTITY = `select (select system_identifier::text from pg_catalog.pg_control_system()) as id,
  pg_catalog.current_setting('data_directory') as data, pg_catalog.current_setting('server_version_num')::int as version`;

/** The administrator's login of an embedded cluster. */
export function adminLogin(port: number, password: string, database: string): Login {
  return { host: '127.0.0.1', port, database, user: ADMIN, password };
}

/**
 * Asks who listens on a port: one connection, one query, and no secret for anybody but the owner of the password.
 * `closeDoors` also takes PUBLIC's rights on the shared databases away (isolation design 5.1).
 */
export async function attach(
  target: { port: number; password: string; data: string; systemIdentifier: string | null },
  options: { closeDoors?: boolean } = {},
): Promise<Attachment> {
  try {
    return await withConnection(
      adminLogin(target.port, target.password, 'postgres'),
      { ownServer: true },
      async (client) => {
        const row: Readonly<Record<string, unknown>> = (await client.query(IDENTITY)).rows[0] ?? {};
        const { id, data, version } = row;
        const known = target.systemIdentifier ?? id;
        if (typeof id !== 'string' || id !== known || data !== target.data) return { kind: 'stranger' };
        if (options.closeDoors) await client.query('revoke all on database postgres, template1 from public');
        return {
          kind: 'ours',
          info: {
            kind: 'embedded',
            host: '127.0.0.1',
            port: target.port,
            version: Number(version),
            systemIdentifier: id,
            dataDirectory: target.data,
          },
        };
      },
    );
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): Attachment {
  const failure = classifyFailure(error);
  const isOdd = failure === 'no-database' || failure === 'other';
  return isOdd ? { kind: 'odd', cause: error } : { kind: failure };
}
