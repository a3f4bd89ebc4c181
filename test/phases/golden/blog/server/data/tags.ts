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
} from '../schemas/tags.ts';

const LIST: Statement = {
  name: 'tags.list',
  text: `
    select id, name
    from app.tags
    order by id
    limit $1 offset $2`,
};

const LIST_AFTER: Statement = {
  name: 'tags.after',
  text: `
    select id, name
    from app.tags
    where id > $2
    order by id
    limit $1`,
};

/** How the rows are listed. */
export const collection: Collection = {
  name: 'tags',
  from: 'app.tags',
  columns,
  key: ['id'],
  order: ['id'],
  first: (limit, offset) => readPage(LIST, limit, [offset]),
  after: (limit, position) => readPage(LIST_AFTER, limit, [...position]),
  find: findRows,
};

const FIND: Statement = {
  name: 'tags.find',
  text: `
    select id, name, xmin
    from app.tags
    where id = $1`,
};

export function find(key: Key): Promise<Stored<Row> | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'tags.insert',
  text: `
    insert into app.tags
      (id, name)
    values ($1, $2)
    returning id, name, xmin`,
};

function valuesOf(input: Create): unknown[] {
  return [nanoid(), input.name];
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
  name: 'tags.update',
  text: `
    update app.tags
    set
      name = case when $2 then $3 else name end
    where id = $1
      and ($4::text[] is null or xmin::text = any($4))
    returning id, name, xmin`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export function update(
  key: Key,
  patch: Patch,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
  return writeRow(UPDATE, [key.id, patch.name !== undefined, patch.name, versions]);
}

const REPLACE: Statement = {
  name: 'tags.replace',
  text: `
    update app.tags
    set
      name = $2
    where id = $1
      and ($3::text[] is null or xmin::text = any($3))
    returning id, name, xmin`,
};

/** Writes the whole row anew: what is not given gets its default, or nothing. */
export function replace(
  key: Key,
  input: Replace,
  versions: readonly string[] | null = null,
): Promise<Stored<Row> | undefined> {
  return writeRow(REPLACE, [key.id, input.name, versions]);
}

const DELETE: Statement = {
  name: 'tags.delete',
  text: `
    delete from app.tags
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
