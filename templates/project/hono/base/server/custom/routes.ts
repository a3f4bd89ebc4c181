import type { App } from '../lib/http.ts';

/** Yours, like everything in this folder: add your own routes here. */
export function addRoutes(_app: App): void {
  // _app.get('/hello', (context) => context.json({ message: 'Hello' }));
}
