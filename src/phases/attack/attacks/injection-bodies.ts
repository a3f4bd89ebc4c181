import { parseColumnType } from '../../../domain/column-type.ts';
import { inputFields, patchFields, resourcePath } from '../../../domain/rest.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import { BREAKERS, PAIRS, SLEEP_SECONDS, SLEEPS } from '../payloads.ts';
import { isRow } from '../row.ts';
import type { Scene } from '../scene.ts';

const OBJECTS: readonly unknown[] = [
  { $ne: null },
  { $gt: '' },
  { eq: 'a' },
  { toString: 'a' },
  ['a', 'b'],
  { length: 1 },
  { raw: "'; drop table x--" },
];

/** SQL and objects in every field of a body: what is stored must be what was sent. */
export async function injectBodies(scene: Scene): Promise<void> {
  await each(scene.stock.tables, async (table) => {
    await each(textFields(table), (name) => attackField(table, name, scene));
    await objectsForValues(table, scene);
  });
}

function textFields(table: Table): readonly string[] {
  const isFree = (type: string) => {
    const parsed = parseColumnType(type);
    return parsed?.kind === 'text' && !parsed.array;
  };
  const fields = patchFields(table).filter(({ column, hashed }) => !hashed && !column.sensitive && isFree(column.type));
  return fields.filter(({ column }) => !column.references).map(({ name }) => name);
}

async function attackField(table: Table, name: string, scene: Scene): Promise<void> {
  const { chance, isFull, stock, people, fire, report } = scene;
  const specimen = await stock.row(table, people?.cast.attacker ?? null);
  if (!specimen) return;
  const as = stock.maker(table, specimen.owner);
  const where = `PATCH ${resourcePath(table)}/{key} ${name}`;
  const texts = [...BREAKERS, ...PAIRS.map(([isTrue]) => isTrue), ...SLEEPS.map((sleep) => sleep(SLEEP_SECONDS))];
  for (const text of isFull ? texts : chance.sample(texts, 2)) {
    const sent = `O${text}`;
    const shot = { method: 'PATCH', path: specimen.path, as, json: { [name]: sent }, payload: sent, where };
    const reply = await fire(shot);
    const stored = reply.row()?.[name];
    if (reply.status >= 500 && reply.status !== 503) {
      const control = await fire({ ...shot, json: { [name]: 'Oh' }, payload: 'Oh' });
      if (control.status < 500) report('injection', where, `${sent} breaks the statement.`, reply);
    } else if (reply.isGood && typeof stored === 'string' && !isSame(stored, sent)) {
      report('injection', where, `${sent} was stored as ${stored}.`, reply);
    } else if (reply.ms >= SLEEP_SECONDS * 1000 && sent.includes(`sleep(${SLEEP_SECONDS})`)) {
      await confirmSleep(shot, sent, scene);
    }
  }
}

async function confirmSleep(shot: Parameters<Scene['fire']>[0], sent: string, { fire, report }: Scene): Promise<void> {
  const awake = sent.replace(`sleep(${SLEEP_SECONDS})`, 'sleep(0)');
  const field = isRow(shot.json) ? (Object.keys(shot.json)[0] ?? '') : '';
  const control = await fire({ ...shot, json: { [field]: awake }, payload: awake });
  const again = await fire(shot);
  if (control.ms < SLEEP_SECONDS * 500 && again.ms >= SLEEP_SECONDS * 1000) {
    report('injection', shot.where ?? shot.path, `${sent} makes the answer wait.`, again);
  }
}

/** A login is kept in small letters and trimmed; unusual quotes may be normalised. */
function isSame(stored: string, sent: string): boolean {
  const plain = (text: string) => text.normalize('NFKC').trim().toLowerCase();
  return plain(stored) === plain(sent);
}

/** Where a plain value is due, an object or a list must be refused. */
async function objectsForValues(table: Table, { chance, isFull, stock, people, fire, report }: Scene): Promise<void> {
  const person = people?.cast.attacker ?? null;
  const specimen = await stock.row(table, person);
  if (!specimen) return;
  const fields = inputFields(table).filter(({ column }) => {
    const type = parseColumnType(column.type);
    return !column.primaryKey && type?.kind !== 'json' && type?.array !== true;
  });
  await each(isFull ? fields : chance.sample(fields, 2), async ({ name }) => {
    for (const value of isFull ? OBJECTS : chance.sample(OBJECTS, 1)) {
      const where = `PATCH ${resourcePath(table)}/{key} ${name}`;
      const as = stock.maker(table, person);
      const reply = await fire({ method: 'PATCH', path: specimen.path, as, json: { [name]: value }, where });
      if (reply.isGood) report('operator-injection', where, `${JSON.stringify(value)} was accepted.`, reply);
    }
  });
}
