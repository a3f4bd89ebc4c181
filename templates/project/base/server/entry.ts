import { useNitroApp } from 'nitro/app';
import { type H3, toNodeHandler } from 'nitro/h3';
import { serve } from './lib/serve.ts';

const app = useNitroApp();
// Of the app it is given, the adapter uses `fetch` alone; Nitro's has it too.
const handle = toNodeHandler(app as unknown as H3);
// Errors are logged once, by the error handler.
if (app.h3) app.h3.config.silent = true;

serve({ handle, onStop: () => app.hooks?.callHook('close') });
