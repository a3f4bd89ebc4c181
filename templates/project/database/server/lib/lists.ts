import { type H3Event, HTTPResponse } from 'nitro/h3';
import type { Condition } from './filters.ts';
import type { JsonPage } from './json-rows.ts';
import { pageOf, runOn, someRows } from './lane.ts';
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
  if (query.include.length > 0) return readPage(collection, query, relations);
  const page = isPlain(query) ? plainPage(collection, query) : jsonPage(collection, query);
  return answerPage(await page, collection, query);
}

/** Answers the list of a row's children. 404 when there is no such row; `find` looks for it. */
export async function answerChildren(
  event: H3Event,
  { rows, from, to }: Relation,
  key: Readonly<Record<string, unknown>>,
  find: () => Promise<object | undefined>,
  relations: Relations,
): Promise<Page | HTTPResponse> {
  const asked = readListQuery(event, rows, relations);
  const own = to.flatMap((name, index): Condition[] => {
    const column = rows.columns[name];
    return column ? [{ column, operator: 'eq', value: key[from[index] ?? ''] }] : [];
  });
  const query = { ...asked, conditions: [...own, ...asked.conditions] };
  const page =
    query.include.length > 0 ? await readPage(rows, query, relations) : await jsonPage(rows, query);
  const isEmpty = 'data' in page ? page.data.length === 0 : page.count === 0;
  if (isEmpty) found(await find());
  return 'data' in page ? page : answerPage(page, rows, query);
}

/** A page, and how many rows there are in all when that was asked for. */
interface Counted extends JsonPage {
  readonly total?: number | undefined;
}

function answerPage(page: Counted, rows: Rows, query: ListQuery): HTTPResponse {
  const { text, hasMore, total } = page;
  const last = hasMore && page.last(query.order.map(({ name }) => name));
  const cursor = last ? cursorAfter(last, query, rows) : null;
  const count = total === undefined ? '' : `,"total":${total}`;
  text.text(`,"nextCursor":${JSON.stringify(cursor)}${count}}`);
  return new HTTPResponse(text.end(), { headers: JSON_HEADERS });
}

/** Nothing but a place in the list was asked for. */
function isPlain({ sort, conditions, fields, count }: ListQuery): boolean {
  return !sort && conditions.length === 0 && !fields && !count;
}

/** The usual lists are quick: they share their connection with all other reads. */
function plainPage({ first, after }: Collection, query: ListQuery): Promise<JsonPage> {
  if (!query.after) return first(query.limit, query.offset);
  const position = query.after.map((value, index) => query.order[index]?.column.parameter(value));
  return after(query.limit, position);
}

async function jsonPage(rows: Rows, query: ListQuery): Promise<Counted> {
  const read = pageOf(query.limit, query.fields?.length);
  const [page, total] = await Promise.all([
    rows.find(listQuery(rows, query, neededColumns(rows, query)), read),
    query.count ? countRows(rows, query) : undefined,
  ]);
  return { ...page, total };
}

async function countRows(rows: Rows, { conditions }: ListQuery): Promise<number | undefined> {
  const [counted] = await rows.find(countQuery(rows, conditions), runOn<{ total: number }>);
  return counted?.total;
}

/** A page of rows with those that belong to them. */
async function readPage(rows: Rows, query: ListQuery, relations: Relations): Promise<Page> {
  const { fields, include, count } = query;
  const links = include.flatMap((name) => relations[name]?.from ?? []);
  const [read, total] = await Promise.all([
    rows.find(listQuery(rows, query, neededColumns(rows, query, links)), someRows<Row>),
    count ? countRows(rows, query) : undefined,
  ]);
  const page = toPage(read, query, rows);
  const data = await embed(page.data, include, relations);
  const isWhole = data.length === page.data.length;
  return {
    data: fields ? data.map((row) => pick(row, [...fields, ...include])) : data,
    nextCursor: isWhole ? page.nextCursor : cursorAfter(data.at(-1) ?? {}, query, rows),
    ...(total !== undefined && { total }),
  };
}

/** What is answered, and then what else the cursor and the relations are made of. */
function neededColumns(
  { columns }: Rows,
  { fields, order }: ListQuery,
  links: readonly string[] = [],
): string[] {
  if (!fields) return Object.keys(columns);
  return [...new Set([...fields, ...order.map(({ name }) => name), ...links])];
}
