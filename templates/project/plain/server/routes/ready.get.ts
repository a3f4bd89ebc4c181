import { defineHandler } from 'nitro/h3';
import { lifecycle } from '../lib/lifecycle.ts';
import { problem } from '../lib/problem.ts';

/** 200 when new requests are welcome, 503 while the server stops. */
export default defineHandler(() => {
  if (lifecycle.isStopping) throw problem(503, 'The server is stopping.');
  return { status: 'ready' };
});
