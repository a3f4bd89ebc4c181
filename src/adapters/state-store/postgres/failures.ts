import { TurboError } from '../../../domain/errors.ts';

/** The server starts or stops, has no place left, or the connection broke: worth another try. */
const TRANSIENT = new Set([
  ...['57P01', '57P02', '57P03', '08000', '08003', '08006', '53300'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'],
]);

/** Raised by our own trigger; see templates/state/0003. */
const RETIRED_KEY = 'TB001';

export function errorState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** node-postgres gives its own connect time-out no code, nor a connection that ends in the middle of a statement. */
function isSilence(error: unknown): boolean {
  const words = /timeout|connection terminated|connection error/i;
  return error instanceof Error && errorState(error) === '' && words.test(error.message);
}

export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(errorState(error)) || isSilence(error);
}

/** What PostgreSQL, the network or the disk did, in our words; anything else comes back as it is and is a bug. */
export function translateFailure(error: unknown, where: string): unknown {
  if (error instanceof TurboError) return error;
  const state = errorState(error);
  if (['28P01', '28000'].includes(state)) {
    return new TurboError('cluster.denied', `PostgreSQL (${where}) refused the login of its administrator.`, {
      hint: 'Check DB_ADMIN_URL (or DB_CLUSTER_USER and DB_CLUSTER_PASSWORD), then: turbobackend doctor',
      cause: error,
    });
  }
  if (state === '42501') {
    return new TurboError(
      'cluster.denied',
      `The administrator may not use the metadata database on PostgreSQL (${where}): another role made it.`,
      {
        hint: 'Use the administrator who ran turbobackend here first (DB_ADMIN_URL), or another server.',
        cause: error,
      },
    );
  }
  if (state === RETIRED_KEY) {
    return new TurboError('secret.unreadable', 'A secret was sealed with a key that was replaced: it is not stored.', {
      hint: 'Run the same command again, with the new key where TURBOBACKEND_MASTER_KEY is set.',
      cause: error,
    });
  }
  if (state === '53100') {
    return new TurboError('workspace.full', `The disk of PostgreSQL (${where}) is full.`, {
      hint: 'Free some space, then run the same command again.',
      cause: error,
    });
  }
  if (!isTransient(error) && state !== 'ENOTFOUND') return error;
  return new TurboError('cluster.unreachable', `PostgreSQL (${where}) does not answer.`, {
    hint: 'turbobackend db start',
    cause: error,
  });
}

type Methods = Record<string, (...args: never[]) => Promise<unknown>>;

/** The same methods, whose failures speak our words. */
export function translateFailures<T extends object>(methods: T): T {
  const translated = Object.entries(methods as Methods).map(([name, method]) => [
    name,
    (...args: never[]) =>
      method(...args).catch((error: unknown) => {
        throw translateFailure(error, 'the metadata database');
      }),
  ]);
  // Same names, same signatures: only what a rejection holds is another.
  return Object.fromEntries(translated) as T;
}
