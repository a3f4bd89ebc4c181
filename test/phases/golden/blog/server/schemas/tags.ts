import { z } from 'zod';
import * as column from '../lib/columns.ts';
import * as value from '../lib/values.ts';

/** A row as it is answered. */
export interface Row {
  id: string;
  name: string;
}

/** What each field accepts. */
const fields = {
  name: value.text({ max: 50 }),
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
  name: column.text('name', value.text({ max: 50 })),
} satisfies column.Columns;
