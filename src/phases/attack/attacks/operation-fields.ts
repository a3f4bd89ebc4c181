import { rowIn, shotAt, subjectOf } from '../contract/callers.ts';
import type { Made, Trials } from '../contract/trials.ts';
import type { TargetOperation } from '../order.ts';
import { each } from '../parallel.ts';
import { isRow, type Row } from '../row.ts';
import type { Scene } from '../scene.ts';

const MAKING: ReadonlySet<string> = new Set(['create', 'change', 'register', 'changeMe']);
/** What people call the column that says whose a row is, and what somebody may do. */
const OWNERS = ['owner', 'owner_id', 'ownerId', 'user_id', 'userId', 'account_id', 'accountId', 'author', 'author_id'];
const RIGHTS: Row = { role: 'admin', roles: ['admin'], isAdmin: true, is_admin: true, admin: true, scopes: ['admin'] };
const HASHES: Row = { password_hash: 'mass-424242-hash', passwordHash: 'mass-424242-hash' };

/** Members that the document lets nobody send: keys, times, counts, whose a row is, and what somebody may do. */
export async function assignMembers(scene: Scene): Promise<void> {
  const { trials } = scene;
  if (!trials) return;
  const making = trials.operations.filter(({ trial }) => MAKING.has(trial.kind));
  await each(making, async (operation) => {
    await plant(operation, { ...operation.fixed, ...HASHES }, trials, scene);
    if (operation.trial.kind === 'create') await giveAway(operation, trials, scene);
    else await plant(operation, RIGHTS, trials, scene);
  });
}

async function plant(operation: TargetOperation, planted: Row, trials: Trials, scene: Scene): Promise<void> {
  const { attacker } = trials.cast;
  const address = await trials.ready(operation, attacker);
  if (address === null) return;
  const { body } = await trials.body(operation, attacker);
  const wrapped = within(body, operation.trial.wrap ?? null, planted);
  const reply = await scene.fire(shotAt(operation, address, { token: attacker.token, body: wrapped }));
  const row = rowIn(operation.trial, reply);
  const taken = Object.entries(planted).filter(([name, value]) => row !== null && isSame(row[name], value));
  const where = `${operation.trial.method} ${operation.trial.path}`;
  for (const [name] of taken) {
    scene.report('mass-assignment', `${where} ${name}`, `The answer has ${name} as it was sent.`, reply);
  }
}

function isSame(shown: unknown, sent: unknown): boolean {
  if (typeof sent === 'string' && /^\d{4}-/.test(sent))
    return typeof shown === 'string' && sent.startsWith(shown.slice(0, 10));
  return shown !== undefined && JSON.stringify(shown) === JSON.stringify(sent);
}

/** Members beside those of the body, in the object that the body is, or holds. */
function within(body: unknown, wrap: string | null, planted: Row): unknown {
  if (!isRow(body)) return { ...planted };
  const [[name, inner] = ['', null], ...others] = Object.entries(body);
  const isWrapped = others.length === 0 && (wrap === null || wrap === name);
  return isWrapped && isRow(inner) ? { [name]: { ...planted, ...inner } } : { ...planted, ...body };
}

/** A row that its maker gives to somebody else is not its maker's any more. */
async function giveAway(operation: TargetOperation, trials: Trials, scene: Scene): Promise<void> {
  const { victim, attacker } = trials.cast;
  const { trial } = operation;
  const key = subjectOf(victim);
  const guarded = trials.operations.filter(
    (other) =>
      other.reach !== 'open' &&
      other.trial.params.length === 1 &&
      other.trial.params[0]?.table === trial.makes &&
      ['change', 'remove'].includes(other.trial.kind) &&
      // Whoever made a row may not do what is for administrators.
      (other.trial.guard !== 'account' || (other.trial.scopes ?? []).length === 0),
  );
  if (guarded.length === 0 || key === null) return;
  const address = await trials.ready(operation, attacker);
  if (address === null) return;
  const own = operation.ownerMembers.length > 0 ? operation.ownerMembers : OWNERS;
  await each([...new Set([...own, ...(scene.isFull ? OWNERS : [])])], async (name) => {
    const { body, word } = await trials.body(operation, attacker);
    const sent = within(body, trial.wrap ?? null, { [name]: key });
    const reply = await scene.fire(shotAt(operation, address, { token: attacker.token, body: sent }));
    const row = reply.isGood ? rowIn(trial, reply) : null;
    const refused = row && (await refusalOf(guarded, { row, address, word }, trials));
    if (refused === null) return;
    const evidence = `With ${name} of somebody else, who made the row is answered with ${refused}.`;
    scene.report('mass-assignment', `${trial.method} ${trial.path} ${name}`, evidence, reply);
  });
}

/** How the maker of a row is refused by what it should be let do; null when it is not. */
async function refusalOf(guarded: readonly TargetOperation[], made: Made, trials: Trials): Promise<number | null> {
  const { attacker } = trials.cast;
  // What is deleted is refused to everybody.
  const isLast = ({ trial }: TargetOperation) => Number(trial.kind === 'remove');
  for (const operation of guarded.toSorted((one, other) => isLast(one) - isLast(other))) {
    const target = await trials.addressWith(operation, made, attacker);
    if (target === null) continue;
    const change = operation.trial.body === undefined ? undefined : (await trials.body(operation, attacker)).body;
    const { status } = await trials.ask(operation, target, attacker, change);
    if (status === 403 || status === 404) return status;
    if (isLast(operation)) return null;
  }
  return null;
}
