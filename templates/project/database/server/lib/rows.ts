import type { H3Event } from 'nitro/h3';
import type { Columns } from './columns.ts';
import { readRowQuery } from './list-query.ts';
import { pick, type Row } from './pages.ts';
import { problem } from './problem.ts';
import { embed, type Relations } from './relations.ts';
import { found, notFound } from './request.ts';

/** A row and its version: the transaction that wrote it last. No column can be called like that. */
export type Stored<T> = T & { readonly xmin: string };

/** Answers one row, with its version as ETag. 404 without a row, 304 when the client has it already. */
export async function answerRow(
  event: H3Event,
  stored: Stored<object> | undefined,
  columns: Columns,
  relations: Relations = {},
): Promise<Row | Response> {
  const { xmin, ...row } = found(stored);
  const { fields, include } =
    event.url.search === ''
      ? { fields: null, include: [] }
      : readRowQuery(event, columns, relations);
  // What belongs to a row changes without it.
  if (include.length > 0) {
    const [whole = row] = await embed([row], include, relations);
    return fields ? pick(whole, [...fields, ...include]) : whole;
  }
  const tag = `"${xmin}"`;
  if (isKnown(event, tag)) return new Response(null, { status: 304, headers: { etag: tag } });
  setHeader(event, 'etag', tag);
  return fields ? pick(row, fields) : row;
}

/** Past the framework where there is a way: it would copy all headers for one more. */
function setHeader(event: H3Event, name: string, value: string): void {
  const response = event.req.runtime?.node?.res;
  if (response) response.setHeader(name, value);
  else event.res.headers.set(name, value);
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}

/** The client has this version, says If-None-Match. */
export function isKnown({ req }: H3Event, tag: string): boolean {
  const header = req.headers.get('if-none-match');
  return (
    header !== null && tagsOf(header).some((own) => own === '*' || own.replace(/^W\//, '') === tag)
  );
}

/** Answers 201 with the new row, its address and its version. */
export function answerCreated<T extends object>(
  event: H3Event,
  path: string,
  key: readonly unknown[],
  stored: Stored<T>,
): object {
  const parts = key.map((part) => encodeURIComponent(String(part)));
  event.res.status = 201;
  setHeader(event, 'location', [path, ...parts].join('/'));
  return withVersion(event, stored);
}

/** Answers 201 with the new rows, in the order they were sent in. */
export function answerAllCreated(
  event: H3Event,
  rows: readonly Stored<object>[],
): { data: readonly object[] } {
  event.res.status = 201;
  return { data: rows.map(({ xmin: _, ...row }) => row) };
}

function withVersion(event: H3Event, { xmin, ...row }: Stored<object>): object {
  setHeader(event, 'etag', `"${xmin}"`);
  return row;
}

/** The versions If-Match allows to be changed; null: whichever is there. */
export function versionsToChange({ req }: H3Event): string[] | null {
  const header = req.headers.get('if-match');
  if (header === null || header.trim() === '*') return null;
  return tagsOf(header).flatMap((tag) => /^"(\d+)"$/.exec(tag)?.[1] ?? []);
}

/** Answers a row that was changed; without one, says why there is none. */
export async function answerChanged(
  event: H3Event,
  stored: Stored<object> | undefined,
  find: () => Promise<object | undefined>,
): Promise<object> {
  if (!stored) throw await whyNot(event, find);
  return withVersion(event, stored);
}

/** Why no row was changed: 412 when there is one of another version, otherwise 404. */
export async function whyNot(
  event: H3Event,
  find: () => Promise<object | undefined>,
): Promise<Error> {
  if (!(await find()) || versionsToChange(event) === null) return notFound();
  return problem(412, 'The row was changed since you read it.');
}
