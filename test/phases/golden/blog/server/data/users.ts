import { nanoid } from 'nanoid';
import { findRows, readPage, readRow, type Statement } from '../lib/database.ts';
import type { Once } from '../lib/idempotency.ts';
import type { Collection } from '../lib/list-query.ts';
import { hashPassword } from '../lib/password.ts';
import type { Stored } from '../lib/rows.ts';
import { insertRow, insertRows, writeRow } from '../lib/writes.ts';
import {
  type Create,
  columns,
  type Key,
  type Patch,
  type Replace,
  type Row,
} from '../schemas/users.ts';

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

/** How the rows are listed. */
export const collection: Collection = {
  name: 'users',
  from: 'app.users',
  columns,
  key: ['id'],
  order: ['created_at', 'id'],
  first: (limit, offset) => readPage(LIST, limit, [offset]),
  after: (limit, position) => readPage(LIST_AFTER, limit, [...position]),
  find: findRows,
};

const FIND: Statement = {
  name: 'users.find',
  text: `
    select id, email, name, created_at, updated_at, xmin
    from app.users
    where id = $1`,
};

export function find(key: Key): Promise<Stored<Row> | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'users.insert',
  text: `
    insert into app.users
      (id, email, name, password_hash, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6)
    returning id, email, name, created_at, updated_at, xmin`,
};

async function valuesOf(input: Create): Promise<unknown[]> {
  const now = Math.floor(Date.now() / 1000);
  return [nanoid(), input.email, input.name, await hashPassword(input.password), now, now];
}

export async function create(input: Create, once: Once | null = null): Promise<Stored<Row>> {
  return insertRow(INSERT, await valuesOf(input), once);
}

/** All of them or none. One password after the other, so that others get their turn. */
export async function createAll(
  inputs: readonly Create[],
  once: Once | null = null,
): Promise<Stored<Row>[]> {
  const rows: unknown[][] = [];
  for (const input of inputs) rows.push(await valuesOf(input));
  return insertRows(INSERT, rows, once);
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
      and ($9::text[] is null or xmin::text = any($9))
    returning id, email, name, created_at, updated_at, xmin`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export async function update(
  key: Key,
  patch: Patch,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
  return writeRow(UPDATE, [
    key.id,
    patch.email !== undefined,
    patch.email,
    patch.name !== undefined,
    patch.name,
    patch.password !== undefined,
    patch.password && (await hashPassword(patch.password)),
    Math.floor(Date.now() / 1000),
    versions,
  ]);
}

const REPLACE: Statement = {
  name: 'users.replace',
  text: `
    update app.users
    set
      email = $2,
      name = $3,
      password_hash = $4,
      updated_at = $5
    where id = $1
      and ($6::text[] is null or xmin::text = any($6))
    returning id, email, name, created_at, updated_at, xmin`,
};

/** Writes the whole row anew: what is not given gets its default, or nothing. */
export async function replace(
  key: Key,
  input: Replace,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
  return writeRow(REPLACE, [
    key.id,
    input.email,
    input.name,
    await hashPassword(input.password),
    Math.floor(Date.now() / 1000),
    versions,
  ]);
}

const DELETE: Statement = {
  name: 'users.delete',
  text: `
    delete from app.users
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
