import { defineHandler } from 'nitro/h3';
import { findAccount, findLogin, loginOf, loginSchema } from '../../lib/accounts.ts';
import { unauthorized } from '../../lib/auth.ts';
import { verifyPassword } from '../../lib/password.ts';
import { readBody } from '../../lib/request.ts';
import { startSession } from '../../lib/sessions.ts';
import { signedIn } from '../../lib/sign-in.ts';
import { asSystem } from '../../lib/system.ts';
import { countingFailures } from '../../lib/throttle.ts';

/** Signs in. An unknown login is answered like a wrong password, after the same work. */
export default defineHandler(async (event) => {
  const body = await readBody(event, loginSchema);
  const login = loginOf(body);
  const answer = await countingFailures(event, `login ${login}`, async () => {
    const known = await asSystem((run) => findLogin(run, login));
    const isRight = await verifyPassword(body.password, known?.passwordHash);
    return known && isRight ? signIn(known.id, known.passwordHash) : null;
  });
  if (!answer) throw unauthorized('The login or the password is wrong.');
  return answer;
});

function signIn(id: string | number, passwordHash: string) {
  return asSystem(async (run) => {
    const session = await startSession(run, id, passwordHash);
    const account = await findAccount(run, id);
    return session && account ? signedIn(account, id, session) : null;
  });
}
