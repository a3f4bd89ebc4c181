import pg from 'pg';
import { endClient } from './end-client.ts';

/**
 * A connected client whose connection may break at any time without ending the process. One try: what is worth another
 * differs from caller to caller. Throws what node-postgres throws, and nothing is left open then.
 */
export async function connectClient(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await endClient(client);
    throw error;
  }
}
