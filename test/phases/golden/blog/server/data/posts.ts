import { nanoid } from 'nanoid';
import { findRows, readPage, readRow, type Statement } from '../lib/database.ts';
import type { Once } from '../lib/idempotency.ts';
import type { Collection } from '../lib/list-query.ts';
import type { Stored } from '../lib/rows.ts';
import { insertRow, insertRows, writeRow } from '../lib/writes.ts';
import {
  type Create,
  columns,
  type Key,
  type Patch,
  type Replace,
  type Row,
} from '../schemas/posts.ts';

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

/** How the rows are listed. */
export const collection: Collection = {
  name: 'posts',
  from: 'app.posts',
  columns,
  key: ['id'],
  order: ['created_at', 'id'],
  first: (limit, offset) => readPage(LIST, limit, [offset]),
  after: (limit, position) => readPage(LIST_AFTER, limit, [...position]),
  find: findRows,
};

const FIND: Statement = {
  name: 'posts.find',
  text: `
    select id, author_id, title, slug, body, status, views, created_at, updated_at, xmin
    from app.posts
    where id = $1`,
};

export function find(key: Key): Promise<Stored<Row> | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'posts.insert',
  text: `
    insert into app.posts
      (id, author_id, title, slug, body, status, views, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    returning id, author_id, title, slug, body, status, views, created_at, updated_at, xmin`,
};

function valuesOf(input: Create): unknown[] {
  const now = Math.floor(Date.now() / 1000);
  return [
    nanoid(),
    input.author_id,
    input.title,
    input.slug,
    input.body,
    input.status,
    input.views,
    now,
    now,
  ];
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
      and ($15::text[] is null or xmin::text = any($15))
    returning id, author_id, title, slug, body, status, views, created_at, updated_at, xmin`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export function update(
  key: Key,
  patch: Patch,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
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
    versions,
  ]);
}

const REPLACE: Statement = {
  name: 'posts.replace',
  text: `
    update app.posts
    set
      author_id = $2,
      title = $3,
      slug = $4,
      body = $5,
      status = $6,
      views = $7,
      updated_at = $8
    where id = $1
      and ($9::text[] is null or xmin::text = any($9))
    returning id, author_id, title, slug, body, status, views, created_at, updated_at, xmin`,
};

/** Writes the whole row anew: what is not given gets its default, or nothing. */
export function replace(
  key: Key,
  input: Replace,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
  return writeRow(REPLACE, [
    key.id,
    input.author_id,
    input.title,
    input.slug,
    input.body,
    input.status,
    input.views,
    Math.floor(Date.now() / 1000),
    versions,
  ]);
}

const DELETE: Statement = {
  name: 'posts.delete',
  text: `
    delete from app.posts
    where id = $1
      and ($2::text[] is null or xmin::text = any($2))
    returning id`,
};

/** True when there was such a row. */
export async function remove(
  key: Key,
  versions: readonly string[] | null = null,
): Promise<boolean> {
  const row = await writeRow(DELETE, [key.id, versions]);
  return row !== undefined;
}
