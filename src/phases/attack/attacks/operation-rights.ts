import { type Caller, shotAt } from '../contract/callers.ts';
import type { Made, Trials } from '../contract/trials.ts';
import type { TargetOperation } from '../order.ts';
import { each } from '../parallel.ts';
import type { Reply } from '../reply.ts';
import { isRow, type Row } from '../row.ts';
import type { Scene } from '../scene.ts';

const READING = 'GET';

/** Rows of somebody else by the operations of a contract: read, listed, changed, deleted, tied, and made below them. */
export async function reachOthers(scene: Scene): Promise<void> {
  const { trials } = scene;
  if (!trials) return;
  // Keys open operations; nobody owns rows.
  if (trials.operations.every(({ reach }) => reach === 'open')) return;
  await each(trials.operations, async (operation) => {
    if (operation.trial.kind === 'list') await lookThrough(operation, trials, scene);
    if (await lookBelow(operation, trials, scene)) return;
    if (operation.reach !== 'open') await intrude(operation, trials, scene);
  });
}

function place({ trial }: TargetOperation): string {
  return `${trial.method} ${trial.path}`;
}

/** At an address of the victim's, as the attacker and as nobody. */
async function intrude(operation: TargetOperation, trials: Trials, scene: Scene): Promise<void> {
  const { victim, attacker } = trials.cast;
  const { trial, reach } = operation;
  const last = trial.params.at(-1);
  if (!last) return;
  const made = await trials.make(last.table, victim);
  const address = made && (await trials.addressWith(operation, made, victim));
  if (!address) return scene.field.ledger.leave(place(operation), 'no operation shows how a row of it is found');
  const tie = trials.operations.find((other) => other.trial.id === trial.tiedBy);
  if (tie) await trials.ask(tie, address, victim);
  const before = await seen(made, last.table, trials, victim);
  const body = trial.body === undefined ? undefined : (await trials.body(operation, attacker)).body;
  if (trial.method === READING && reach !== 'private') return;
  const reply = await scene.fire(shotAt(operation, address, { token: attacker.token, body }));
  judge(operation, reply, scene);
  const after = await seen(made, last.table, trials, victim);
  if (before === after || reply.isGood) return;
  const evidence = `The answer is ${reply.status}, and its owner finds the row changed or gone.`;
  scene.report('others-changed', place(operation), evidence, reply);
}

const TITLES = {
  read: 'others-read',
  list: 'others-listed',
  change: 'others-changed',
  remove: 'others-deleted',
} as const;

function judge(operation: TargetOperation, reply: Reply, { report }: Scene): void {
  const { kind } = operation.trial;
  if (reply.isGood) {
    const found = kind === 'read' || kind === 'list' || kind === 'change' || kind === 'remove';
    const evidence = `Somebody else is answered with ${reply.status}.`;
    if (kind === 'list' && !holdsRows(reply.json())) return;
    report(found ? TITLES[kind] : 'others-tied', place(operation), evidence, reply);
  } else if (operation.reach === 'private' && reply.status === 403) {
    report('others-oracle', place(operation), 'The answer is 403: so there is such a row.', reply);
  }
}

/** A row as its owner reads it; null where nothing reads it. */
async function seen(made: Made, table: string, trials: Trials, owner: Caller): Promise<string | null> {
  const reads = trials.operations.find(
    ({ trial }) => trial.kind === 'read' && trial.params.length === 1 && trial.params[0]?.table === table,
  );
  const address = reads && (await trials.addressWith(reads, made, owner));
  if (!reads || !address) return null;
  const { status, body } = await trials.ask(reads, address, owner);
  return `${status} ${body}`;
}

/**
 * A private list below somebody's row, which may well be for everybody to read: what counts is whether the victim's rows
 * are in it. False when that cannot be seen by it, so that its answer alone must tell.
 */
async function lookBelow(operation: TargetOperation, trials: Trials, scene: Scene): Promise<boolean> {
  const { victim, attacker } = trials.cast;
  const { trial, lists, reach } = operation;
  if (trial.kind !== 'list' || trial.params.length === 0 || lists === null || reach !== 'private') return false;
  const theirs = await trials.make(lists, victim);
  if (!theirs || !isAt(trial.path, theirs.address)) return false;
  const own = await trials.ask(operation, theirs.address, victim);
  if (!shows(own.json(), theirs)) return false;
  const reply = await scene.fire(shotAt(operation, theirs.address, { token: attacker.token }));
  if (reply.isGood && shows(reply.json(), theirs))
    scene.report('others-listed', place(operation), 'A row of somebody else is in the list.', reply);
  else if (!reply.isGood) judge(operation, reply, scene);
  return true;
}

/** Whether an address is one of a path like `/projects/{id}/tasks`. */
function isAt(path: string, address: string): boolean {
  const [parts, found] = [path.split('/'), address.split('/')];
  return parts.length === found.length && parts.every((part, at) => part.startsWith('{') || part === found[at]);
}

/** Lists of what belongs to somebody, as somebody else, also by all that narrows them. */
async function lookThrough(operation: TargetOperation, trials: Trials, scene: Scene): Promise<void> {
  const { victim, attacker } = trials.cast;
  const { trial, lists, query } = operation;
  if (lists === null || operation.reach !== 'private') return;
  const theirs = await trials.make(lists, victim);
  const address = theirs && (await trials.addressOf(operation, attacker));
  if (!theirs || !address)
    return scene.field.ledger.leave(place(operation), 'no operation makes a row that it would list');
  const own = await trials.ask(operation, address, victim);
  const isListed = trial.params.length > 0 || shows(own.json(), theirs);
  if (!isListed) return scene.field.ledger.leave(place(operation), 'its owner does not find a row in it, either');
  const needed = new URLSearchParams(trial.query ?? '');
  const narrowed = query.map((name) => {
    const value = theirs.row[name] ?? theirs.word;
    return new URLSearchParams([...needed.entries(), [name, String(value)]]).toString();
  });
  await each([needed.toString(), ...narrowed], async (search) => {
    const name = /([^=&]*)=[^&]*$/.exec(search)?.[1];
    const where = search === '' || search === trial.query ? place(operation) : `${place(operation)} ?${name}`;
    const reply = await scene.fire(shotAt(operation, address, { token: attacker.token, query: search, where }));
    if (reply.isGood && shows(reply.json(), theirs))
      scene.report('others-listed', where, 'A row of somebody else is in the list.', reply);
  });
}

/** Whether there is a list in an answer that is not empty. */
function holdsRows(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isRow(value) && Object.values(value).some((item) => holdsRows(item));
}

/** Whether a row is somewhere in an answer: by the word in its texts, or by all that both show. */
function shows(value: unknown, made: Made): boolean {
  if (made.word !== '') return JSON.stringify(value ?? null).includes(made.word);
  if (Array.isArray(value)) return value.some((item) => shows(item, made));
  if (!isRow(value)) return false;
  return isSame(value, made.row) || Object.values(value).some((item) => shows(item, made));
}

function isSame(one: Row, other: Row): boolean {
  const common = Object.keys(one).filter((name) => name in other && !isRow(one[name]) && !Array.isArray(one[name]));
  return common.length > 1 && common.every((name) => one[name] === other[name]);
}
