import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import { embeddings, isNested } from '../../../domain/embedding.ts';
import { isComparable, nestedPath, outputColumns, resourcePath } from '../../../domain/rest.ts';
import { sampleValue } from '../../../domain/sample-values.ts';
import { primaryKey, type Schema, type Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Person } from '../person.ts';
import type { Reply } from '../reply.ts';
import { isRow, type Row } from '../row.ts';
import type { Scene } from '../scene.ts';
import { pathOf, type Specimen } from '../stock.ts';

const UNLIKELY_SEED = 8_765_432;

/** Rows that only their owner reads, looked for by somebody else in every way there is. */
export async function readOthers(scene: Scene): Promise<void> {
  const { people, stock, schema } = scene;
  if (!people) return;
  const { victim, attacker } = people.cast;
  await each(stock.tables, async (table) => {
    if (accessOf(table, schema).read !== 'owner') return;
    const specimen = await stock.row(table, victim);
    if (!specimen || isSharedWith(specimen, attacker, schema)) return;
    // So that lists and relations have something of the attacker's own to show.
    await stock.row(table, attacker);
    await Promise.all([
      readRow(specimen, attacker, scene),
      readLists(specimen, attacker, scene),
      readCursor(specimen, victim, attacker, scene),
      readNested(specimen, attacker, scene),
      readIncluded(specimen, attacker, scene),
    ]);
  });
}

/** A row may be shown to others by a column of its own. */
export function isSharedWith({ table, row }: Specimen, person: Person, schema: Schema): boolean {
  return accessOf(table, schema).sharedWith.some((name) => row[name] === person.key);
}

function isSame(table: Table, one: Row, other: Row): boolean {
  return primaryKey(table).every(({ name }) => JSON.stringify(one[name]) === JSON.stringify(other[name]));
}

/** A path of the same kind that leads nowhere. */
export function unknownPath(table: Table, schema: Schema): string {
  const values = primaryKey(table).map((column) => [
    column.name,
    sampleValue({ ...column, unique: true }, schema, UNLIKELY_SEED),
  ]);
  return pathOf(table, Object.fromEntries(values));
}

async function readRow({ table, path }: Specimen, as: Person, { schema, fire, report }: Scene): Promise<void> {
  const where = `GET ${resourcePath(table)}/{key}`;
  const nowhere = unknownPath(table, schema);
  const asked: Readonly<Record<string, string>>[] = [{}, { 'if-none-match': '*' }, { 'if-match': '*' }];
  for (const headers of asked) {
    const reply = await fire({ method: 'GET', path, as, headers, where });
    if (reply.isGood) report('others-read', where, `${as.name} is shown a row of the victim.`, reply);
    else if (reply.status === 304) report('others-oracle', where, 'The answer 304 tells that the row is there.', reply);
    else await compareWithNothing(reply, nowhere, where, { fire, report });
  }
  const key = primaryKey(table)[0]?.name ?? '';
  const some = await fire({ method: 'GET', path: `${path}?fields=${key}`, as, where: `${where} ?fields` });
  if (some.isGood)
    report('others-read', `${where} ?fields`, `${as.name} is shown fields of a row of the victim.`, some);
}

/** What may not be seen is answered like what is not there. */
export async function compareWithNothing(
  reply: Reply,
  nowhere: string,
  where: string,
  { fire, report }: Pick<Scene, 'fire' | 'report'>,
): Promise<void> {
  if (reply.status === 503 || reply.status === 0) return;
  const unknown = await fire({ ...reply.shot, path: nowhere });
  if (unknown.status === reply.status && unknown.body === reply.body) return;
  const evidence = `The answer is ${reply.status} for a row of the victim, ${unknown.status} for one that is not there.`;
  if (unknown.status !== 503 && unknown.status !== 0) report('others-oracle', where, evidence, reply);
}

