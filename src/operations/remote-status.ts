import { isTurboError } from '../domain/errors.ts';
import type { RemoteName } from '../domain/remote.ts';
import type { RemoteDeployment } from '../ports/remote-target.ts';
import type { Needs } from '../ports/services.ts';
import type { RemoteRecord } from '../ports/state-records.ts';

/** What a project has at one place elsewhere. */
export interface RemoteStatus {
  readonly remote: RemoteName;
  readonly place: string;
  /** `wished`: something cut it short. `unknown`: it was not looked at, for the reason in `problem`. */
  readonly state: 'wished' | 'there' | 'gone' | 'unknown';
  readonly url: string | null;
  /** What runs there, where servers run. */
  readonly deployment: RemoteDeployment | null;
  readonly problem: string | null;
}

/** Looks at everything a project has elsewhere. What cannot be looked at says why, and keeps nobody from the rest. */
export async function remoteStatus(
  projectId: string,
  services: Needs<'remotes' | 'state'>,
): Promise<readonly RemoteStatus[]> {
  const records = await services.state.listRemotes(projectId);
  return Promise.all(records.map((record) => look(record, services)));
}

async function look(record: RemoteRecord, services: Needs<'remotes'>): Promise<RemoteStatus> {
  const { remote, place, details } = record;
  const url = typeof details.url === 'string' ? details.url : null;
  const known = { remote, place, url, deployment: null, problem: null };
  try {
    const found = await inspect(record, services);
    if (!found.isThere) return { ...known, state: record.status === 'wished' ? 'wished' : 'gone' };
    return { ...known, state: record.status, deployment: found.deployment, url: found.deployment?.url ?? url };
  } catch (error) {
    if (!isTurboError(error)) throw error;
    return { ...known, state: 'unknown', problem: error.message };
  }
}

async function inspect(
  { remote, place, projectId, status }: RemoteRecord,
  { remotes }: Needs<'remotes'>,
): Promise<{ readonly isThere: boolean; readonly deployment: RemoteDeployment | null }> {
  switch (remote) {
    case 'fly': {
      const deployment = await (await remotes.target()).inspect(place);
      return { isThere: deployment !== null, deployment };
    }
    case 'daytona':
      return { isThere: (await (await remotes.machines()).find(projectId, place)) !== null, deployment: null };
    case 'github':
    case 's3':
      // Nothing runs there; what was put there is believed.
      return { isThere: status === 'there', deployment: null };
  }
}
