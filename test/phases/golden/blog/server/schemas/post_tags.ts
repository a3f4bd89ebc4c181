import { z } from 'zod';
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

/** A position in a list: the values it is ordered by. */
export const cursorSchema = z.tuple([value.text({ max: 21 }), value.text({ max: 21 })]);

export type Cursor = z.output<typeof cursorSchema>;

export function cursorOf(row: Row): Cursor {
  return [row.post_id, row.tag_id];
}
