import type { Client } from 'pg';

const DEADLINE_MS = 2000;

/**
 * Says goodbye to the server and waits at most two seconds for its answer; then the connection is cut. Never throws:
 * the client's own `end` waits for ever when the connection broke in the wrong moment.
 */
export async function endClient(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((done) => {
    timer = setTimeout(() => {
      client.connection.stream.destroy();
      done();
    }, DEADLINE_MS);
  });
  await Promise.race([client.end().catch(() => {}), deadline]);
  clearTimeout(timer);
}
