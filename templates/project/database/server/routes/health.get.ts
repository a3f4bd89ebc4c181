import { defineHandler } from 'nitro/h3';
import { readRows } from '../lib/database.ts';

/** 200 when requests can be served, 503 when the database does not answer. */
export default defineHandler(async () => {
  await readRows({ name: '_health', text: 'select 1' });
  return { status: 'ok', database: 'ok' };
});
