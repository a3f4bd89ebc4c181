import { type Database, databaseNames, type Environment } from '../domain/database.ts';
import { type ReconcileNeeds, reconcileDatabase } from './reconcile-database.ts';

export interface ProvisionOrder {
  readonly projectId: string;
  readonly env: Environment;
  /** Told of every point at which the work may be cut off; for tests. */
  readonly onStep?: (point: string) => void;
}

/**
 * Gives a project its own roles and database in one environment, brings it back from the trash with all rows when it is
 * there, and repairs what drifted. Throws what `reconcileDatabase` throws.
 */
export async function provision(order: ProvisionOrder, services: ReconcileNeeds): Promise<Database> {
  const { projectId, env } = order;
  const { cluster } = await reconcileDatabase({ ...order, wish: 'present' }, services);
  const { host, port } = cluster;
  const { database, app } = databaseNames(projectId, env);
  return { projectId, env, name: database, host, port, user: app, status: 'ready' };
}
