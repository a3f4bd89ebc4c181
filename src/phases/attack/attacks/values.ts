import { parseColumnType } from '../../../domain/column-type.ts';
import { inputFields, isComparable, outputColumns, resourcePath } from '../../../domain/rest.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** Values as they stand in JSON, so that also those can be sent that no program would write. */
const VALUES: readonly string[] = [
  '-1',
  '2147483648',
  '-2147483649',
  '9007199254740993',
  '9223372036854775808',
  '1e309',
  '-1e309',
  '1e-400',
  '0.1',
  '1e21',
  '"NaN"',
  '"Infinity"',
  '"01"',
  '"0x10"',
  '""',
  '" "',
  'true',
  'null',
  '[]',
  '{}',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202e"',
  '"0000-00-00"',
  '"9999-99-99"',
  '"infinity"',
  '"294277-01-01T00:00:00Z"',
  '"-infinity"',
  '"{1,2}"',
  `"${'a'.repeat(70_000)}"`,
  `"${'\u{1f600}'.repeat(300)}"`,
];
const QUICK_VALUES: readonly string[] = ['9223372036854775808', '1e309', '"a\\u0000b"', '"\\ud800"'];

/** The same in the query of a list. */
const TEXTS: readonly string[] = [
  '-1',
  '2147483648',
  '9223372036854775808',
  '1e309',
  'NaN',
  '',
  '%00',
  'a%00b',
  '%ed%a0%80',
  '%ff%fe',
  '%',
  '%zz',
  '%c0%af',
  '%5c',
  '0000-00-00',
  'infinity',
  '{}',
  '[]',
  'null',
  'true',
  'a'.repeat(4000),
  ','.repeat(200),
];
const QUICK_TEXTS: readonly string[] = ['9223372036854775808', 'a%00b', '%ff%fe', '%zz'];

const UNBOUNDED: readonly string[] = ['1000000000', '101', '5000'];
const CONFUSED: readonly string[] = ['-1', '1e9', '0x10', 'NaN', '9223372036854775808', '1;2'];

/** Values that no column, or not this one, can hold. */
export async function attackValues(scene: Scene): Promise<void> {
  await each(scene.stock.tables, async (table) => {
    await Promise.all([inBodies(table, scene), inQueries(table, scene), inPaths(table, scene), pages(table, scene)]);
  });
}

async function inBodies(table: Table, { stock, people, isFull, chance, fire, report }: Scene): Promise<void> {
  const attacker = people?.cast.attacker ?? null;
  const as = stock.maker(table, attacker);
  const specimen = await stock.row(table, attacker);
  if (!specimen) return;
  const fields = inputFields(table).filter(({ column }) => !column.primaryKey && !column.references);
  await each(isFull ? fields : chance.sample(fields, 4), async ({ name, column }) => {
    const values = isFull ? VALUES : [...QUICK_VALUES, ...chance.sample(VALUES, 1)];
    // What floats round is no surprise.
    const isNumber = ['integer', 'bigint', 'decimal'].includes(parseColumnType(column.type)?.kind ?? '');
    for (const value of values) {
      const text = `{${JSON.stringify(name)}:${value}}`;
      const where = `PATCH ${resourcePath(table)}/{key} ${name}`;
      const shot = { method: 'PATCH', path: specimen.path, as, text, where, payload: value.replace(/^"|"$/g, '') };
      const reply = await fire(shot);
      const kept = reply.isGood ? reply.row()?.[name] : undefined;
      const sent: unknown = Number(value);
      if (isNumber && typeof kept === 'number' && Number.isFinite(sent) && kept !== sent) {
        report('number-confused', where, `${value} was stored as ${kept}.`, reply);
      }
    }
  });
}

async function inQueries(table: Table, { people, isFull, chance, fire }: Scene): Promise<void> {
  const path = resourcePath(table);
  const as = people?.cast.attacker ?? null;
  const names = outputColumns(table)
    .filter((column) => isComparable(column))
    .map(({ name }) => name);
  const all = [
    'limit',
    'offset',
    'cursor',
    'sort',
    'fields',
    'include',
    ...names,
    ...names.map((name) => `${name}[in]`),
  ];
  await each(isFull ? all : chance.sample(all, 6), async (name) => {
    for (const text of isFull ? TEXTS : chance.sample(QUICK_TEXTS, 2)) {
      const where = `GET ${path} ?${name}`;
      await fire({ method: 'GET', path: `${path}?${encodeURIComponent(name)}=${text}`, as, where, payload: text });
    }
  });
}

async function inPaths(table: Table, { people, isFull, chance, fire }: Scene): Promise<void> {
  const path = resourcePath(table);
  const as = people?.cast.attacker ?? null;
  for (const text of isFull ? TEXTS : chance.sample(QUICK_TEXTS, 2)) {
    if (text === '') continue;
    for (const method of isFull ? ['GET', 'DELETE'] : ['GET']) {
      await fire({ method, path: `${path}/${text}`, as, where: `${method} ${path}/{key}`, payload: text });
    }
  }
}

async function pages(table: Table, { people, isFull, chance, fire, report }: Scene): Promise<void> {
  const path = resourcePath(table);
  const as = people?.cast.attacker ?? null;
  for (const limit of isFull ? UNBOUNDED : UNBOUNDED.slice(0, 1)) {
    const reply = await fire({ method: 'GET', path: `${path}?limit=${limit}`, as });
    // Fewer rows than asked for may be all there are.
    if (reply.isGood && reply.rows().length > 100) {
      report('page-unbounded', `GET ${path} ?limit`, `limit=${limit} gave ${reply.rows().length} rows.`, reply);
    } else if (reply.isGood) {
      report('page-unbounded', `GET ${path} ?limit`, `limit=${limit} was accepted.`, reply);
    }
  }
  for (const name of ['limit', 'offset']) {
    for (const text of isFull ? CONFUSED : chance.sample(CONFUSED, 1)) {
      const reply = await fire({ method: 'GET', path: `${path}?${name}=${text}`, as, where: `GET ${path} ?${name}` });
      if (reply.isGood) report('number-confused', `GET ${path} ?${name}`, `${name}=${text} was accepted.`, reply);
    }
  }
}
