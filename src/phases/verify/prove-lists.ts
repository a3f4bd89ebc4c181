import { singleOwner } from '../../domain/access.ts';
import { inputFields, isComparable, resourcePath } from '../../domain/rest.ts';
import { parentLinks, sampleInput } from '../../domain/sample.ts';
import { type Column, primaryKey, type Table } from '../../domain/schema.ts';
import { sameJson } from './same-json.ts';
import { MAX_TRIES, type SampleRow } from './sample-rows.ts';
import type { Scene } from './scene.ts';
import type { Answer, Row } from './talk.ts';

/** More would only make the address longer. */
const MAX_FILTERS = 10;

/** Lists can be filtered, sorted, counted and cut, and rows can be made many at once. */
export async function proveLists(table: Table, sample: SampleRow, scene: Scene): Promise<void> {
  const { evidence, rows } = scene;
  const { name } = table;
  await evidence.check(`${name}: filters by its values`, () => proveFilters(table, sample, scene));
  if (table.columns.every((column) => column.default && 'generate' in column.default)) return;
  if (singleOwner(table, scene.schema) !== null) return;
  let made: readonly Row[] = [];
  const isMade = await evidence.check(`${name}: makes several at once`, async () => {
    made = await makeSeveral(table, scene);
  });
  try {
    if (isMade && primaryKey(table).every((column) => isComparable(column))) {
      await evidence.check(`${name}: sorts, counts and cuts`, () => proveOrder(table, made, scene));
    }
  } finally {
    for (const row of made) await rows.remove(table, row, scene.talk);
  }
}

function textOf(row: Row, column: Column): string {
  return String(row[column.name]);
}

function query(parameters: readonly (readonly [string, string])[]): string {
  return parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

function listOf(answer: Answer): readonly unknown[] {
  const { data } = answer.expectRow(200);
  answer.expect(Array.isArray(data), '"data" is not a list');
  return Array.isArray(data) ? data : [];
}

async function proveFilters(table: Table, { row }: SampleRow, { talk }: Scene): Promise<void> {
  const path = resourcePath(table);
  const filled = table.columns.filter((column) => isComparable(column) && (row[column.name] ?? null) !== null);
  const key = filled.filter((column) => column.primaryKey);
  const others = filled.filter((column) => !column.primaryKey);
  const asked = [...key, ...others].slice(0, MAX_FILTERS);
  const same = asked.map((column) => [`${column.name}[eq]`, textOf(row, column)] as const);
  const found = await talk('GET', `${path}?${query(same)}`);
  found.expect(
    listOf(found).some((one) => sameJson(one, row)),
    'lacks the row with these values',
  );
  const [first] = asked;
  if (first) {
    const none = await talk('GET', `${path}?${query([...same, [`${first.name}[ne]`, textOf(row, first)]])}`);
    none.expect(listOf(none).length === 0, 'shows rows that do not meet the filters');
  }
  for (const column of table.columns.filter(({ sensitive }) => sensitive)) {
    (await talk('GET', `${path}?${query([[`${column.name}[eq]`, 'x']])}`)).expectProblem(400);
    (await talk('GET', `${path}?sort=${column.name}`)).expectProblem(400);
  }
}

/**
 * Two rows in one request, or one where each costs the hash of a password. Each has parents of its own where a parent
 * can have only one of them.
 */
async function makeSeveral(table: Table, { schema, talk, rows }: Scene): Promise<readonly Row[]> {
  const linked = new Set(parentLinks(table).flatMap((link) => link.columns));
  const single = table.columns.filter((column) => column.unique || column.primaryKey).map((column) => column.name);
  const needsOwn = [...single, ...table.uniques.flat()].some((name) => linked.has(name));
  const indexes = inputFields(table).some(({ hashed }) => hashed) ? [1] : [1, 2];
  const parents: Record<string, unknown>[] = [];
  for (const index of indexes) parents.push(await rows.parents(table, needsOwn ? index : 0));
  for (let attempt = 1; ; attempt += 1) {
    const json = parents.map((values) => sampleInput(table, schema, rows.nextSeed(), values));
    const answer = await talk('POST', resourcePath(table), { json });
    if (answer.status === 409 && attempt < MAX_TRIES) {
      rows.skipTaken();
      continue;
    }
    const { data } = answer.expectRow(201);
    const made: readonly Row[] = Array.isArray(data) ? data : [];
    for (const row of made) rows.adoptRow(table, row, talk);
    answer.expect(made.length === indexes.length, 'does not answer all rows');
    return made;
  }
}

/** In a list, a comma that belongs to a value is escaped. */
function listValue(values: readonly string[]): string {
  return values.map((value) => value.replace(/[\\,]/g, '\\$&')).join(',');
}

async function proveOrder(table: Table, made: readonly Row[], { talk }: Scene): Promise<void> {
  const key = primaryKey(table);
  const among = key.map((column) => [`${column.name}[in]`, listValue(made.map((row) => textOf(row, column)))] as const);
  const names = key.map(({ name }) => name);
  const ask = async (sort: string) => {
    const settings = { sort, fields: names.join(','), count: 'true', limit: '100' };
    const answer = await talk('GET', `${resourcePath(table)}?${query([...among, ...Object.entries(settings)])}`);
    const data = listOf(answer);
    answer.expect(answer.row()?.total === data.length, '"total" is not the number of rows');
    return { answer, data };
  };
  const up = await ask(names.join(','));
  for (const row of made) {
    const wanted = Object.fromEntries(names.map((name) => [name, row[name]]));
    up.answer.expect(
      up.data.some((one) => sameJson(one, wanted)),
      'lacks a row, or shows more than its key',
    );
  }
  const down = await ask(names.map((name) => `-${name}`).join(','));
  down.answer.expect(sameJson(down.data, up.data.toReversed()), 'is not the other way round');
}
