import type { H3Event } from 'nitro/h3';
import { type KeyPlace, keyPlaces } from './key-places.ts';
import { type Opens, readKeyAt, requireKey } from './keys.ts';

/**
 * Whether a request carries a key that is good for one of the schemes: who brings none is nobody. Throws 401 for a key
 * that is not good, 403 when it has not the scopes asked for.
 */
export async function hasKey(event: H3Event, opens: Opens): Promise<boolean> {
  const isSent = Object.entries<KeyPlace>(keyPlaces).some(
    ([scheme, place]) => scheme in opens && readKeyAt(event, place) !== '',
  );
  if (isSent) await requireKey(event, opens);
  return isSent;
}
