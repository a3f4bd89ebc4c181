import { getRequestListener } from '@hono/node-server';
import { app, plugins } from './app.ts';
import { serve } from './lib/serve.ts';

const closing: (() => Promise<void>)[] = [];
for (const plugin of plugins) plugin({ hooks: { hook: (_name, work) => closing.push(work) } });

serve({
  handle: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  async onStop() {
    for (const work of closing) await work();
  },
});
