import { isTurboError, TurboError } from '../domain/errors.ts';
import { objectPrefix, REMOTE_TITLES } from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';
import type { RemoteRecord } from '../ports/state-records.ts';

export type WithdrawNeeds = Needs<'remotes' | 'state'>;

/** What became of one place of a project elsewhere. */
export interface Withdrawn {
  readonly remote: RemoteRecord['remote'];
  readonly place: string;
  /** `absent`: it was gone already. `left`: a repository that nobody consented to, or all of it by wish. */
  readonly outcome: 'removed' | 'absent' | 'left';
}

export interface WithdrawOrder {
  /** Repositories that may be removed, as `owner/name`. */
  readonly repositories: readonly string[];
  /** Leaves everything where it is, and forgets it. */
  readonly leave?: boolean;
  /** Only what is at this remote. */
  readonly only?: RemoteRecord['remote'];
}

/** The public way in first, what is worth most last. */
const REMOVAL = ['fly', 'daytona', 's3', 'github'] as const;

/**
 * Takes away what a project has elsewhere: app, sandbox, objects. A repository only
 * when it was named; otherwise it stays and is forgotten. Cut off anywhere, the next call goes on. Throws `remote.*`,
 * with what is left still written down.
 */
export async function withdrawRemotes(
  projectId: string,
  order: WithdrawOrder,
  services: WithdrawNeeds,
): Promise<readonly Withdrawn[]> {
  const done: Withdrawn[] = [];
  const all = await services.state.listRemotes(projectId);
  const records = REMOVAL.flatMap((name) => all.filter(({ remote }) => remote === name)).filter(
    ({ remote }) => order.only === undefined || remote === order.only,
  );
  for (const record of records) {
    const outcome = await withdraw(record, order, services);
    await services.state.forgetRemote(record);
    done.push({ remote: record.remote, place: record.place, outcome });
  }
  return done;
}

async function withdraw(
  record: RemoteRecord,
  order: WithdrawOrder,
  services: WithdrawNeeds,
): Promise<Withdrawn['outcome']> {
  if (order.leave) return 'left';
  if (record.remote === 'github' && !order.repositories.includes(record.place)) return 'left';
  try {
    return (await removeThere(record, services)) ? 'removed' : 'absent';
  } catch (error) {
    if (!isTurboError(error)) throw error;
    const title = REMOTE_TITLES[record.remote];
    const hint = `${error.hint === undefined ? '' : `${error.hint} `}To leave it there and take the rest away: turbobackend destroy ${record.projectId} --leave-remotes`;
    throw new TurboError(error.code, `${record.place} at ${title} was not removed: ${error.message}`, {
      hint,
      cause: error,
    });
  }
}

async function removeThere({ projectId, remote, place }: RemoteRecord, { remotes }: WithdrawNeeds): Promise<boolean> {
  switch (remote) {
    case 'fly':
      return (await remotes.target()).remove(place, projectId);
    case 'daytona': {
      const machines = await remotes.machines();
      const found = await machines.find(projectId, place);
      return found !== null && (await machines.remove(found.id));
    }
    case 's3': {
      const store = await remotes.objects(place);
      const keys = (await store.list(objectPrefix(projectId))).map(({ key }) => key);
      await store.delete(keys);
      return keys.length > 0;
    }
    case 'github': {
      const [owner = '', name = ''] = place.split('/');
      return (await remotes.codeHost()).remove({ owner, name });
    }
  }
}
