import { isTurboError } from '../../../domain/errors.ts';
import type { RemoteCheck } from '../../../domain/remote.ts';
import type { Clients } from './clients.ts';
import { readKey } from './read-answers.ts';
import { missingScope, NEEDED_SCOPES } from './refusals.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a key is worth: whether it is taken, until when, and for what. Makes nothing. */
export async function checkKey(clients: Clients, now: () => number): Promise<readonly RemoteCheck[]> {
  try {
    const api = await clients.api({ idempotent: true });
    const { permissions, expiresAt } = readKey((await api.keys.getCurrentApiKey()).data);
    return [keyLine(expiresAt, now()), ...scopeLines(permissions)];
  } catch (error) {
    if (!isTurboError(error)) throw error;
    const { message, hint } = error;
    return [{ remote: 'daytona', name: 'key', passed: false, detail: message, ...(hint ? { hint } : {}) }];
  }
}

function keyLine(expiresAt: string | null, now: number): RemoteCheck {
  const left = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt) - now;
  const detail = expiresAt === null ? 'taken, and does not expire' : `taken, until ${expiresAt}`;
  const soon = left < DAY_MS ? { hint: 'It expires within a day: make another one.' } : {};
  return { remote: 'daytona', name: 'key', passed: true, detail, ...soon };
}

function scopeLines(permissions: readonly string[]): readonly RemoteCheck[] {
  const scopes = ['write:sandboxes', 'delete:sandboxes'] as const;
  return scopes.map((name) => {
    if (permissions.includes(name))
      return { remote: 'daytona', name, passed: true, detail: `may ${NEEDED_SCOPES[name]}` };
    const { message, hint = '' } = missingScope(name, `The key may not ${NEEDED_SCOPES[name]}.`);
    return { remote: 'daytona', name, passed: false, detail: message, hint };
  });
}
