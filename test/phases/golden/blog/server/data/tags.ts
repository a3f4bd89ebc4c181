import { nanoid } from 'nanoid';
import { insertRow, readRow, readRows, type Statement, writeRow } from '../lib/database.ts';
import type { PageQuery } from '../lib/pagination.ts';
import type { Create, Cursor, Key, Patch, Row } from '../schemas/tags.ts';

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

/** A part of the rows, and one more that tells whether others follow. */
export function list({ limit, offset, after }: PageQuery<Cursor>): Promise<Row[]> {
  if (!after) return readRows(LIST, [limit + 1, offset]);
  return readRows(LIST_AFTER, [limit + 1, ...after]);
}

const FIND: Statement = {
  name: 'tags.find',
  text: `
    select id, name
    from app.tags
    where id = $1`,
};

export function find(key: Key): Promise<Row | undefined> {
  return readRow(FIND, [key.id]);
}

const INSERT: Statement = {
  name: 'tags.insert',
  text: `
    insert into app.tags
      (id, name)
    values ($1, $2)
    returning id, name`,
};

export function create(input: Create): Promise<Row> {
  return insertRow(INSERT, [nanoid(), input.name]);
}

const UPDATE: Statement = {
  name: 'tags.update',
  text: `
    update app.tags
    set
      name = case when $2 then $3 else name end
    where id = $1
    returning id, name`,
};

/** Changes what is given; everything else stays as it is at that moment. */
export function update(key: Key, patch: Patch): Promise<Row | undefined> {
  return writeRow(UPDATE, [key.id, patch.name !== undefined, patch.name]);
}

const DELETE: Statement = {
  name: 'tags.delete',
  text: `
    delete from app.tags
    where id = $1
    returning id`,
};

/** True when there was such a row. */
export async function remove(key: Key): Promise<boolean> {
  const row = await writeRow(DELETE, [key.id]);
  return row !== undefined;
}
