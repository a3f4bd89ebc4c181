import { TurboError } from '../../../domain/errors.ts';
import type { RemoteClient } from '../../shared/remote/contract.ts';
import { recordOf, recordsOf, textOf } from './read-json.ts';

/**
 * The last lines of an app or of one machine, oldest first. They are no part of the Machines API: this is where Fly's own
 * programs get them, which is written down nowhere and shows about a hundred lines. Throws `remote.failed` with the way
 * to them when it gives none.
 */
export async function readLogs(
  client: RemoteClient,
  app: string,
  { lines, machine }: { readonly lines: number; readonly machine?: string },
): Promise<readonly string[]> {
  const query = { next_token: '', ...(machine === undefined ? {} : { instance: machine }) };
  const path = `/api/v1/apps/${encodeURIComponent(app)}/logs`;
  const answer = await client.request({ method: 'GET', path, query, idempotent: true }).catch((error: unknown) => {
    throw new TurboError('remote.failed', `Fly.io does not show the logs of ${app} to programs like this one.`, {
      hint: `fly logs -a ${app}, or https://fly.io/apps/${app}/monitoring`,
      cause: error,
    });
  });
  const entries = recordsOf(recordOf(answer.json).data).map(({ attributes }) => recordOf(attributes));
  const told = entries
    .filter(({ instance }) => machine === undefined || instance === machine)
    .map(({ timestamp, message }) => ({ at: textOf(timestamp) ?? '', message: textOf(message) ?? '' }));
  const sorted = told.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  return sorted.slice(-lines).map(({ at, message }) => `${at} ${client.redact(message)}`.trim());
}

/** The same where they only accompany a failure: none is fine. */
export async function tryLogs(
  client: RemoteClient,
  app: string,
  options: { readonly lines: number; readonly machine?: string },
): Promise<readonly string[]> {
  return readLogs(client, app, options).catch(() => []);
}