/** Plain, filtered by every column with what stands in the victim's row, sorted, cut to fields, counted. */
async function readLists(specimen: Specimen, as: Person, scene: Scene): Promise<void> {
  const { table, row } = specimen;
  const { isFull, chance, fire, report } = scene;
  const path = resourcePath(table);
  const seen = (reply: Reply) => reply.rows().some((own) => isSame(table, own, row));
  const comparable = outputColumns(table).filter((column) => isComparable(column) && row[column.name] !== null);
  const [key] = primaryKey(table);
  const filters = comparable.flatMap(({ name }) => {
    const value = encodeURIComponent(String(row[name]).replace(/[\\,]/g, '\\$&'));
    const plain = encodeURIComponent(String(row[name]));
    return [`${name}=${plain}`, `${name}[in]=${value}`];
  });
  const exact = key && isComparable(key) ? `${key.name}=${encodeURIComponent(String(row[key.name]))}` : null;
  const filtered = isFull ? filters : [...new Set([...(exact ? [exact] : []), ...chance.sample(filters, 2)])];
  const sorted = comparable.flatMap(({ name }) => [`sort=${name}`, `sort=-${name}`]);
  const plain = ['', 'limit=100', ...(isFull ? sorted.map((sort) => `${sort}&limit=100`) : chance.sample(sorted, 1))];
  await each([...plain, ...filtered], async (query) => {
    const reply = await fire({ method: 'GET', path: query === '' ? path : `${path}?${query}`, as });
    const where = `GET ${path}${query === '' ? '' : ` ?${query.split('=')[0]}`}`;
    if (seen(reply)) report('others-listed', where, `${as.name} is shown a row of the victim.`, reply);
  });
  if (!exact) return;
  const counted = await fire({ method: 'GET', path: `${path}?${exact}&count=true`, as });
  const total = counted.row()?.total;
  if (typeof total === 'number' && total > 0) {
    report('others-counted', `GET ${path} ?count`, `${total} row of the victim is counted.`, counted);
  }
  const whole = await fire({ method: 'GET', path: `${path}?count=true&limit=100`, as });
  const all = whole.row()?.total;
  if (typeof all === 'number' && whole.row()?.nextCursor === null && all > whole.rows().length) {
    report('others-counted', `GET ${path} ?count`, `${all} rows are counted, ${whole.rows().length} are there.`, whole);
  }
}

/** A cursor that was given to the victim leads the attacker through the attacker's own rows. */
async function readCursor(specimen: Specimen, victim: Person, as: Person, { fire, report }: Scene): Promise<void> {
  const { table, row } = specimen;
  const path = resourcePath(table);
  const first = await fire({ method: 'GET', path: `${path}?limit=1`, as: victim });
  const cursor = first.row()?.nextCursor;
  const cursors = typeof cursor === 'string' ? [cursor] : [];
  const zero = outputColumns(table).map(() => '0');
  cursors.push(Buffer.from(JSON.stringify([`${table.name} `, ...zero.slice(0, 2)])).toString('base64url'));
  for (const given of cursors) {
    const reply = await fire({ method: 'GET', path: `${path}?limit=100&cursor=${given}`, as });
    const own = reply.rows().filter((other) => isSame(table, other, row));
    if (own.length > 0)
      report('others-listed', `GET ${path} ?cursor`, `${as.name} is shown a row of the victim.`, reply);
  }
}

/** Below the victim's parents, and below public ones. */
async function readNested(specimen: Specimen, as: Person, { schema, stock, fire, report }: Scene): Promise<void> {
  for (const parent of stock.tables) {
    for (const embedding of embeddings(parent, schema)) {
      if (embedding.table !== specimen.table.name || !isNested(embedding, parent)) continue;
      const row = Object.fromEntries(
        embedding.columns.map((name, at) => [name, specimen.row[embedding.otherColumns[at] ?? '']]),
      );
      if (Object.values(row).some((value) => value === null || value === undefined)) continue;
      const path = `${pathOf(parent, row)}/${nestedPath(embedding)}`;
      const where = `GET ${resourcePath(parent)}/{key}/${nestedPath(embedding)}`;
      for (const query of ['', '?limit=100', '?count=true']) {
        const reply = await fire({ method: 'GET', path: `${path}${query}`, as, where });
        const total = reply.row()?.total;
        if (reply.rows().some((own) => isSame(specimen.table, own, specimen.row))) {
          report('others-listed', where, `${as.name} is shown a row of the victim below its parent.`, reply);
        } else if (typeof total === 'number' && total > reply.rows().length && reply.row()?.nextCursor === null) {
          report('others-counted', where, `${total} rows are counted, ${reply.rows().length} are there.`, reply);
        }
      }
    }
  }
}

/** With `?include=` on rows the attacker may read. */
async function readIncluded(specimen: Specimen, as: Person, { schema, stock, fire, report }: Scene): Promise<void> {
  for (const table of stock.tables) {
    const names = embeddings(table, schema).filter((embedding) => embedding.table === specimen.table.name);
    for (const { name } of names) {
      const where = `GET ${resourcePath(table)} ?include=${name}`;
      const victims = await stock.row(table, specimen.owner);
      const paths = [
        `${resourcePath(table)}?limit=100&include=${name}`,
        ...(victims ? [`${victims.path}?include=${name}`] : []),
      ];
      for (const path of paths) {
        const reply = await fire({ method: 'GET', path, as, where });
        const rows = reply.rows().length > 0 ? reply.rows() : [reply.row() ?? {}];
        const shown = rows.flatMap((row) => includedRows(row[name]));
        if (!shown.some((own) => isSame(specimen.table, own, specimen.row))) continue;
        if (isAccountsTable(specimen.table, schema)) continue;
        report('others-included', where, `${as.name} is shown a row of the victim inside another.`, reply);
      }
    }
  }
}

/** One row, a page of rows, or nothing. */
export function includedRows(value: unknown): readonly Row[] {
  if (!isRow(value)) return [];
  return Array.isArray(value.data) ? value.data.filter(isRow) : [value];
}
