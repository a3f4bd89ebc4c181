import type { Environment } from '../../src/domain/database.ts';
import { isTurboError } from '../../src/domain/errors.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { provision } from '../../src/operations/provision.ts';
import type { ReconcileNeeds } from '../../src/operations/reconcile-database.ts';
import { reconcileDatabase } from '../../src/operations/reconcile-database.ts';

/** What is done to a project's database; undo is a provision of what lies in the trash. */
export type Verb = 'provision' | 'rotate' | 'trash' | 'purge';

export interface VerbOrder {
  readonly projectId: string;
  readonly env: Environment;
  readonly onStep?: (point: string) => void;
}

/** One verb, as the commands carry it out. */
export async function perform(verb: Verb, order: VerbOrder, services: ReconcileNeeds): Promise<void> {
  if (verb === 'provision') await provision(order, services);
  else if (verb === 'rotate') {
    await reconcileDatabase({ ...order, wish: 'present', renewPasswords: true }, services);
    order.onStep?.('before:end-rotation');
    await services.state.endRotation(order.projectId, order.env);
  } else await deprovision({ ...order, purge: verb === 'purge' }, services);
}

/** The failure in the words of the product; `BUG` in front of one that does not say what to do. */
export function describeFailure(error: unknown): string {
  if (isTurboError(error) && error.hint) return `${error.code}: ${error.message} (${error.hint})`;
  return `BUG ${error instanceof Error ? error.stack : String(error)}`;
}
