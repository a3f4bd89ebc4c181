import { type Caller, shotAt } from '../contract/callers.ts';
import type { TargetOperation } from '../order.ts';
import { each } from '../parallel.ts';
import { BREAKERS, PAIRS, SLEEP_SECONDS, SLEEPS } from '../payloads.ts';
import type { Reply, Shot } from '../reply.ts';
import { isRow, type Row } from '../row.ts';
import type { Scene } from '../scene.ts';

/** Somewhere in a request of an operation that somebody may make, with a text of ours in it. */
interface Place {
  readonly where: string;
  readonly harmless: string;
  readonly shot: (text: string) => Shot;
  /** Each answer may be about another row. */
  readonly changes: boolean;
}

/** Of all places together, in a quick run. */
const QUICK_PLACES = 60;
/** These cost the server a slow hash each, and count attempts. */
const SIGNING: ReadonlySet<string> = new Set(['register', 'login']);
/** Takes away what the others ask for. */
const ENDING: ReadonlySet<string> = new Set(['logout']);

/** SQL in every parameter and member of operations, by somebody who is signed in. */
export async function injectOperations(scene: Scene): Promise<void> {
  const { trials } = scene;
  if (!trials) return;
  const { attacker } = trials.cast;
  const found: Place[] = [];
  await each(trials.operations, async (operation) => {
    const { kind } = operation.trial;
    if (ENDING.has(kind)) return;
    const address = await trials.ready(operation, attacker);
    const body = operation.trial.body === undefined ? undefined : (await trials.body(operation, attacker)).body;
    if (address !== null) found.push(...placesOf(operation, address, body, attacker));
  });
  const places = scene.isFull ? found : scene.chance.sample(found, QUICK_PLACES);
  await each(places, (place) => attackPlace(place, scene));
  const login = trials.operations.find(({ trial }) => trial.kind === 'login');
  if (login) await enterBySql(login, attacker, scene);
}

function placesOf(operation: TargetOperation, address: string, body: unknown, { token }: Caller): readonly Place[] {
  const { trial, query } = operation;
  const where = `${trial.method} ${trial.path}`;
  const changes = trial.method !== 'GET';
  const at = (name: string, harmless: string, shot: Place['shot']): Place => ({
    where: `${where} ${name}`,
    harmless,
    changes,
    shot: (text) => ({ ...shot(text), where: `${where} ${name}`, payload: text }),
  });
  const parts = address.split('/');
  const pattern = trial.path.split('/');
  const inPath = pattern.flatMap((part, index) => {
    if (!part.startsWith('{')) return [];
    const own = decodeURIComponent(parts[index] ?? '');
    const bent = (text: string) => parts.with(index, encodeURIComponent(text)).join('/');
    return [at(part, own, (text) => shotAt(operation, bent(text), { token, body }))];
  });
  const needed = new URLSearchParams(trial.query ?? '');
  const inQuery = query.map((name) => {
    const search = (text: string) =>
      new URLSearchParams([...[...needed].filter(([own]) => own !== name), [name, text]]).toString();
    return at(`?${name}`, needed.get(name) ?? 'a', (text) =>
      shotAt(operation, address, { token, body, query: search(text) }),
    );
  });
  const inBody = SIGNING.has(trial.kind)
    ? []
    : textsIn(body, []).map(({ path, text: own }) =>
        at(`.${path.join('.')}`, own, (text) =>
          shotAt(operation, address, { token, body: withText(body, path, text) }),
        ),
      );
  return [...inPath, ...inQuery, ...inBody];
}

interface Text {
  readonly path: readonly string[];
  readonly text: string;
}

function textsIn(value: unknown, path: readonly string[]): readonly Text[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value === 'number') return [{ path, text: String(value) }];
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((item) => textsIn(item, [...path, '0']));
  return isRow(value) ? Object.entries(value).flatMap(([name, item]) => textsIn(item, [...path, name])) : [];
}

function withText(value: unknown, [name, ...rest]: readonly string[], text: string): unknown {
  if (name === undefined) return text;
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === name ? withText(item, rest, text) : item));
  const row: Row = isRow(value) ? value : {};
  return { ...row, [name]: withText(row[name], rest, text) };
}

async function attackPlace(place: Place, scene: Scene): Promise<void> {
  const { isFull, chance, fire, report } = scene;
  const ask = (text: string) => fire(place.shot(place.harmless + text));
  for (const text of isFull ? BREAKERS : ["'", ...chance.sample(BREAKERS, 1)]) {
    const broken = await ask(text);
    if (broken.status < 500 || broken.status === 503) continue;
    if ((await ask('')).status >= 500) return;
    return report('injection', place.where, `${text} breaks the statement, which works without it.`, broken);
  }
  for (const [isTrue, isFalse] of place.changes ? [] : isFull ? PAIRS : chance.sample(PAIRS, 1)) {
    if (await obeys(place, ask, isTrue, isFalse, scene)) return;
  }
  for (const sleep of isFull ? SLEEPS : chance.sample(SLEEPS, 1)) {
    const first = await ask(sleep(SLEEP_SECONDS));
    if (first.ms < SLEEP_SECONDS * 1000 || (await ask(sleep(0))).ms > SLEEP_SECONDS * 500) continue;
    if ((await ask(sleep(SLEEP_SECONDS))).ms < SLEEP_SECONDS * 1000) continue;
    return report('injection', place.where, `With ${sleep(SLEEP_SECONDS)} the answer takes longer, twice.`, first);
  }
}

/** Answers to what is true and what is not differ, every time. */
async function obeys(
  place: Place,
  ask: (text: string) => Promise<Reply>,
  isTrue: string,
  isFalse: string,
  { report }: Scene,
): Promise<boolean> {
  for (let round = 0; round < 3; round += 1) {
    const [one, other] = [await ask(isTrue), await ask(isFalse)];
    if (gist(one, isTrue) === gist(other, isFalse)) return false;
    if (round < 2) continue;
    report('injection', place.where, `${isTrue} and ${isFalse} are answered differently, three times.`, one);
  }
  return true;
}

/** Nothing that repeats the question. */
function gist({ status, body, isGood }: Reply, text: string): string {
  return isGood ? `${status} ${body.replaceAll(JSON.stringify(text).slice(1, -1), '')}` : String(status);
}

/** A few, since failures to sign in are counted. */
async function enterBySql(login: TargetOperation, { login: body }: Caller, { fire, report }: Scene): Promise<void> {
  const [[isTrue]] = [PAIRS[0] ?? ['']];
  for (const { path, text } of textsIn(body, [])) {
    const sent = withText(body, path, text + isTrue);
    const reply = await fire({ ...shotAt(login, login.trial.path, { token: null, body: sent }), payload: isTrue });
    const where = `${login.trial.method} ${login.trial.path} .${path.join('.')}`;
    if (reply.isGood) report('injection', where, `${isTrue} signs in.`, reply);
  }
}
