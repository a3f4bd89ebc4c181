import { defineHandler } from 'nitro/h3';
import { z } from 'zod';
import { findAccount } from '../../lib/accounts.ts';
import { unauthorized } from '../../lib/auth.ts';
import { readBody } from '../../lib/request.ts';
import { renewSession } from '../../lib/sessions.ts';
import { signedIn } from '../../lib/sign-in.ts';
import { asSystem } from '../../lib/system.ts';
import * as value from '../../lib/values.ts';

const refreshSchema = z.strictObject({ refreshToken: value.text({ max: 1000 }) });

/** New tokens for a refresh token, which works once. */
export default defineHandler(async (event) => {
  const { refreshToken } = await readBody(event, refreshSchema);
  const session = await renewSession(refreshToken);
  const account = session && (await asSystem((run) => findAccount(run, session.accountId)));
  if (!session || !account) {
    throw unauthorized('The refresh token is not valid, or not any more: sign in again.');
  }
  return signedIn(account, session.accountId, session);
});
