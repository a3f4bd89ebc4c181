import { type H3Event, HTTPResponse } from 'nitro/h3';
import type { Condition } from './filters.ts';
import type { JsonPage } from './json-rows.ts';
import { type Collection, type ListQuery, type Rows, readListQuery } from './list-query.ts';
import { countQuery, listQuery } from './list-sql.ts';
import { cursorAfter, type Page, pick, type Row, toPage } from './pages.ts';
import { embed, type Relation, type Relations } from './relations.ts';
import { found } from './request.ts';

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** Answers the list of a table, as the query of the request wants it. */
export async function answerList(
  event: H3Event,
  collection: Collection,
  relations: Relations = {},
): Promise<Page | HTTPResponse> {
  const query = readListQuery(event, collection, relations);
  if (!isPlain(query)) return readPage(collection, query, relations);
  const { text, last, hasMore } = await plainPage(collection, query);
  const cursor = hasMore && last ? cursorAfter(last, query, collection) : null;
  text.text(`,"nextCursor":${JSON.stringify(cursor)}}`);
  return new HTTPResponse(text.bytes, { headers: JSON_HEADERS });
}

/** Answers the list of a row's children. 404 when there is no such row; `find` looks for it. */
export async function answerChildren(
  event: H3Event,
  { rows, from, to }: Relation,
  key: Readonly<Record<string, unknown>>,
  find: () => Promise<object | undefined>,
  relations: Relations,
): Promise<Page> {
  const query = readListQuery(event, rows, relations);
  const own = to.flatMap((name, index): Condition[] => {
    const column = rows.columns[name];
    return column ? [{ column, operator: 'eq', value: key[from[index] ?? ''] }] : [];
  });
  const conditions = [...own, ...query.conditions];
  const page = await readPage(rows, { ...query, conditions }, relations);
  if (page.data.length === 0) found(await find());
  return page;
}

/** Nothing but a place in the list was asked for. */
function isPlain({ sort, conditions, fields, include, count }: ListQuery): boolean {
  return !sort && conditions.length === 0 && !fields && include.length === 0 && !count;
}

/** The usual lists are quick: they share their connection with all other reads. */
function plainPage({ first, after }: Collection, query: ListQuery): Promise<JsonPage> {
  if (!query.after) return first(query.limit, query.offset);
  const position = query.after.map((value, index) => query.order[index]?.column.parameter(value));
  return after(query.limit, position);
}

async function readPage(collection: Rows, query: ListQuery, relations: Relations): Promise<Page> {
  const { fields, include, count, conditions } = query;
  const [rows, counted] = await Promise.all([
    collection.find<Row>(listQuery(collection, query, neededColumns(collection, query, relations))),
    count ? collection.find<{ total: number }>(countQuery(collection, conditions)) : [],
  ]);
  const page = toPage(rows, query, collection);
  const data = await embed(page.data, include, relations);
  const total = counted[0]?.total;
  const isWhole = data.length === page.data.length;
  return {
    data: fields ? data.map((row) => pick(row, [...fields, ...include])) : data,
    nextCursor: isWhole ? page.nextCursor : cursorAfter(data.at(-1) ?? {}, query, collection),
    ...(total !== undefined && { total }),
  };
}

/** What is answered, and what the cursor and the relations are made of. */
function neededColumns(
  { columns }: Rows,
  { fields, include, order }: ListQuery,
  relations: Relations,
): string[] {
  if (!fields) return Object.keys(columns);
  const links = include.flatMap((name) => relations[name]?.from ?? []);
  return [...new Set([...fields, ...order.map(({ name }) => name), ...links])];
}
