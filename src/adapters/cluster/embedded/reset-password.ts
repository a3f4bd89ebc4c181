import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { identifier, literal } from '../../../domain/identifier.ts';
import { keepPassword, newPassword } from './instance.ts';
import type { Layout } from './layout.ts';
import { runProgram } from './run-program.ts';
import type { ServerUser } from './server-user.ts';
import { ADMIN } from './settings.ts';

/**
 * Gives the administrator a new password when its file was lost. The owner of the data folder may do that in
 * PostgreSQL's single-user mode; the server must be down. Returns the password.
 */
export async function resetPassword(layout: Layout, bin: string, user: ServerUser | null): Promise<string> {
  const password = newPassword();
  const statement = `alter role ${identifier(ADMIN)} password ${literal(password)}\n`;
  const args = ['--single', '-D', layout.data, '-c', 'log_min_error_statement=panic', 'postgres'];
  const { code } = await runProgram(join(bin, 'postgres'), args, { user, input: statement });
  if (code === 0) {
    // Only now: a cut before this line leaves no file, and the next run does it again.
    keepPassword(layout, password);
    return password;
  }
  throw new TurboError('cluster.start_failed', 'PostgreSQL did not accept a new password for its administrator.', {
    hint: 'turbobackend doctor',
  });
}
