import { defineHandler } from 'nitro/h3';
import { readRows } from '../lib/database.ts';
import { lifecycle } from '../lib/lifecycle.ts';
import { problem } from '../lib/problem.ts';

/** 200 when new requests are welcome, 503 while the server stops or the database does not answer. */
export default defineHandler(async () => {
  if (lifecycle.isStopping) throw problem(503, 'The server is stopping.');
  await readRows({ name: '_ready', text: 'select 1' });
  return { status: 'ready' };
});
