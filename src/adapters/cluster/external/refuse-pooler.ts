import type pg from 'pg';
import type { Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { withConnection } from '../shared/connect.ts';

/** One look may meet an idle moment in which the pooler gives everybody the same connection as before. */
const LOOKS = 3;

/**
 * Throws `cluster.pooler` when connections are shared between transactions, as by PgBouncer with pool_mode=transaction:
 * the locks and settings of a session, on which everything we promise rests, would then be somebody else's. Something
 * in between that keeps sessions apart is fine.
 */
export async function refuseSharedConnections(client: pg.Client, login: Login): Promise<void> {
  // The greeting of the server itself names the process that serves us; one in between makes a number up.
  const greeted = 'processID' in client ? client.processID : null;
  const served = await processOf(client);
  if (greeted === served) return;
  const isShared = await withConnection(login, { ownServer: false }, (other) => seeSharing(client, other));
  if (!isShared) return;
  throw new TurboError(
    'cluster.pooler',
    `At ${login.host}:${login.port} a pooler shares connections between transactions; locks do not hold there.`,
    { hint: 'Name the server itself in DB_ADMIN_URL, or a pooler that keeps sessions apart (pool_mode = session).' },
  );
}

/** While `other` holds its connection in a transaction, `client` must keep its own one, and not have the same. */
async function seeSharing(client: pg.Client, other: pg.Client): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    const before = await processOf(client);
    await other.query('BEGIN');
    try {
      const others = await processOf(other);
      if (others === before || (await processOf(client)) !== before) return true;
    } finally {
      await other.query('ROLLBACK');
    }
  }
  return false;
}

async function processOf(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query<Readonly<Record<string, unknown>>>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]?.pid;
}
