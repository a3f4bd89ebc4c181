import type { Failure, RemoteAnswer, RemoteClient, RemoteOrder } from '../../shared/remote/contract.ts';
import { remoteClient } from '../../shared/remote/remote-client.ts';
import type { GithubOptions } from './options.ts';

/** Where people make tokens, and with what. */
export const TOKEN_HINT =
  'Make one at Settings → Developer settings: a classic token with the scopes repo and workflow, or a fine-grained one with Administration, Contents and Workflows: read and write.';

/** A limit that says nothing of its end is over after a minute. */
const UNSAID_WAIT_MS = 60_000;

/** Speaks to GitHub's REST API of 2022-11-28. */
export function githubClient({ token, apiUrl, time, network = null }: GithubOptions): RemoteClient {
  const now = () => time?.now() ?? Date.now();
  return remoteClient({
    remote: 'github',
    service: 'GitHub',
    baseUrl: apiUrl,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    secrets: [token, Buffer.from(`x-access-token:${token}`).toString('base64')],
    network,
    waitOf: (answer) => limitOf(answer, now()),
    explain: (answer, order) => explainFailure(answer, order, now()),
    ...(time === undefined ? {} : { time }),
  });
}

/** Milliseconds until GitHub listens again; null when no limit was met. It says 403 for some of its limits. */
function limitOf({ status, headers }: Pick<RemoteAnswer, 'status' | 'headers'>, now: number): number | null {
  if (status !== 403 && status !== 429) return null;
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (seconds >= 0) return seconds * 1000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) return Math.max(1000, reset * 1000 - now);
  return status === 429 ? UNSAID_WAIT_MS : null;
}

function explainFailure(answer: RemoteAnswer, order: RemoteOrder, now: number): Failure | null {
  const { status, headers } = answer;
  if (limitOf(answer, now) !== null) return null;
  switch (status) {
    case 301:
    case 307:
    case 308:
      return {
        code: 'remote.conflict',
        message: `The repository of ${order.path} has another name now.`,
        hint: 'Open its old address in a browser, which leads to the new one, and name it by that.',
      };
    case 401:
      return { code: 'remote.denied', message: 'GitHub does not know the token, or it has expired.', hint: TOKEN_HINT };
    case 403:
      return forbidden(answer);
    case 404:
      return headers['x-accepted-oauth-scopes']
        ? denied(`The token does not have the scope ${headers['x-accepted-oauth-scopes'].replaceAll(', ', ' or ')}.`)
        : null;
    case 422:
      return { code: 'remote.failed', message: `GitHub refused: ${reasonsOf(answer.json).join('; ')}` };
    default:
      return null;
  }
}

const denied = (message: string): Failure => ({ code: 'remote.denied', message, hint: TOKEN_HINT });

function forbidden({ headers, json }: RemoteAnswer): Failure {
  const signOn = /url=(\S+)/.exec(headers['x-github-sso'] ?? '')?.[1];
  if (signOn !== undefined) {
    const message = 'The organisation wants the token to be authorised for its single sign-on.';
    return { code: 'remote.denied', message, hint: `Open ${signOn}, then the same command again.` };
  }
  const lacking = headers['x-accepted-github-permissions'];
  if (lacking !== undefined) return denied(`The token lacks a permission: ${lacking.replaceAll('=', ': ')}.`);
  const said = fieldOf(json, 'message');
  return denied(`GitHub does not let the token do this${typeof said === 'string' ? `: ${said.slice(0, 200)}` : '.'}`);
}

/** Why a value was refused, in GitHub's words. */
export function reasonsOf(json: unknown): readonly string[] {
  const errors = fieldOf(json, 'errors');
  const told = (Array.isArray(errors) ? errors : []).map((error: unknown) =>
    typeof error === 'string' ? error : fieldOf(error, 'message'),
  );
  const reasons = told.filter((reason) => typeof reason === 'string');
  const message = fieldOf(json, 'message');
  return reasons.length > 0 ? reasons : [typeof message === 'string' ? message : 'no reason was given'];
}

/** A member of what was answered; undefined when there is none. */
export function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? new Map(Object.entries(json)).get(name) : undefined;
}
