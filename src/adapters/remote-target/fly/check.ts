import { isTurboError } from '../../../domain/errors.ts';
import type { PlannedThing, RemoteCheck } from '../../../domain/remote.ts';
import { flyMachinePrice } from '../../../domain/remote-prices.ts';
import type { RemoteDeployOrder } from '../../../ports/remote-target.ts';
import type { Fly } from './context.ts';
import { claimApp } from './ensure-app.ts';
import { type Guest, SMALLEST } from './machine-config.ts';
import { webMachines } from './machines.ts';
import { numberOf, recordOf, recordsOf, textOf } from './read-json.ts';
import { readFlyToken, type TokenLimits } from './read-token.ts';

type Finding = Omit<RemoteCheck, 'remote' | 'name'>;

const HINT = 'Make one of the organisation: fly tokens create org -o <organisation>';

/** Token, organisation and rights, as far as they show without making anything. */
export async function checkFly(fly: Fly, token: string): Promise<readonly RemoteCheck[]> {
  const limits = readFlyToken(token);
  const checked = await tryCheck('token', async () => refusal(fly, limits) ?? (await checkToken(fly)));
  if (!checked.passed) return [checked];
  return [checked, await tryCheck('organisation', () => checkOrganization(fly, limits))];
}

/** What stands in the token itself, and makes it of no use; null: nothing does. */
function refusal({ time }: Fly, limits: TokenLimits | null): Finding | null {
  if (limits === null) return null;
  const { missing, isNarrow, expiresAt } = limits;
  if (expiresAt !== null && expiresAt * 1000 <= time.now()) {
    const since = new Date(expiresAt * 1000).toISOString().slice(0, 10);
    return { passed: false, detail: `The token in FLY_API_TOKEN expired on ${since}.`, hint: HINT };
  }
  if (missing.length === 0 && !isNarrow) return null;
  const lacks = missing.length === 0 ? '' : `: it lacks ${missing.join(', ')}`;
  const kind =
    isNarrow || missing.length === 0 ? 'for single apps or features only' : 'for looking, or for single apps';
  return { passed: false, detail: `The token in FLY_API_TOKEN is ${kind}${lacks}.`, hint: HINT };
}

async function tryCheck(name: string, work: () => Promise<Finding>): Promise<RemoteCheck> {
  try {
    return { remote: 'fly', name, ...(await work()) };
  } catch (error) {
    if (!isTurboError(error)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { remote: 'fly', name, passed: false, detail: error.message, ...hint };
  }
}

async function checkToken({ api }: Fly): Promise<Finding> {
  const { status, json } = await api.call('GET', ['tokens', 'current'], { accept: [404] });
  if (status === 404) return { passed: true, detail: 'Fly.io does not tell about this token.' };
  const tokens = recordsOf(recordOf(json).tokens);
  // A token of single apps cannot make one.
  const apps = tokens.flatMap((token) => (Array.isArray(token.apps) ? token.apps.map(String) : []));
  const owners = tokens.map(({ user, organization }) => textOf(user) ?? textOf(organization) ?? '').filter(Boolean);
  const isForApps = tokens.length > 0 && tokens.every(({ apps: only }) => Array.isArray(only) && only.length > 0);
  if (isForApps && !apps.includes('*')) {
    return {
      passed: false,
      detail: `The token in FLY_API_TOKEN is for the apps ${apps.slice(0, 5).join(', ')} only, and cannot make one.`,
      hint: HINT,
    };
  }
  return { passed: true, detail: `The token is valid${owners.length > 0 ? ` (${owners.join(', ')})` : ''}.` };
}

async function checkOrganization({ api, organization }: Fly, limits: TokenLimits | null): Promise<Finding> {
  const query = { org_slug: organization };
  const answer = await api.call('GET', ['apps'], { query, accept: [403, 404] });
  if (answer.status >= 400) {
    return {
      passed: false,
      detail: `The token in FLY_API_TOKEN does not reach the organisation ${organization}.`,
      hint: `Set FLY_ORG to the slug of yours (fly orgs list), or: fly tokens create org -o ${organization}`,
    };
  }
  const count = recordsOf(recordOf(answer.json).apps).length;
  const has = `The organisation ${organization} has ${count} ${count === 1 ? 'app' : 'apps'}`;
  const rights =
    limits === null
      ? 'Whether the token may also make one shows when it does'
      : 'Nothing in the token forbids to make one';
  const until = limits?.expiresAt
    ? `; it expires on ${new Date(limits.expiresAt * 1000).toISOString().slice(0, 10)}`
    : '';
  return { passed: true, detail: `${has}. ${rights}${until}.` };
}

/** What a deployment would make or change; only looks. Throws `remote.conflict` for a name it cannot have. */
export async function planFly(
  fly: Fly,
  { app, region, projectId }: Pick<RemoteDeployOrder, 'app' | 'region' | 'projectId'>,
): Promise<readonly PlannedThing[]> {
  const state = await claimApp(fly, app, projectId);
  const machines = state === 'ours' ? await webMachines(fly, app) : [];
  const isNew = state !== 'ours';
  // The app itself, a shared IPv4 and IPv6 addresses cost nothing: https://fly.io/docs/about/pricing/.
  const thing = { remote: 'fly' as const, monthlyUsd: 0 };
  const rest = 'billed by the second while it runs, stops when idle';
  return [
    {
      ...thing,
      kind: 'app',
      name: app,
      action: isNew ? 'create' : 'adopt',
      detail: `organisation ${fly.organization}`,
    },
    { ...thing, kind: 'addresses', name: app, action: isNew ? 'create' : 'keep', detail: 'shared IPv4, IPv6' },
    { ...thing, kind: 'secrets', name: app, action: isNew ? 'create' : 'update' },
    ...(machines.length === 0
      ? [plannedMachine('web-1', 'create', region, SMALLEST, rest)]
      : machines.map(({ name, region: there, config }) => {
          const { cpu_kind: kind, ...guest } = recordOf(config.guest);
          const size = { cpus: numberOf(guest.cpus) ?? 0, memory_mb: numberOf(guest.memory_mb) ?? 0 };
          // Only shared CPUs are on the list that we know.
          return plannedMachine(name, 'update', there, kind === 'shared' ? { cpu_kind: kind, ...size } : null, '');
        })),
  ];
}

function plannedMachine(
  name: string,
  action: 'create' | 'update',
  region: string,
  guest: Guest | null,
  more: string,
): PlannedThing {
  const size = guest && (guest.cpus === 1 ? 'shared CPU' : `${guest.cpus} shared CPUs`);
  const memory = guest && `${guest.memory_mb} MB`;
  const price = guest && flyMachinePrice(region, { cpus: guest.cpus, memoryMb: guest.memory_mb });
  const told = [region, size, memory].filter(Boolean).join(', ');
  return {
    remote: 'fly',
    kind: 'machine',
    name,
    action,
    detail: more === '' ? told : `${told}; ${more}`,
    monthlyUsd: price?.usd ?? null,
    ...(price?.asOf ? { pricesOf: price.asOf } : {}),
  };
}
