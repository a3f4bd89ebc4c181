import { assertUsableElsewhere, WAY_OUT } from '../domain/deploy-logins.ts';
import { TurboError } from '../domain/errors.ts';
import type { ProjectFolder } from '../domain/project.ts';
import { type RemotePlan, type RemoteWishes, remotePlan, wishedRemotes } from '../domain/remote.ts';
import { assertRemotes } from '../operations/check-remotes.ts';
import type { Needs } from '../ports/services.ts';
import { foreseeClaim } from './claim.ts';
import { decideDatabase } from './deploy-secrets.ts';
import type { CreateOrder } from './order.ts';
import { planRemotes } from './remote-plan.ts';
import { assertAsPlanned, rememberWishes } from './remote-wishes.ts';

/**
 * What `create` would make elsewhere, and the id that the project would have; nothing is made, here or there. Throws
 * `remote.denied` with every token and scope that is missing.
 */
export async function planCreate(
  order: CreateOrder,
  wishes: RemoteWishes,
  services: Needs<'remotes' | 'writers' | 'state' | 'workspace' | 'ids' | 'cluster'>,
): Promise<{ readonly projectId: string; readonly plan: RemotePlan }> {
  await assertRemotes(wishedRemotes(wishes), services, wishes.s3 ? { bucket: wishes.s3.bucket } : {});
  const project = await foreseeClaim(order, services);
  // What is there already may have a login of its own for it.
  if (order.database === true && !project.isKnown) {
    await assertDatabaseFor({ ...order, remotes: { wishes, plan: remotePlan([]) } }, true, services);
  }
  return { projectId: project.id, plan: await planRemotes(project, wishes, services) };
}

/** Throws `usage.invalid` for a deployment that needs a database and could reach none: before anything is made. */
export async function assertDatabaseFor(
  { remotes, deployDatabase = null }: CreateOrder,
  needsDatabase: boolean,
  { cluster }: Needs<'cluster'>,
): Promise<void> {
  // With Fly.io, the database is for what is deployed: a sandbox has its own then.
  if (remotes?.wishes.daytona && !remotes.wishes.fly && deployDatabase) {
    assertUsableElsewhere(deployDatabase.app, 'A sandbox of Daytona');
    assertUsableElsewhere(deployDatabase.migrations, 'A sandbox of Daytona');
  }
  if (!remotes?.wishes.fly || !needsDatabase) return;
  const where = 'A machine at Fly.io';
  if (deployDatabase) {
    assertUsableElsewhere(deployDatabase.app, where);
    assertUsableElsewhere(deployDatabase.migrations, where);
  } else if (cluster.kind === 'embedded') {
    const message = `${where} cannot reach the database: the PostgreSQL of turbobackend is on this machine only.`;
    throw new TurboError('usage.invalid', message, { hint: WAY_OUT });
  } else {
    await cluster.ensure();
    assertUsableElsewhere(cluster.adminLogin('postgres'), where);
  }
}

/**
 * The beginning of what is done elsewhere: tokens and, where somebody consented to one, the plan are looked at once more.
 * A run that goes on without an order remembers it. Null when nothing is wished. Throws `remote.denied`,
 * `remote.changed`, `usage.invalid`.
 */
export async function beginRemotes(
  folder: ProjectFolder,
  { remotes: ordered, deployDatabase = null }: Pick<CreateOrder, 'remotes' | 'deployDatabase'>,
  services: Needs<'remotes' | 'writers' | 'state' | 'cluster' | 'workspace'>,
): Promise<RemoteWishes | null> {
  const { project } = folder;
  const wishes = ordered?.wishes ?? (await rememberWishes(project.id, services));
  if (wishes === null) return null;
  await assertRemotes(wishedRemotes(wishes), services, wishes.s3 ? { bucket: wishes.s3.bucket } : {});
  if (wishes.fly) await decideDatabase(folder, deployDatabase, services);
  if (ordered) await assertAsPlanned(project, wishes, ordered.plan.hash, services);
  return wishes;
}
