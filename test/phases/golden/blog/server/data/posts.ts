import { nanoid } from 'nanoid';
import { insertRow, readRow, readRows, type Statement, writeRow } from '../lib/database.ts';
import type { PageQuery } from '../lib/pagination.ts';
import type { Create, Cursor, Key, Patch, Row } from '../schemas/posts.ts';

const LIST: Statement = {
  name: 'posts.list',
  text: `
    select id, author_id, title, slug, body, status, views, created_at, updated_at
    from app.posts
    order by created_at, id
    limit $1 offset $2`,
};

const LIST_AFTER: Statement = {
  name: 'posts.after',
  text: `
    select id, author_id, title, slug, body, status, views, created_at, updated_at
    from app.posts
    where (created_at, id) > ($2, $3)
    order by created_at, id
    limit $1`,
};

/** A part of the rows, and one more that tells whether others follow. */
export function list({ limit, offset, after }: PageQuery<Cursor>): Promise<Row[]> {
  if (!after) return readRows(LIST, [limit + 1, offset]);
  return readRows(LIST_AFTER, [limit + 1, ...after]);
}

const FIND: Statement = {
  name: 'posts.find',
  text: `
    select id, author_id, title, slug, body, status, views, created_at, updated_at
    from app.posts
    where id = $1`,
};

export function find(key: Key): Promise<Row | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'posts.insert',
  text: `
    insert into app.posts
      (id, author_id, title, slug, body, status, views, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    returning id, author_id, title, slug, body, status, views, created_at, updated_at`,
};

export function create(input: Create): Promise<Row> {
  const now = Math.floor(Date.now() / 1000);
  return insertRow(INSERT, [
    nanoid(),
    input.author_id,
    input.title,
    input.slug,
    input.body,
    input.status,
    input.views,
    now,
    now,
  ]);
}

const UPDATE: Statement = {
  name: 'posts.update',
  text: `
    update app.posts
    set
      author_id = case when $2 then $3 else author_id end,
      title = case when $4 then $5 else title end,
      slug = case when $6 then $7 else slug end,
      body = case when $8 then $9 else body end,
      status = case when $10 then $11 else status end,
      views = case when $12 then $13 else views end,
      updated_at = $14
    where id = $1
    returning id, author_id, title, slug, body, status, views, created_at, updated_at`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export function update(key: Key, patch: Patch): Promise<Row | undefined> {
  return writeRow(UPDATE, [
    key.id,
    patch.author_id !== undefined,
    patch.author_id,
    patch.title !== undefined,
    patch.title,
    patch.slug !== undefined,
    patch.slug,
    patch.body !== undefined,
    patch.body,
    patch.status !== undefined,
    patch.status,
    patch.views !== undefined,
    patch.views,
    Math.floor(Date.now() / 1000),
  ]);
}

const DELETE: Statement = {
  name: 'posts.delete',
  text: `
    delete from app.posts
    where id = $1
    returning id`,
};

/** True when there was such a row. */
export async function remove(key: Key): Promise<boolean> {
  const row = await writeRow(DELETE, [key.id]);
  return row !== undefined;
}
