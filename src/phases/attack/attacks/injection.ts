import { isAccountsTable } from '../../../domain/access.ts';
import { inputFields, resourcePath } from '../../../domain/rest.ts';
import type { Place } from '../header-places.ts';
import { each } from '../parallel.ts';
import { BREAKERS, NAME_PAIRS, PAIRS, raids, SLEEP_SECONDS, SLEEPS } from '../payloads.ts';
import { placesOf } from '../places.ts';
import type { Reply } from '../reply.ts';
import type { Scene } from '../scene.ts';

/** In a quick run: of all tables together, but some of each; and with how much each. */
const QUICK_PLACES = 60;
const QUICK_LEAST = 3;
const QUICK_BREAKERS = 1;

/** SQL in every filter, setting, key and header that can carry text. */
export async function injectSql(scene: Scene): Promise<void> {
  await each(scene.stock.tables, async (table) => {
    const { stock, people, isFull, chance } = scene;
    const attacker = people?.cast.attacker ?? null;
    // Each body with a password costs the server a slow hash: so many would only show how slow it is.
    const isCostly = isAccountsTable(table, scene.schema) || inputFields(table).some(({ hashed }) => hashed);
    const [specimen, body] = [await stock.row(table, attacker), isCostly ? null : await stock.body(table, attacker)];
    await stock.fresh(table, attacker);
    const first = await scene.fire({ method: 'GET', path: `${resourcePath(table)}?limit=1`, as: attacker });
    const given = first.row()?.nextCursor;
    const cursor = typeof given === 'string' ? given : null;
    const all = placesOf(table, { specimen, body, cursor }, scene);
    const count = Math.max(QUICK_LEAST, Math.floor(QUICK_PLACES / stock.tables.length));
    const places = isFull ? all : chance.sample(all, count);
    await each(places, (place) => attackPlace(place, adopting(place, scene)));
  });
}

/** What comes into being on the way is taken away again. */
function adopting(place: Place, scene: Scene): Scene {
  if (!place.makesRows) return scene;
  const fire: Scene['fire'] = async (shot) => {
    const reply = await scene.fire(shot);
    scene.stock.adopt(place.table, reply, shot.as ?? null);
    return reply;
  };
  return { ...scene, fire };
}

async function attackPlace(place: Place, scene: Scene): Promise<void> {
  const { isFull, chance } = scene;
  const breakers = isFull ? BREAKERS : ["'", ...chance.sample(BREAKERS.slice(1), QUICK_BREAKERS)];
  const pairs = place.takes === 'name' ? [...NAME_PAIRS, ...PAIRS.slice(0, 1)] : PAIRS;
  const sleeps = isFull ? SLEEPS : chance.sample(SLEEPS, 1);
  const { plant } = scene.field.order;
  const loot = plant && isFull ? raids(place.table, plant) : [];
  // One proof is enough, and what sleeps in a statement keeps everybody else waiting.
  if (await breaksStatement(place, [...breakers, ...loot], scene)) return;
  // A new row each time is no answer to compare.
  const compared = place.makesRows ? [] : isFull ? pairs : chance.sample(pairs, 1);
  for (const pair of compared) if (await obeys(place, pair, scene)) return;
  for (const sleep of sleeps) if (await fallsAsleep(place, sleep, scene)) return;
}

/** An error of the server that goes away with the quote came from the database. */
async function breaksStatement(place: Place, breakers: readonly string[], { fire, report }: Scene): Promise<boolean> {
  let isBroken = false;
  await each(breakers, async (breaker) => {
    const broken = await fire(place.shot(place.harmless + breaker));
    if (broken.status < 500 || broken.status === 503) return;
    const control = await fire(place.shot(place.harmless));
    if (control.status >= 500) return;
    isBroken = true;
    const evidence = `${breaker} breaks the statement; without it the answer is ${control.status}.`;
    report('injection', place.where, evidence, broken);
  });
  return isBroken;
}

/** Answers to what is true and what is not differ, and stay as they are when asked again. */
async function obeys(
  place: Place,
  [isTrue, isFalse]: readonly [string, string],
  { fire, report }: Scene,
): Promise<boolean> {
  const ask = async (text: string): Promise<Reply> => fire(place.shot(place.harmless + text));
  const [first, other] = [await ask(isTrue), await ask(isFalse)];
  const isBusy = [first, other].some(({ status }) => status === 503 || status === 0);
  if (isBusy || gist(first) === gist(other)) return false;
  // Rows come and go meanwhile; what obeys does so every time.
  for (let round = 0; round < 3; round += 1) {
    if (gist(await ask(isTrue)) !== gist(first) || gist(await ask(isFalse)) !== gist(other)) return false;
  }
  const evidence = `${isTrue} and ${isFalse} are answered differently, four times.`;
  report('injection', place.where, evidence, first);
  return true;
}

/** Status, and what was found; nothing that repeats the question. */
function gist(reply: Reply): string {
  if (!reply.isGood) return String(reply.status);
  const rows = reply.row()?.data === undefined ? [reply.row()] : reply.rows();
  return `${reply.status} ${JSON.stringify(rows)}`;
}

/** Slow with sleep, quick without, slow again: a busy machine does not answer like that. */
async function fallsAsleep(
  place: Place,
  sleep: (seconds: number) => string,
  { fire, report }: Scene,
): Promise<boolean> {
  const ask = (seconds: number) => fire(place.shot(place.harmless + sleep(seconds)));
  const isAsleep = (reply: Reply) => reply.ms >= SLEEP_SECONDS * 1000;
  const first = await ask(SLEEP_SECONDS);
  if (!isAsleep(first)) return false;
  const control = await ask(0);
  if (control.ms > SLEEP_SECONDS * 500) return false;
  if (!isAsleep(await ask(SLEEP_SECONDS))) return false;
  const evidence = `With ${sleep(SLEEP_SECONDS)} the answer takes ${Math.round(first.ms)} ms, with ${sleep(0)} ${Math.round(control.ms)} ms.`;
  report('injection', place.where, evidence, first);
  return true;
}
