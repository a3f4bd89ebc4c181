import { defineHandler, noContent } from 'nitro/h3';
import { requireAccount } from '../../lib/auth.ts';
import { endSession } from '../../lib/sessions.ts';

/** Ends the session: none of its tokens is good any more. */
export default defineHandler(async (event) => {
  const account = await requireAccount(event);
  await endSession(account.sessionId);
  return noContent();
});
