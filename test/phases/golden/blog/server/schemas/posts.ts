import { z } from 'zod';
import * as column from '../lib/columns.ts';
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

/** Body of a PUT. */
export const replaceSchema = createSchema;

export type Replace = z.output<typeof replaceSchema>;

/** The key in a path. */
export const keySchema = z.object({ id: value.text({ max: 21 }) });

export type Key = z.output<typeof keySchema>;

/** What lists can show, and be filtered and sorted by. */
export const columns = {
  id: column.text('id', value.text({ max: 21 })),
  author_id: column.text('author_id', value.text({ max: 21 })),
  title: column.text('title', value.text({ max: 200 })),
  slug: column.text('slug', value.text({ max: 200 })),
  body: column.nullable(column.text('body', value.text())),
  status: column.equal('status', enums.PostStatus),
  views: column.ordered('views', value.integerText({ min: -2147483648, max: 2147483647 })),
  created_at: column.ordered('created_at', value.integerText()),
  updated_at: column.ordered('updated_at', value.integerText()),
} satisfies column.Columns;
