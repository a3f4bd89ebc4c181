import type { Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { describeTlsFailure } from '../../../domain/tls-failure.ts';
import { SqlError } from '../../../ports/sql.ts';

/** What this adapter calls a lost connection (connection_failure), whichever way Node or the server put it. */
const LOST = '08006';

/** SQLSTATE or Node's error code; node-postgres gives its own connect time-out and its hang-ups none. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** node-postgres gives its connect deadline and a hang-up during the greeting no code. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && errorCode(error) === '' && /timeout|terminated/i.test(error.message);
}

const isState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');

/** A failed statement: `SqlError`, or the error itself when it is a fault of the caller and not of the server. */
export function translateQueryError(error: unknown, lost: boolean): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const code = errorCode(error);
  if (isState(code)) {
    const position =
      typeof error === 'object' && error !== null && 'position' in error && Number(error.position) > 0
        ? Number(error.position)
        : null;
    return new SqlError(code, message, { position, cause: error });
  }
  if (lost || code !== '' || /connection/i.test(message)) {
    return new SqlError(LOST, `The connection to PostgreSQL was lost: ${message}`, { cause: error });
  }
  return error;
}

/** A failed connect, in the words of the port. Never names the password. */
export function translateConnectError(error: unknown, login: Login): unknown {
  const tls = describeTlsFailure(error, login);
  if (tls) return tls;
  const code = errorCode(error);
  const where = `${login.host}:${login.port}`;
  if (['28P01', '28000', '42501'].includes(code)) {
    return new TurboError('cluster.denied', `PostgreSQL at ${where} refused ${login.user} for ${login.database}.`, {
      hint: 'turbobackend doctor',
      cause: error,
      details: { state: code },
    });
  }
  if (code === '53300') {
    return new TurboError('cluster.unreachable', `PostgreSQL at ${where} has no free connection for ${login.user}.`, {
      hint: 'Close other connections, then run the same command again.',
      cause: error,
      details: { state: code },
    });
  }
  if (isState(code) && !code.startsWith('57P') && !code.startsWith('08')) return translateQueryError(error, false);
  const reason = code === '' && error instanceof Error ? error.message : code;
  return new TurboError('cluster.unreachable', `PostgreSQL at ${where} does not answer (${reason}).`, {
    hint: 'turbobackend db start',
    cause: error,
    details: { state: code },
  });
}
