import { TurboError } from '../domain/errors.ts';
import { type PlannedThing, type RemotePlan, type RemoteWishes, sandboxName, wishedRemotes } from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';
import type { RemoteRecord } from '../ports/state-records.ts';
import { appOf, type Planned, planRemotes, repositoryOf } from './remote-plan.ts';

/**
 * Writes down what is wished, before anything is made of it: whoever goes on with a cut run, takes the project away or
 * looks for what is left finds it there. `plan` is what was consented to.
 */
export async function keepWishes(
  project: Planned,
  wishes: RemoteWishes,
  plan: Pick<RemotePlan, 'things' | 'hash'>,
  { state }: Needs<'state'>,
): Promise<void> {
  for (const remote of wishedRemotes(wishes)) {
    const place = placeOf(project, wishes, remote, plan.things);
    const details = { wish: JSON.stringify(wishes[remote]), plan: plan.hash };
    await state.wishRemote({ projectId: project.id, remote, place, details });
  }
}

/** What was wished for a project and is not done yet; null when there is nothing of the kind. */
export async function rememberWishes(projectId: string, { state }: Needs<'state'>): Promise<RemoteWishes | null> {
  const records = (await state.listRemotes(projectId)).filter(({ status }) => status === 'wished');
  const wishes: RemoteWishes = Object.fromEntries(records.flatMap(wishOf));
  return wishedRemotes(wishes).length === 0 ? null : wishes;
}

/** Throws `remote.changed` when what would be made is not what was consented to any more. */
export async function assertAsPlanned(
  project: Planned,
  wishes: RemoteWishes,
  consented: string,
  services: Needs<'remotes' | 'writers'>,
): Promise<void> {
  const plan = await planRemotes(project, wishes, services);
  if (plan.hash === consented) return;
  throw new TurboError('remote.changed', 'What would be made is not what was shown any more; nothing was made.', {
    hint: 'Run the command again and look at the plan.',
    details: { things: plan.things },
  });
}

function placeOf(
  project: Planned,
  wishes: RemoteWishes,
  remote: RemoteRecord['remote'],
  things: readonly PlannedThing[],
): string {
  const { fly, github, s3 } = wishes;
  if (remote === 'fly' && fly) return appOf(project, fly);
  if (remote === 's3' && s3) return s3.bucket;
  if (remote === 'github' && github) {
    const planned = things.find((thing) => thing.remote === 'github' && thing.kind === 'repository')?.name;
    return planned ?? [github.owner, repositoryOf(project, github).name].filter((part) => part !== null).join('/');
  }
  return sandboxName(project.id);
}

/** Written by `keepWishes` and read by nobody else: what cannot be read was never one of ours. */
function wishOf({ remote, details }: RemoteRecord): readonly (readonly [string, unknown])[] {
  if (typeof details.wish !== 'string') return [];
  try {
    const wish: unknown = JSON.parse(details.wish);
    return typeof wish === 'object' && wish !== null ? [[remote, wish]] : [];
  } catch {
    return [];
  }
}
