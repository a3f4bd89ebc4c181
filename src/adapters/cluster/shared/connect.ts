import { EventEmitter } from 'node:events';
import pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';

/** Milliseconds one connection attempt may take; nothing in node-postgres limits it otherwise. */
const CONNECT_TIMEOUT_MS = 2000;

/** Milliseconds the small catalog queries of one connection may take together. */
const WORK_TIMEOUT_MS = 10_000;

/**
 * Connects, works, hangs up; errors are node-postgres's own (see `classifyFailure`).
 * `ownServer`: the password is never given to a server that asks for it in clear or as MD5 (SCRAM proves to both sides
 * that the other one knows it, so a stranger on our port learns nothing), and PGOPTIONS of the user does not count.
 */
export async function withConnection<T>(
  login: Login,
  options: { ownServer: boolean },
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  let refused = false;
  const client = new pg.Client({
    ...connectionSettings(login),
    password: () => {
      if (refused) throw new Error('the server asked for the password in clear');
      return login.password;
    },
    // Said so that neither comes from the environment, where node-postgres looks for what is not said.
    ...(login.sslmode === undefined || login.sslmode === 'disable' ? { sslnegotiation: 'postgres' as const } : {}),
    ...(options.ownServer ? { options: '-c client_min_messages=warning' } : {}),
    application_name: 'turbobackend',
    // Ends the socket too; later than our own time-out, which tells what happened.
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS + 500,
    keepAlive: true,
  });
  client.on('error', () => {});
  if (options.ownServer) {
    beforeAuthentication(client, () => {
      refused = true;
    });
  }
  try {
    await inTime(client.connect(), CONNECT_TIMEOUT_MS);
    return await inTime(work(client), WORK_TIMEOUT_MS);
  } finally {
    await inTime(client.end(), CONNECT_TIMEOUT_MS).catch(() => {});
  }
}

/** Being late has a code of its own (ETIMEDOUT); node-postgres's own time-outs have none. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** node-postgres announces the server's wish on its connection; our listener is there before its own. */
function beforeAuthentication(client: pg.Client, refuse: () => void): void {
  const connection = 'connection' in client ? client.connection : null;
  if (!(connection instanceof EventEmitter)) throw new Error('pg.Client has no connection to watch');
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
}

/**
 * What a failed connection means. `down`: nothing answers, or not in time. `starting`: a PostgreSQL that takes no
 * connections now, or ends ours. `full`: no slot left. `denied`: wrong user, password or host rule.
 * `no-database`: it has no database of that name. `other`: anything else; for TLS see `describeTlsFailure`.
 */
export type ConnectionFailure = 'down' | 'starting' | 'full' | 'denied' | 'no-database' | 'other';

const FAILURES: Readonly<Record<string, ConnectionFailure>> = {
  ECONNREFUSED: 'down',
  ECONNRESET: 'down',
  EPIPE: 'down',
  ETIMEDOUT: 'down',
  EHOSTUNREACH: 'down',
  EHOSTDOWN: 'down',
  ENETUNREACH: 'down',
  ENETDOWN: 'down',
  ENOTFOUND: 'down',
  EAI_AGAIN: 'down',
  EADDRNOTAVAIL: 'down',
  '08000': 'down',
  '08001': 'down',
  '08003': 'down',
  '08004': 'down',
  '08006': 'down',
  '57P01': 'starting',
  '57P02': 'starting',
  '57P03': 'starting',
  '53300': 'full',
  '28000': 'denied',
  '28P01': 'denied',
  '3D000': 'no-database',
};

/** Classifies by SQLSTATE or system code, never by message. */
export function classifyFailure(error: unknown): ConnectionFailure {
  if (error instanceof AggregateError) {
    const kinds = error.errors.map(classifyFailure);
    return kinds.find((kind) => kind !== 'down') ?? 'down';
  }
  const code = errorCode(error);
  return (code === null ? undefined : FAILURES[code]) ?? 'other';
}

/** The `code` of a system, TLS or PostgreSQL error; null when it has none. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
