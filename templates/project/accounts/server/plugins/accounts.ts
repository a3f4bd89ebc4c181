import { definePlugin } from 'nitro';
import { log } from '../lib/log.ts';
import { readSecret } from '../lib/secret.ts';

/** Refuses to start without a secret to sign tokens with. */
export default definePlugin(() => {
  try {
    readSecret();
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    log('error', `${message} It signs the tokens of people; .env.example tells how to make one.`);
    process.exit(1);
  }
});
