import { isTurboError, TurboError } from '../domain/errors.ts';
import { exportTokens, REMOTE_TITLES, type RemoteCheck, type RemoteName } from '../domain/remote.ts';
import type { Needs } from '../ports/services.ts';

/** Looks at tokens, scopes and places of these remotes, side by side. Makes nothing there. */
export async function checkRemotes(
  names: readonly RemoteName[],
  services: Needs<'remotes'>,
  options: { readonly bucket?: string } = {},
): Promise<readonly RemoteCheck[]> {
  const checks = await Promise.all(names.map((name) => checkOne(name, services, options)));
  return checks.flat();
}

/**
 * Throws `remote.denied` (or what else was found, when it is nothing but that) with everything that is wrong, and what
 * mends it: before anything is made.
 */
export async function assertRemotes(
  names: readonly RemoteName[],
  services: Needs<'remotes'>,
  options: { readonly bucket?: string } = {},
): Promise<void> {
  const failed = (await checkRemotes(names, services, options)).filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const lines = failed.map(
    ({ remote, name, detail, hint }) =>
      `\n  ${REMOTE_TITLES[remote]}: ${name}: ${detail}${hint === undefined ? '' : ` ${hint}`}`,
  );
  // Of what is not set, the doctor has nothing to say.
  const unset = [...new Set(failed.map(({ remote }) => remote))].filter((one) => !services.remotes.isConfigured(one));
  throw new TurboError(
    'remote.denied',
    `Not everything is allowed that this takes; nothing was made:${lines.join('')}`,
    {
      hint: unset.length > 0 ? `${exportTokens(unset)} and the same command again` : 'turbobackend doctor --remote',
      details: { failed },
    },
  );
}

async function checkOne(
  remote: RemoteName,
  { remotes }: Needs<'remotes'>,
  { bucket }: { readonly bucket?: string },
): Promise<readonly RemoteCheck[]> {
  try {
    switch (remote) {
      case 'daytona':
        return await (await remotes.machines()).check();
      case 'fly':
        return await (await remotes.target()).check();
      case 'github':
        return await (await remotes.codeHost()).check();
      case 's3':
        return await (await remotes.objects(bucket)).check();
    }
  } catch (error) {
    if (!isTurboError(error)) throw error;
    const { message, hint } = error;
    return [{ remote, name: 'token', passed: false, detail: message, ...(hint === undefined ? {} : { hint }) }];
  }
}
