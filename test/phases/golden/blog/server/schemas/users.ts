import { z } from 'zod';
import * as value from '../lib/values.ts';

/** A row as it is answered: People who write. */
export interface Row {
  id: string;
  email: string;
  name: string;
  created_at: number;
  updated_at: number;
}

/** What each field accepts. */
const fields = {
  email: value.email(),
  name: value.text({ min: 1, max: 120 }),
  password: value.text({ min: 8, max: 256 }),
};

/** Body of a POST. */
export const createSchema = z.strictObject(fields);

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
