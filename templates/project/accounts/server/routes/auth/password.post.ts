import { defineHandler, noContent } from 'nitro/h3';
import { z } from 'zod';
import { changePassword, findCredentials, registerSchema } from '../../lib/accounts.ts';
import { type Account, requireAccount } from '../../lib/auth.ts';
import { hashPassword, verifyPassword } from '../../lib/password.ts';
import { invalidFields } from '../../lib/problem.ts';
import { readBody } from '../../lib/request.ts';
import { endOtherSessions } from '../../lib/sessions.ts';
import { asSystem } from '../../lib/system.ts';
import { countingFailures } from '../../lib/throttle.ts';
import * as value from '../../lib/values.ts';

const passwordSchema = z.strictObject({
  currentPassword: value.text({ max: 256 }),
  newPassword: registerSchema.shape.password,
});

/** Changes the password. Everybody else who is signed in with the old one is not any more. */
export default defineHandler(async (event) => {
  const account = await requireAccount(event);
  const body = await readBody(event, passwordSchema);
  const isChanged = await countingFailures(event, `account ${account.id}`, () =>
    change(account, body.currentPassword, body.newPassword),
  );
  if (isChanged) return noContent();
  throw invalidFields([{ field: 'currentPassword', message: 'is not the current password' }]);
});

async function change(
  { id, sessionId }: Account,
  current: string,
  wanted: string,
): Promise<true | null> {
  const known = await asSystem((run) => findCredentials(run, id));
  const isRight = await verifyPassword(current, known?.passwordHash);
  if (!known || !isRight) return null;
  const newHash = await hashPassword(wanted);
  return asSystem(async (run) => {
    if (!(await changePassword(run, known, newHash))) return null;
    await endOtherSessions(run, id, sessionId);
    return true;
  });
}
