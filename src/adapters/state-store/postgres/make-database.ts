import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { TurboError } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/identifier.ts';
import { errorState } from './failures.ts';

const PAUSE_MS = 50;
const PATIENCE_MS = 60_000;

/** What pg_database.datconnlimit says of a database whose DROP was interrupted: to open it would make it look healthy. */
const INVALID = -2;

/**
 * Makes the database by need, and opens it to whoever has rights of their own. It is born closed, and closed to PUBLIC
 * in the transaction that opens it: whoever finds it closed takes up what somebody else was cut in. `client` is
 * connected to another database, the same one in every process. Throws `cluster.locked`, and `database.failed` for a
 * database that was half dropped.
 */
export async function makeDatabase(client: pg.Client, database: string): Promise<void> {
  await lock(client, database);
  const found = await client.query(
    'SELECT datallowconn AS open, datconnlimit AS limit FROM pg_database WHERE datname = $1',
    [database],
  );
  const [row] = found.rows;
  if (row?.limit === INVALID) throw halfDropped(database);
  if (row?.open === true) return;
  const name = identifier(database);
  if (!row) await create(client, name);
  await client.query(
    [
      'BEGIN',
      `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
      'COMMIT',
    ].join(';\n'),
  );
}

async function create(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS false`);
  } catch (error) {
    // Somebody who knows no lock made it in this moment: that is what we wanted.
    if (!['42P04', '23505'].includes(errorState(error))) throw error;
  }
}

/** Polls: CREATE DATABASE cannot run in a transaction, and nobody should sit in a statement that waits. Ends with the session. */
async function lock(client: pg.Client, database: string): Promise<void> {
  const key = `turbobackend:metadata-database:${database}`;
  for (const startedAt = performance.now(); ; await sleep(PAUSE_MS * (0.5 + Math.random()))) {
    const { rows } = await client.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [key]);
    if (rows[0]?.locked === true) return;
    if (performance.now() - startedAt > PATIENCE_MS) {
      throw new TurboError('cluster.locked', `Another process is making the metadata database ${database}.`, {
        hint: 'Wait for it to finish, then run the same command again.',
      });
    }
  }
}

function halfDropped(database: string): TurboError {
  return new TurboError('database.failed', `The metadata database ${database} was half dropped: it cannot be opened.`, {
    hint: `Restore it from a backup, or give it up: DROP DATABASE ${identifier(database)}`,
  });
}
