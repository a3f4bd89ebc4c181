import { outputColumns, patchFields, resourcePath } from '../../domain/rest.ts';
import { sampleChange } from '../../domain/sample.ts';
import type { Table } from '../../domain/schema.ts';
import { proveLists } from './prove-lists.ts';
import { proveRefusals } from './prove-refusals.ts';
import { proveRelations } from './prove-relations.ts';
import { proveVersions } from './prove-versions.ts';
import { sameJson } from './same-json.ts';
import { MAX_TRIES, type SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';
import type { Answer, Row, Talk } from './talk.ts';

const PAGE = 100;
/** Pages that are looked through for our row in a table that is full already. */
const MAX_PAGES = 50;

/** Creates, reads and lists a row; null when there is none to go on with. */
export async function proveCreation(table: Table, { evidence, rows, talk }: Scene): Promise<SampleRow | null> {
  const { name } = table;
  await evidence.check(`${name}: creates a row`, async () => {
    const { created, row, path } = await rows.get(table);
    expectColumns(created, row, table);
    const location = created.headers.location ?? '';
    created.expect(samePath(location, path), `Location is ${location || 'missing'}, not ${path}`);
  });
  const sample = await rows.get(table).catch(() => null);
  if (!sample) return null;
  await evidence.check(`${name}: reads it back`, async () => {
    const answer = await talk('GET', sample.path);
    const row = answer.expectRow(200);
    answer.expect(sameJson(row, sample.row), 'is not the row that was created');
  });
  await evidence.check(`${name}: lists it`, () => proveList(table, sample, talk));
  return sample;
}

/** What may go on beside the other tables: nothing here needs more than the row that was created. */
export async function proveRules(table: Table, sample: SampleRow, scene: Scene): Promise<void> {
  // First the refusals: a duplicate is one only as long as the row is as it was made.
  await proveRefusals(table, sample, scene);
  await proveLists(table, sample, scene);
  await proveRelations(table, sample, scene);
  await proveChange(table, sample, scene);
  await proveVersions(table, sample, scene);
}

/** A Location may be a whole address, and may escape more than it must. */
function samePath(location: string, path: string): boolean {
  try {
    const base = 'http://localhost';
    return location !== '' && decodeURI(new URL(location, base).pathname) === decodeURI(new URL(path, base).pathname);
  } catch {
    return false;
  }
}

/** All columns that may be seen, and none that may not. */
function expectColumns(answer: Answer, row: Row, table: Table): void {
  const wanted = outputColumns(table).map((column) => column.name);
  const missing = wanted.filter((column) => row[column] === undefined);
  answer.expect(missing.length === 0, `lacks ${missing.join(', ')}`);
  const sensitive = table.columns.filter((column) => column.sensitive && Object.hasOwn(row, column.name));
  answer.expect(sensitive.length === 0, `shows ${sensitive.map((column) => column.name).join(', ')}`);
}

async function proveList(table: Table, sample: SampleRow, talk: Talk): Promise<void> {
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await talk('GET', `${resourcePath(table)}?limit=${PAGE}${cursor}`);
    const { data, nextCursor } = answer.expectRow(200);
    const found: readonly unknown[] = Array.isArray(data) ? data : [];
    answer.expect(Array.isArray(data) && found.length <= PAGE, `"data" is not a list of at most ${PAGE}`);
    answer.expect(nextCursor === null || typeof nextCursor === 'string', '"nextCursor" is neither null nor a string');
    if (found.some((row) => sameJson(row, sample.row))) return;
    answer.expect(typeof nextCursor === 'string', 'the created row is on no page');
    cursor = `&cursor=${encodeURIComponent(String(nextCursor))}`;
  }
}

/** Tables that are only keys have nothing to change. */
async function proveChange(table: Table, sample: SampleRow, scene: Scene): Promise<void> {
  if (patchFields(table).length === 0) return;
  await scene.evidence.check(`${table.name}: changes it`, async () => {
    const { change, answer } = await sendChange(table, sample, scene);
    const row = answer.expectRow(200);
    expectColumns(answer, row, table);
    for (const [field, wanted] of Object.entries(change)) {
      const isSeen = Object.hasOwn(row, field);
      // A value may come back in another spelling (padded, another time zone), but then not as it was before.
      const isChanged = sameJson(row[field], wanted) || !sameJson(row[field], sample.row[field]);
      answer.expect(!isSeen || isChanged, `${field} was not changed`);
    }
    const again = await scene.talk('GET', sample.path);
    again.expect(sameJson(again.expectRow(200), row), 'is not what the change answered');
  });
}

/** Another value when a row that is not ours has it already. */
async function sendChange(table: Table, sample: SampleRow, { schema, rows, talk }: Scene) {
  for (let attempt = 1; ; attempt += 1) {
    const change = sampleChange(table, schema, rows.nextSeed()) ?? repeatedField(table, sample);
    const answer = await talk('PATCH', sample.path, { json: change });
    if (answer.status !== 409 || attempt === MAX_TRIES) return { change, answer };
  }
}

/** Without a plain field, one that is not part of the key is sent again as it was, or as the null it is. */
function repeatedField(table: Table, sample: SampleRow): Row {
  const fields = patchFields(table);
  const field = fields.find(({ name }) => Object.hasOwn(sample.input, name)) ?? fields[0];
  return field ? { [field.name]: sample.input[field.name] ?? null } : {};
}
