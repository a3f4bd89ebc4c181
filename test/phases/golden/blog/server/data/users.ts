import { nanoid } from 'nanoid';
import { insertRow, readRow, readRows, type Statement, writeRow } from '../lib/database.ts';
import type { PageQuery } from '../lib/pagination.ts';
import { hashPassword } from '../lib/password.ts';
import type { Create, Cursor, Key, Patch, Row } from '../schemas/users.ts';

const LIST: Statement = {
  name: 'users.list',
  text: `
    select id, email, name, created_at, updated_at
    from app.users
    order by created_at, id
    limit $1 offset $2`,
};

const LIST_AFTER: Statement = {
  name: 'users.after',
  text: `
    select id, email, name, created_at, updated_at
    from app.users
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
  name: 'users.find',
  text: `
    select id, email, name, created_at, updated_at
    from app.users
    where id = $1`,
};

export function find(key: Key): Promise<Row | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'users.insert',
  text: `
    insert into app.users
      (id, email, name, password_hash, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6)
    returning id, email, name, created_at, updated_at`,
};

export async function create(input: Create): Promise<Row> {
  const now = Math.floor(Date.now() / 1000);
  return insertRow(INSERT, [
    nanoid(),
    input.email,
    input.name,
    await hashPassword(input.password),
    now,
    now,
  ]);
}

const UPDATE: Statement = {
  name: 'users.update',
  text: `
    update app.users
    set
      email = case when $2 then $3 else email end,
      name = case when $4 then $5 else name end,
      password_hash = case when $6 then $7 else password_hash end,
      updated_at = $8
    where id = $1
    returning id, email, name, created_at, updated_at`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export async function update(key: Key, patch: Patch): Promise<Row | undefined> {
  return writeRow(UPDATE, [
    key.id,
    patch.email !== undefined,
    patch.email,
    patch.name !== undefined,
    patch.name,
    patch.password !== undefined,
    patch.password && (await hashPassword(patch.password)),
    Math.floor(Date.now() / 1000),
  ]);
}

const DELETE: Statement = {
  name: 'users.delete',
  text: `
    delete from app.users
    where id = $1
    returning id`,
};

/** True when there was such a row. */
export async function remove(key: Key): Promise<boolean> {
  const row = await writeRow(DELETE, [key.id]);
  return row !== undefined;
}
