import { defineHandler } from 'nitro/h3';
import { addressOf, insertAccount, keyOf, registerSchema } from '../../lib/accounts.ts';
import { hashPassword } from '../../lib/password.ts';
import { readBody } from '../../lib/request.ts';
import { startSession } from '../../lib/sessions.ts';
import { signedIn } from '../../lib/sign-in.ts';
import { asSystem } from '../../lib/system.ts';
import { countRegistration } from '../../lib/throttle.ts';

/** A new account, signed in. 409 when its login is taken. */
export default defineHandler(async (event) => {
  const body = await readBody(event, registerSchema);
  await countRegistration(event);
  const passwordHash = await hashPassword(body.password);
  const { account, session } = await asSystem(async (run) => {
    const account = await insertAccount(run, body, passwordHash);
    const session = account && (await startSession(run, keyOf(account), passwordHash));
    if (!session) throw new Error('A new account could not be signed in.');
    return { account, session };
  });
  event.res.status = 201;
  event.res.headers.set('location', addressOf(account));
  return signedIn(account, keyOf(account), session);
});
