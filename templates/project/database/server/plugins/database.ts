import { definePlugin } from 'nitro';
import { checkDatabaseSettings, closeDatabase } from '../lib/database.ts';
import { log } from '../lib/log.ts';

/** Refuses to start without a database, and lets go of it at the end. */
export default definePlugin((app) => {
  try {
    checkDatabaseSettings();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    log('error', `${message} Copy .env.example to .env and fill it in.`);
    process.exit(1);
  }
  app.hooks?.hook('close', closeDatabase);
});
