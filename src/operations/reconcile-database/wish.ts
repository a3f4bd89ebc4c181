import { databaseNames, LOGIN_ROLES, limitsOf, trashName } from '../../domain/database.ts';
import { TurboError } from '../../domain/errors.ts';
import { assertSamePlace, type DatabaseTarget, passwordContext, type Wish } from '../../domain/provisioning.ts';
import { generatePassword } from '../../domain/scram.ts';
import type { ClusterInfo } from '../../ports/cluster.ts';
import type { Passwords } from '../../ports/database-admin.ts';
import type { Needs } from '../../ports/services.ts';
import type { DatabaseRecord, SealedSecrets } from '../../ports/state-records.ts';
import type { ReconcileNeeds, ReconcileOrder } from './order.ts';

/** A wish that is written down; `nothing` to wish away; or `unmet`, when the record is not as the order asks for. */
export type Wished = DatabaseRecord | 'nothing' | 'unmet';

/** The intent, before anything exists: from here on a password can no longer be lost. */
export async function recordWish(
  order: ReconcileOrder,
  services: ReconcileNeeds,
  { systemIdentifier }: ClusterInfo,
): Promise<Wished> {
  const { projectId, env, wish } = order;
  const { state } = services;
  const known = await state.findDatabase(projectId, env);
  if (known) assertSamePlace(known, projectId, env, systemIdentifier);
  if (order.onlyIf && !(known && order.onlyIf(known))) return 'unmet';
  if (!known && wish !== 'present') return 'nothing';
  const record = isSettled(known, wish) ? known : await writeWish(known, order, services, systemIdentifier);
  if (!order.renewPasswords || record.nextSecrets !== null || record.rotation !== null || !known) return record;
  if (!(await state.beginRotation(projectId, env, record.generation, await newSecrets(order, services)))) {
    throw overtaken(projectId);
  }
  order.onStep?.('new-passwords');
  return (await state.findDatabase(projectId, env)) ?? 'nothing';
}

/** Nothing is written for what is wished already: it would only cost time, on the way most often taken. */
function isSettled(known: DatabaseRecord | null, wish: Wish): known is DatabaseRecord {
  const settled = { present: 'ready', trashed: 'trashed', absent: null }[wish];
  return known?.desired === wish && known.status === settled;
}

async function writeWish(
  known: DatabaseRecord | null,
  order: ReconcileOrder,
  services: ReconcileNeeds,
  systemIdentifier: string,
): Promise<DatabaseRecord> {
  const { projectId, env, wish } = order;
  return services.state.wishDatabase({
    projectId,
    env,
    databaseName: databaseNames(projectId, env).database,
    systemIdentifier,
    desired: wish,
    secrets: known?.secrets ?? (await newSecrets(order, services)),
    ...(known ? {} : { maxOfOwner: services.limits.databases }),
    ...(wish === 'trashed' ? { trashName: trashName(projectId, env, services.clock.now()) } : {}),
  });
}

async function newSecrets({ projectId, env }: ReconcileOrder, { vault }: ReconcileNeeds): Promise<SealedSecrets> {
  return {
    mig: await vault.seal(generatePassword(), passwordContext(projectId, env, 'mig')),
    app: await vault.seal(generatePassword(), passwordContext(projectId, env, 'app')),
    ro: await vault.seal(generatePassword(), passwordContext(projectId, env, 'ro')),
  };
}

/** What the record asks for: the names, and its own limits before those of the settings. */
export function targetOf(record: DatabaseRecord, { limits }: Needs<'limits'>): DatabaseTarget {
  return {
    names: databaseNames(record.projectId, record.env),
    trash: record.trashName,
    limits: limitsOf(record.limits, limits),
  };
}

/** The passwords the roles are to have: the new ones, once a change of them is written down. */
export async function openPasswords(record: DatabaseRecord, { vault }: ReconcileNeeds): Promise<Passwords> {
  const { projectId, env } = record;
  const secrets = record.nextSecrets ?? record.secrets;
  const [mig, app, ro] = await Promise.all(
    LOGIN_ROLES.map((role) => vault.open(secrets[role], passwordContext(projectId, env, role))),
  );
  if (mig === undefined || app === undefined || ro === undefined) throw new RangeError('there are three logins');
  return { mig, app, ro };
}

/** The last word on a wish: the row says so, or is gone. Throws when another process has wished otherwise meanwhile. */
export async function settleRecord(
  record: DatabaseRecord,
  wish: Wish,
  { state }: Needs<'state'>,
): Promise<DatabaseRecord | null> {
  const { projectId, env, generation } = record;
  if (wish === 'absent') {
    if (await state.deleteDatabase(projectId, env, generation)) return null;
    throw overtaken(projectId);
  }
  const status = wish === 'present' ? 'ready' : 'trashed';
  if (record.status === status && record.lastError === null && record.nextSecrets === null) return record;
  if (!(await state.settleDatabase(projectId, env, generation, { status }))) throw overtaken(projectId);
  return state.findDatabase(projectId, env);
}

function overtaken(projectId: string): TurboError {
  return new TurboError('cluster.locked', `Another process has changed the wish for project ${projectId} meanwhile.`, {
    hint: 'turbobackend status',
    details: { projectId },
  });
}
