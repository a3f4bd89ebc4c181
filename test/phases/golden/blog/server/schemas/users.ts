import { z } from 'zod';
import * as column from '../lib/columns.ts';
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

/** Body of a PUT. */
export const replaceSchema = createSchema;

export type Replace = z.output<typeof replaceSchema>;

/** The key in a path. */
export const keySchema = z.object({ id: value.text({ max: 21 }) });

export type Key = z.output<typeof keySchema>;

/** What lists can show, and be filtered and sorted by. */
export const columns = {
  id: column.text('id', value.text({ max: 21 })),
  email: column.text('email', value.text({ max: 255 })),
  name: column.text('name', value.text()),
  created_at: column.ordered('created_at', value.integerText()),
  updated_at: column.ordered('updated_at', value.integerText()),
} satisfies column.Columns;
