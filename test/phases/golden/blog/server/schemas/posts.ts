import { z } from 'zod';
import * as enums from '../lib/enums.ts';
import * as value from '../lib/values.ts';

/** A row as it is answered: Articles. */
export interface Row {
  id: string;
  author_id: string;
  title: string;
  slug: string;
  body: string | null;
  status: enums.PostStatus;
  views: number;
  created_at: number;
  updated_at: number;
}

/** What each field accepts. */
const fields = {
  author_id: value.text({ max: 21 }),
  title: value.text({ max: 200 }),
  slug: value.text({ max: 200 }),
  body: value.text().nullable(),
  status: enums.PostStatus,
  views: value.integer({ min: 0, max: 2147483647 }),
};

/** Body of a POST. */
export const createSchema = z.strictObject({
  ...fields,
  body: fields.body.optional(),
  status: fields.status.default('draft'),
  views: fields.views.default(0),
});

export type Create = z.output<typeof createSchema>;

/** Body of a PATCH: any of the fields. */
export const patchSchema = z.strictObject(fields).partial();

export type Patch = z.output<typeof patchSchema>;

/** The key in a path. */
export const keySchema = z.object({ id: value.text({ max: 21 }) });

export type Key = z.output<typeof keySchema>;

/** A position in a list: the values it is ordered by. */
export const cursorSchema = z.tuple([value.integer(), value.text({ max: 21 })]);

export type Cursor = z.output<typeof cursorSchema>;

export function cursorOf(row: Row): Cursor {
  return [row.created_at, row.id];
}
