import { findRows, readPage, readRow, type Statement } from '../lib/database.ts';
import type { Once } from '../lib/idempotency.ts';
import type { Collection } from '../lib/list-query.ts';
import type { Stored } from '../lib/rows.ts';
import { insertRow, insertRows, writeRow } from '../lib/writes.ts';
import { type Create, columns, type Key, type Row } from '../schemas/post_tags.ts';

const LIST: Statement = {
  name: 'post_tags.list',
  text: `
    select post_id, tag_id
    from app.post_tags
    order by post_id, tag_id
    limit $1 offset $2`,
};

const LIST_AFTER: Statement = {
  name: 'post_tags.after',
  text: `
    select post_id, tag_id
    from app.post_tags
    where (post_id, tag_id) > ($2, $3)
    order by post_id, tag_id
    limit $1`,
};

/** How the rows are listed. */
export const collection: Collection = {
  name: 'post_tags',
  from: 'app.post_tags',
  columns,
  key: ['post_id', 'tag_id'],
  order: ['post_id', 'tag_id'],
  first: (limit, offset) => readPage(LIST, limit, [offset]),
  after: (limit, position) => readPage(LIST_AFTER, limit, [...position]),
  find: findRows,
};

const FIND: Statement = {
  name: 'post_tags.find',
  text: `
    select post_id, tag_id, xmin
    from app.post_tags
    where post_id = $1 and tag_id = $2`,
};

export function find(key: Key): Promise<Stored<Row> | undefined> {
  return readRow(FIND, [key.post_id, key.tag_id]);
}

const INSERT: Statement = {
  name: 'post_tags.insert',
  text: `
    insert into app.post_tags
      (post_id, tag_id)
    values ($1, $2)
    returning post_id, tag_id, xmin`,
};

function valuesOf(input: Create): unknown[] {
  return [input.post_id, input.tag_id];
}

export function create(input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, valuesOf(input), once);
}

/** All of them or none. */
export function createAll(
  inputs: readonly Create[],
  once: Once | null = null,
): Promise<Stored<Row>[]> {
  return insertRows(INSERT, inputs.map(valuesOf), once);
}

const DELETE: Statement = {
  name: 'post_tags.delete',
  text: `
    delete from app.post_tags
    where post_id = $1 and tag_id = $2
      and ($3::text[] is null or xmin::text = any($3))
    returning post_id, tag_id`,
};

/** True when there was such a row. */
export async function remove(
  key: Key,
  versions: readonly string[] | null = null,
): Promise<boolean> {
  const row = await writeRow(DELETE, [key.post_id, key.tag_id, versions]);
  return row !== undefined;
}
