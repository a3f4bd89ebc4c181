import type { Failure, RemoteAnswer, RemoteOrder } from '../../shared/remote/contract.ts';

const KEYS = 'https://app.daytona.io/dashboard/keys';

/** The permissions of a key, as Daytona calls them, and what each is needed for. */
export const NEEDED_SCOPES = {
  'write:sandboxes': 'make sandboxes and work in them',
  'delete:sandboxes': 'take sandboxes away',
} as const;

/** What a refusal means here, where its status alone does not say; null: what the status says. */
export function explainRefusal({ status, json }: RemoteAnswer, { method }: RemoteOrder): Failure | null {
  if (status === 401) return wrongKey();
  if (status === 403) {
    const scope = method === 'DELETE' ? 'delete:sandboxes' : 'write:sandboxes';
    return missingScope(scope, `Daytona refuses to ${NEEDED_SCOPES[scope]} with this key.`);
  }
  if (status === 408 && codeOf(json) === 'PROCESS_EXECUTION_TIMEOUT') {
    return { code: 'remote.failed', message: 'A command in the sandbox took longer than it may, and was ended.' };
  }
  return null;
}

/** A key that is wrong, or was taken back, or has expired. */
const wrongKey = (): Failure => ({
  code: 'remote.denied',
  message: 'Daytona does not accept the key: it is wrong, was taken back, or has expired.',
  hint: `Make a key with ${Object.keys(NEEDED_SCOPES).join(' and ')} at ${KEYS}, and set DAYTONA_API_KEY.`,
});

/** A key that may not do what is needed. */
export const missingScope = (scope: keyof typeof NEEDED_SCOPES, message: string): Failure => ({
  code: 'remote.denied',
  message,
  hint: `Give the key the permission ${scope}: ${KEYS}`,
});

/** The daemon's own word for what went wrong. */
function codeOf(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('code' in json)) return null;
  return typeof json.code === 'string' ? json.code : null;
}
