import { isTurboError, TurboError } from '../../../domain/errors.ts';
import type { Fly } from './context.ts';
import { flyFailure, isNameTaken } from './explain.ts';
import { LABELS } from './machine-config.ts';
import { listMachines } from './machines.ts';
import { recordOf, recordsOf, textOf } from './read-json.ts';

/** `foreign`: another organisation has the name. */
export type AppState = 'free' | 'ours' | 'foreign';

const SETTLING_MS = 60_000;
const PAUSE_MS = 2_000;
const TRIES = 3;

/** Who has the name; throws `remote.denied` for a token that may not ask. */
export async function stateOfApp({ api, organization }: Fly, app: string): Promise<AppState> {
  const answer = await api.call('GET', ['apps', app], { accept: [403, 404] });
  if (answer.status === 404) return 'free';
  if (answer.status === 403) return 'foreign';
  const slug = textOf(recordOf(recordOf(answer.json).organization).slug);
  return organization === 'personal' || slug === null || slug === organization ? 'ours' : 'foreign';
}

/** The same, where a name that this project cannot have is a failure: `remote.conflict` with one that is free. */
export async function claimApp(fly: Fly, app: string, projectId: string): Promise<'free' | 'ours'> {
  const state = await stateOfApp(fly, app);
  if (state === 'foreign') throw await nameTaken(fly, app, projectId);
  if (state === 'ours') await refuseForeign(fly, app, projectId);
  return state;
}

/**
 * Makes the app, or finds the one that an earlier call made; true when it was made now. Throws `remote.conflict` with a
 * free name when somebody else has this one, or when what runs there is not this project.
 */
export async function ensureApp(fly: Fly, app: string, projectId: string): Promise<boolean> {
  if ((await claimApp(fly, app, projectId)) === 'ours') return false;
  const path = ['apps'];
  const call = { json: { name: app, org_slug: fly.organization }, again: true, accept: [422] };
  const answer = await fly.api.call('POST', path, call);
  if (answer.status === 422 && !isNameTaken(answer)) throw flyFailure(answer, fly.api.orderOf('POST', path, call));
  // The answer to the first try may have been lost: whose it is now, says who has it.
  if (answer.status === 422 && (await stateOfApp(fly, app)) === 'foreign') throw await nameTaken(fly, app, projectId);
  await waitForApp(fly, app);
  return true;
}

/** A new app is not known everywhere at once. */
async function waitForApp(fly: Fly, app: string): Promise<void> {
  const end = fly.time.now() + SETTLING_MS;
  for (;;) {
    const state = await stateOfApp(fly, app);
    if (state === 'ours') return;
    if (fly.time.now() >= end) {
      throw new TurboError('remote.failed', `Fly.io made the app ${app} and does not find it after a minute.`, {
        hint: 'The same command again, a little later: it goes on where it was.',
      });
    }
    await fly.time.sleep(PAUSE_MS);
  }
}

async function refuseForeign(fly: Fly, app: string, projectId: string): Promise<void> {
  const machines = await listMachines(fly, app);
  const other = machines.find(({ labels }) => labels[LABELS.project] !== projectId);
  if (!other) return;
  throw new TurboError('remote.conflict', `The app ${app} at Fly.io runs something else (machine ${other.name}).`, {
    hint: await freeNameHint(fly, app, projectId),
  });
}

async function nameTaken(fly: Fly, app: string, projectId: string): Promise<TurboError> {
  const message = `The name ${app} is taken at Fly.io: names of apps are unique among all organisations.`;
  return new TurboError('remote.conflict', message, { hint: await freeNameHint(fly, app, projectId) });
}

/** The name with a piece of the project's id is as good as always free; it is looked at all the same. */
async function freeNameHint(fly: Fly, app: string, projectId: string): Promise<string> {
  for (const length of [4, 8]) {
    const name = `${app.slice(0, 62 - length).replace(/-+$/, '')}-${projectId.slice(0, length)}`;
    if ((await stateOfApp(fly, name)) === 'free') return `This one is free: --app ${name}`;
  }
  return 'Choose another name: --app <name>';
}

/** A shared IPv4 and an own IPv6 address; the ones that are there are kept. */
export async function ensureAddresses(fly: Fly, app: string): Promise<void> {
  for (const [type, isIt] of [
    ['shared_v4', (ip: string) => ip.includes('.')],
    ['v6', (ip: string) => ip.includes(':') && !ip.startsWith('fd')],
  ] as const) {
    await ensureAddress(fly, app, type, isIt);
  }
}

/** Asking twice for one would give two, so that a lost answer is followed by a look. */
async function ensureAddress(fly: Fly, app: string, type: string, isIt: (ip: string) => boolean): Promise<void> {
  const path = ['apps', app, 'ip_assignments'];
  for (let tried = 1; ; tried += 1) {
    const { json } = await fly.api.call('GET', path);
    if (recordsOf(recordOf(json).ips).some(({ ip }) => isIt(textOf(ip) ?? ''))) return;
    try {
      await fly.api.call('POST', path, { json: { type } });
      return;
    } catch (error) {
      const isPassing = ['remote.unreachable', 'remote.limited', 'remote.failed'] as const;
      if (tried >= TRIES || !isPassing.some((code) => isTurboError(error, code))) throw error;
      await fly.time.sleep(PAUSE_MS * tried);
    }
  }
}
