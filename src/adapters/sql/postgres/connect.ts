import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectionSettings, type Login } from '../../../domain/database.ts';
import { connectClient } from '../../shared/postgres/connect-client.ts';
import { errorCode, isSilence, translateConnectError } from './errors.ts';

const CONNECT_TIMEOUT_MS = 5000;
const PAUSE_MS = 100;

/**
 * For how long a failure is worth another try, in milliseconds since the first. A server that comes up (57P03) may
 * have a crash to recover from; a machine under load may need more than one connect deadline (RELIABILITY 3.4, 9).
 */
function patienceMs(error: unknown): number {
  if (isSilence(error)) return 15_000;
  switch (errorCode(error)) {
    case '57P01':
    case '57P02':
    case '57P03':
      return 30_000;
    case 'ETIMEDOUT':
      return 15_000;
    case '53300':
      return 10_000;
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EPIPE':
      return 5000;
    default:
      return 0;
  }
}

/** libpq's `options`: backslash and blank are escaped by a backslash. The blank keeps PGOPTIONS of the environment out. */
function startupOptions(settings: Readonly<Record<string, string>>): string {
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`);
  return flags.join(' ') || ' ';
}

/** A connected client that cannot end the process. Throws what the port promises. */
export async function openClient(login: Login, settings: Readonly<Record<string, string>>): Promise<pg.Client> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await connectClient({
        ...connectionSettings(login),
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        application_name: 'turbobackend',
        options: startupOptions(settings),
      });
    } catch (error) {
      if (performance.now() - startedAt + PAUSE_MS > patienceMs(error)) throw translateConnectError(error, login);
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
  }
}
