import { isTurboError } from '../../domain/errors.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Needs } from '../../ports/services.ts';
import { SqlError } from '../../ports/sql.ts';

export type DoctorNeeds = Needs<
  | 'cluster'
  | 'databases'
  | 'state'
  | 'vault'
  | 'sql'
  | 'target'
  | 'workspace'
  | 'runs'
  | 'clock'
  | 'progress'
  | 'limits'
  | 'owner'
  | 'archive'
  | 'templates'
>;

/**
 * A finding and, where it can be mended without losing a row that somebody may still want, how: gives back what was done,
 * in a sentence.
 */
export interface Checked extends Finding {
  readonly repair?: () => Promise<string>;
}

export function sound(name: string, detail: string, next: string | null = null): Checked {
  return { name, ok: true, detail, fix: next };
}

export function fault(name: string, detail: string, fix: string | null, repair?: () => Promise<string>): Checked {
  return { name, ok: false, detail, fix, ...(repair ? { repair } : {}) };
}

/** What the outside world refused, in words; anything else is a bug of ours and passes through. */
export function refusal(error: unknown): { readonly message: string; readonly hint: string | null } {
  if (isTurboError(error)) return { message: error.message, hint: error.hint ?? null };
  if (error instanceof SqlError) return { message: `${error.message} (${error.state})`, hint: null };
  throw error;
}

/** A look that is refused is a finding itself, and keeps nobody from looking at the rest. */
export async function guarded(name: string, look: () => Promise<readonly Checked[]>): Promise<readonly Checked[]> {
  try {
    return await look();
  } catch (error) {
    const { message, hint } = refusal(error);
    return [fault(name, message, hint)];
  }
}

/** Looked at side by side; more connections than these would be felt by the backends. */
const AT_ONCE = 4;

/** One look per item, a few at a time; the findings come in the order of the items. */
export async function sideBySide<T>(
  items: readonly T[],
  look: (item: T) => Promise<readonly Checked[]>,
): Promise<readonly Checked[]> {
  const found: (readonly Checked[])[] = items.map(() => []);
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) found[next[0]] = await look(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found.flat();
}
