import type { AttackResult } from '../domain/verification.ts';
import type { Needs } from '../ports/services.ts';
import { attackAccounts } from './attack/attacks/accounts.ts';
import { assignMass } from './attack/attacks/assignment.ts';
import { attackBodies } from './attack/attacks/bodies.ts';
import { askForSensitive } from './attack/attacks/columns.ts';
import { crowd } from './attack/attacks/crowd.ts';
import { injectSql } from './attack/attacks/injection.ts';
import { injectBodies } from './attack/attacks/injection-bodies.ts';
import { guessKeys } from './attack/attacks/keys.ts';
import { attackLogin } from './attack/attacks/login.ts';
import { assignMembers } from './attack/attacks/operation-fields.ts';
import { reachOthers } from './attack/attacks/operation-rights.ts';
import { injectOperations } from './attack/attacks/operation-texts.ts';
import { forgeEntry } from './attack/attacks/operation-tokens.ts';
import { attackOperations } from './attack/attacks/operations.ts';
import { attackOrigins } from './attack/attacks/origins.ts';
import { readOthers } from './attack/attacks/others-rows.ts';
import { writeOthers } from './attack/attacks/others-writes.ts';
import { breakProtocol } from './attack/attacks/protocol.ts';
import { race } from './attack/attacks/races.ts';
import { attackSessions } from './attack/attacks/sessions.ts';
import { trickle } from './attack/attacks/slow.ts';
import { attackTokens } from './attack/attacks/tokens.ts';
import { lookForTraces } from './attack/attacks/traces.ts';
import { traverse } from './attack/attacks/traversal.ts';
import { attackValues } from './attack/attacks/values.ts';
import { Chance } from './attack/chance.ts';
import { openTrials } from './attack/contract/open-trials.ts';
import type { Field } from './attack/field.ts';
import { Ledger } from './attack/ledger.ts';
import { sensitiveKeys } from './attack/oracles.ts';
import type { AttackOrder } from './attack/order.ts';
import { Gate } from './attack/parallel.ts';
import { openPeople } from './attack/people.ts';
import type { Scene } from './attack/scene.ts';
import { Stock } from './attack/stock.ts';
import { isAlive, openTalk } from './attack/talk.ts';

export type { AttackOrder };

type Attack = readonly [name: string, run: (scene: Scene) => Promise<void>];

/** Waves follow each other; the attacks of one go side by side. */
const WAVES: readonly (readonly Attack[])[] = [
  [
    ['other-rows', readOthers],
    ['tokens', attackTokens],
    ['accounts', attackAccounts],
    ['sensitive-columns', askForSensitive],
    ['keys', guessKeys],
  ],
  [
    ['other-rows', writeOthers],
    ['mass-assignment', assignMass],
    ['sessions', attackSessions],
    ['origins', attackOrigins],
    ['races', race],
  ],
  [
    ['injection', injectSql],
    ['bodies', attackBodies],
    ['values', attackValues],
    ['protocol', breakProtocol],
    ['traversal', traverse],
    ['operations', attackOperations],
    ['operation-rights', reachOthers],
    ['operation-fields', assignMembers],
    ['operation-tokens', forgeEntry],
  ],
  // What stands in the rows of these would meet others that look for it.
  [
    ['injection', injectBodies],
    ['operation-texts', injectOperations],
  ],
  [['crowd', crowd]],
  [['login', attackLogin]],
];

/** Waits half a minute for the server to lose its patience, beside everything else. */
const LONGEST: Attack = ['slow-requests', trickle];

/** Requests at the same time; more would only measure the waiting. */
const WIDTH = 16;

/**
 * Attacks a running backend by what its schema says of paths, fields and access: makes people and rows of its own, tries
 * to get at what they may not have, and removes what it made. Every answer is looked through for what must not leave a
 * server. Never throws for a backend that is wrong or silent: that is what the result says.
 */
export async function attack(
  order: AttackOrder,
  needs: Needs<'http' | 'wire' | 'clock' | 'progress'>,
): Promise<AttackResult> {
  const field = openField(order, needs);
  const { ledger } = field;
  const talk = openTalk(field, 'preparation');
  if (!(await isAlive(field))) {
    talk.report('not-attacked', 'GET /health', 'Nothing answers there.');
    return ledger.result();
  }
  const before = (await order.countRows?.()) ?? null;
  const people = openPeople(order.schema, field, talk);
  const isGathered = people === null || (await people.gather()) !== null;
  if (!isGathered) talk.report('not-attacked', 'POST /auth/register', 'Nobody can register.');
  const stock = new Stock(field, talk, people);
  if (isGathered) {
    const trials = await openTrials(field, talk);
    const scene = (name: string): Scene => {
      const { schema, isFull, chance } = field;
      return { field, schema, isFull, chance, people, stock, trials, ...openTalk(field, name) };
    };
    const runAll = (attacks: readonly Attack[]) => {
      const wanted = attacks.filter(([name]) => order.only?.includes(name) ?? true);
      return Promise.all(wanted.map(([name, run]) => timed(field, name, () => run(scene(name)))));
    };
    await prepare(scene('preparation'));
    await Promise.all([runAll([LONGEST]), inWaves(runAll)]);
    await timed(field, 'traces', () => lookForTraces(scene('traces'), null));
  }
  await timed(field, 'removal', async () => {
    const left = [...(await stock.clear()), ...((await people?.clear()) ?? [])];
    if (left.length > 0)
      needs.progress({ kind: 'warning', message: `Left behind by attacks: ${left.slice(0, 5).join(', ')}` });
    await lookForTraces(
      { ...talk, field, schema: order.schema, isFull: field.isFull, chance: field.chance, people, stock, trials: null },
      before,
    );
  });
  if (!(await isAlive(field))) talk.report('crash', 'GET /health', 'The server does not answer any more.');
  return ledger.result();
}

async function inWaves(runAll: (wave: readonly Attack[]) => Promise<unknown>): Promise<void> {
  for (const wave of WAVES) await runAll(wave);
}

function openField(order: AttackOrder, needs: Field['needs']): Field {
  const ledger = new Ledger();
  return {
    order,
    schema: order.schema,
    base: order.url.replace(/\/+$/, ''),
    isFull: order.profile === 'full',
    chance: new Chance(order.seed ?? needs.clock.now()),
    ledger,
    oracle: {
      marker: order.plant?.marker ?? null,
      sensitive: sensitiveKeys(order.schema),
      secrets: () => [...ledger.secrets('password'), ...ledger.secrets('value')],
    },
    gate: new Gate(WIDTH),
    silent: new Set(),
    isDead: false,
    needs,
  };
}

/** Rows of everybody, so that there is something to get at. */
async function prepare({ stock, people, report, field }: Scene): Promise<void> {
  const { victim = null, attacker = null } = people?.cast ?? {};
  for (const table of stock.tables) {
    const [row] = await Promise.all([stock.row(table, victim), stock.row(table, attacker)]);
    if (row || stock.refusals.has(table.name)) continue;
    const message = `No row of ${table.name} can be made by those who attack: it is attacked without one.`;
    field.needs.progress({ kind: 'warning', message });
  }
  for (const [table, reply] of stock.refusals) {
    // Without an admin there are tables nobody can fill.
    if (reply.status === 403 && people && !people.cast.admin) continue;
    report('not-attacked', table, 'No row can be made of what the schema says.', reply);
  }
}

async function timed(field: Field, name: string, work: () => Promise<void>): Promise<void> {
  const { clock } = field.needs;
  const started = clock.elapsedMs();
  await work();
  field.ledger.took(name, clock.elapsedMs() - started);
}
