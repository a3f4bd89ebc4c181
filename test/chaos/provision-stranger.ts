import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { asAdmin, type Server } from '../support/provisioning.ts';

/** For pg_hba.conf: strangers need no password, which makes them quick; only the order of our steps keeps them out. */
export const STRANGER_HBA = 'host all /^stranger_ 127.0.0.1/32 trust\n';

/** A login that belongs to no project and tries to get into every project database, all the time. */
export interface Stranger {
  readonly attempts: number;
  /** Databases it got into; empty is what we want. */
  readonly entered: readonly string[];
  stop(): Promise<void>;
}

/** Only privileges stand in its way when the server's pg_hba.conf lets everybody try (`STRANGER_HBA`). */
export async function letStrangerIn(server: Server, pattern: string): Promise<Stranger> {
  const user = `stranger_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  await asAdmin(server, 'postgres', (query) => query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`));
  const entered: string[] = [];
  let attempts = 0;
  let stopped = false;
  const tryOne = async (database: string) => {
    const { host, port } = server;
    const client = new pg.Client({ host, port, user, password, database, connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    attempts += 1;
    try {
      await client.connect();
      entered.push(database);
    } catch {
      // Refused, as it should be.
    } finally {
      // The end of a connection to a server that was killed may never be told.
      await Promise.race([client.end().catch(() => {}), sleep(1000)]);
    }
  };
  const loop = async () => {
    while (!stopped) {
      try {
        await asAdmin(server, 'postgres', async (query) => {
          while (!stopped) {
            // The newest ones: the moments around a database's birth are the interesting ones.
            const rows = await query('SELECT datname FROM pg_database WHERE datname ~ $1 ORDER BY oid DESC LIMIT 3', [
              pattern,
            ]);
            for (const { datname } of rows) await tryOne(String(datname));
            // Often, but not so often that it is all the machine does.
            await new Promise((next) => setTimeout(next, 20 * Math.random()));
          }
        });
      } catch {
        // The server went down under us: that is part of the programme.
        await new Promise((next) => setTimeout(next, 50));
      }
    }
  };
  const running = loop();
  return {
    get attempts() {
      return attempts;
    },
    entered,
    stop: async () => {
      stopped = true;
      await running;
      await asAdmin(server, 'postgres', (query) => query(`DROP ROLE ${user}`));
    },
  };
}
