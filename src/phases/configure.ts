import type { Environment, Login } from '../domain/database.ts';
import { environmentFiles, withLogin, withSecret } from '../domain/environment-file.ts';
import type { Needs } from '../ports/services.ts';

const SECRET_MODE = 0o600;
const IGNORED = ['.env', '.env.*', '!.env.example'];

/**
 * Writes the logins of a project into the files of an environment, for `dev` `.env` (backend) and `.env.migrate`
 * (migrations), mode 0600. `.gitignore`
 * comes first, so that no commit can ever catch them. Twice equals once; other lines of the files are kept, and
 * rights others got meanwhile are taken away.
 */
export async function configure(
  order: {
    readonly directory: string;
    readonly env: Environment;
    readonly app: Login;
    readonly migrations: Login;
    /** People sign in: the backend gets a secret of its own, made once and kept. */
    readonly withAccounts?: boolean;
  },
  { workspace, progress }: Needs<'workspace' | 'progress'>,
): Promise<void> {
  const { directory } = order;
  const files = environmentFiles(order.env);
  // Killed in the middle of writing them, an earlier run may have left secrets under other names.
  await workspace.removeLeftovers(directory, ['.gitignore', files.server, files.migrations]);
  const ignore = (await workspace.read(directory, '.gitignore')) ?? '';
  const missing = IGNORED.filter((line) => !ignore.split('\n').includes(line));
  if (missing.length > 0) {
    const base = ignore === '' || ignore.endsWith('\n') ? ignore : `${ignore}\n`;
    await workspace.write(directory, '.gitignore', `${base}${missing.join('\n')}\n`);
  }
  for (const [file, login] of [
    [files.server, order.app],
    [files.migrations, order.migrations],
  ] as const) {
    const before = await workspace.read(directory, file);
    const configured = withLogin(before, login);
    const after = order.withAccounts && file === files.server ? withSecret(configured) : configured;
    if (after !== before) {
      await workspace.write(directory, file, after, { mode: SECRET_MODE });
    } else if (await workspace.protect(directory, file)) {
      progress({ kind: 'note', message: `Others could read ${directory}/${file}; now only you can.` });
    }
  }
}
