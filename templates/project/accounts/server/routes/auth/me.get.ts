import { defineHandler } from 'nitro/h3';
import { findAccount } from '../../lib/accounts.ts';
import { requireAccount } from '../../lib/auth.ts';
import { found } from '../../lib/request.ts';
import { asSystem } from '../../lib/system.ts';

/** The account of who asks. */
export default defineHandler(async (event) => {
  const { id } = await requireAccount(event);
  return found(await asSystem((run) => findAccount(run, id)));
});
