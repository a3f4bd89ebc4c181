import { defineHandler } from 'nitro/h3';
import { findAccount } from '../../lib/accounts.ts';
import { readRowsAs } from '../../lib/as-account.ts';
import { requireAccount } from '../../lib/auth.ts';
import { found } from '../../lib/request.ts';

/** The account of who asks. */
export default defineHandler(async (event) => {
  const account = await requireAccount(event);
  return found(
    await findAccount((statement, values) => readRowsAs(account, statement, values), account.id),
  );
});
