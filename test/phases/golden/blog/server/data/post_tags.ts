import { insertRow, readRow, readRows, type Statement, writeRow } from '../lib/database.ts';
import type { PageQuery } from '../lib/pagination.ts';
import type { Create, Cursor, Key, Row } from '../schemas/post_tags.ts';

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

/** A part of the rows, and one more that tells whether others follow. */
export function list({ limit, offset, after }: PageQuery<Cursor>): Promise<Row[]> {
  if (!after) return readRows(LIST, [limit + 1, offset]);
  return readRows(LIST_AFTER, [limit + 1, ...after]);
}

const FIND: Statement = {
  name: 'post_tags.find',
  text: `
    select post_id, tag_id
    from app.post_tags
    where post_id = $1 and tag_id = $2`,
};

export function find(key: Key): Promise<Row | undefined> {
  return readRow(FIND, [key.post_id, key.tag_id]);
}

const INSERT: Statement = {
  name: 'post_tags.insert',
  text: `
    insert into app.post_tags
      (post_id, tag_id)
    values ($1, $2)
    returning post_id, tag_id`,
};

export function create(input: Create): Promise<Row> {
  return insertRow(INSERT, [input.post_id, input.tag_id]);
}

const DELETE: Statement = {
  name: 'post_tags.delete',
  text: `
    delete from app.post_tags
    where post_id = $1 and tag_id = $2
    returning post_id, tag_id`,
};

/** True when there was such a row. */
export async function remove(key: Key): Promise<boolean> {
  const row = await writeRow(DELETE, [key.post_id, key.tag_id]);
  return row !== undefined;
}
