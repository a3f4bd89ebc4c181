import { z } from 'zod';
import * as column from '../lib/columns.ts';
import * as value from '../lib/values.ts';

/** A row as it is answered. */
export interface Row {
  post_id: string;
  tag_id: string;
}

/** What each field accepts. */
const fields = {
  post_id: value.text({ max: 21 }),
  tag_id: value.text({ max: 21 }),
};

/** Body of a POST. */
export const createSchema = z.strictObject(fields);

export type Create = z.output<typeof createSchema>;

/** The key in a path. */
export const keySchema = z.object({
  post_id: value.text({ max: 21 }),
  tag_id: value.text({ max: 21 }),
});

export type Key = z.output<typeof keySchema>;

/** What lists can show, and be filtered and sorted by. */
export const columns = {
  post_id: column.text('post_id', value.text({ max: 21 })),
  tag_id: column.text('tag_id', value.text({ max: 21 })),
} satisfies column.Columns;
