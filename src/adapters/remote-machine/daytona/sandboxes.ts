import { isTurboError, TurboError } from '../../../domain/errors.ts';
import type { Clients } from './clients.ts';
import { readPage, readSandbox, type Sandbox } from './read-answers.ts';
import type { CallPolicy } from './transport.ts';

/** The part of the API that finds sandboxes and takes them away. */
export interface Sandboxes {
  /** By id or name; null when there is none, or it is being taken away. */
  find(idOrName: string): Promise<Sandbox | null>;
  /** Those with these labels. */
  list(labels: Readonly<Record<string, string>>): Promise<readonly Sandbox[]>;
  /** True when there was one. Its name is free afterwards. */
  remove(idOrName: string): Promise<boolean>;
}

export interface Waiting {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** How long a sandbox may take from one state to the next, in milliseconds. */
  readonly settleMs: number;
}

/** Between two looks at a sandbox. */
export const POLL_MS = 1_000;
const PAGE = 100;
const MAX_PAGES = 50;
const READ: CallPolicy = { idempotent: true };

/** What is on its way out, or gone. */
export const isGone = ({ state }: Sandbox): boolean => state === 'destroyed' || state === 'destroying';

/** Finds and removes. `organizationId` goes with every call where it is not the key's own. */
export function sandboxesOf(clients: Clients, organizationId: string | null, waiting: Waiting): Sandboxes {
  const organization = organizationId ?? undefined;
  const look = async (key: string): Promise<Sandbox | null> => {
    const { sandboxes } = await clients.api({ ...READ, accept: [404] });
    const { status, data } = await sandboxes.getSandbox(key, organization);
    return status === 404 ? null : readSandbox(data);
  };
  return {
    find: async (key) => {
      const found = await look(key);
      return found && !isGone(found) ? found : null;
    },
    list: async (labels) => {
      const { sandboxes } = await clients.api(READ);
      const all: Sandbox[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const asked = JSON.stringify(labels);
        const { data } = await sandboxes.listSandboxes(organization, cursor, PAGE, undefined, undefined, asked);
        const { sandboxes: found, next } = readPage(data);
        all.push(...found);
        if (next === null) break;
        cursor = next;
      }
      return all.filter((sandbox) => !isGone(sandbox));
    },
    remove: async (key) => {
      const end = waiting.now() + waiting.settleMs;
      const isThere = await deleteOnce(clients, organization, key, waiting, end);
      while (isThere && waiting.now() < end) {
        const left = await look(key);
        if (left === null || left.state === 'destroyed') break;
        await waiting.sleep(POLL_MS);
      }
      return isThere;
    },
  };
}

/** One that is changing its state refuses to be deleted until it has settled. */
async function deleteOnce(
  clients: Clients,
  organization: string | undefined,
  key: string,
  waiting: Waiting,
  end: number,
): Promise<boolean> {
  const { sandboxes } = await clients.api({ idempotent: true, accept: [404] });
  for (;;) {
    try {
      return (await sandboxes.deleteSandbox(key, organization)).status !== 404;
    } catch (error) {
      if (!isTurboError(error) || error.code !== 'remote.conflict' || waiting.now() >= end) throw error;
      await waiting.sleep(POLL_MS);
    }
  }
}

/** What a sandbox of that name that is not the project's is told as. */
export function foreignSandbox(name: string): TurboError {
  return new TurboError('remote.conflict', `Daytona already has a sandbox ${name}, which is not this project's.`, {
    hint: 'Rename or delete it in Daytona, or use a key of another organisation; then the same command again.',
    details: { name },
  });
}
