import { TurboError } from '../domain/errors.ts';
import { isEnvironmentFile, secretValues } from '../domain/secret-files.ts';
import type { Needs } from '../ports/services.ts';

/**
 * Refuses files that hold a password or key of the project's environment files: before they are sent to anybody. Throws
 * `secret.exposed` with the name of the file.
 */
export async function assertNoSecrets(
  directory: string,
  contents: Readonly<Record<string, Uint8Array>>,
  { workspace }: Needs<'workspace'>,
): Promise<void> {
  const names = ((await workspace.list(directory)) ?? []).filter(isEnvironmentFile);
  const texts = await Promise.all(names.map((name) => workspace.read(directory, name).catch(() => null)));
  const secrets = texts.flatMap((text) => secretValues(text ?? ''));
  const found = Object.entries(contents).find(([, bytes]) =>
    secrets.some((secret) => Buffer.from(bytes).includes(secret)),
  );
  if (!found) return;
  throw new TurboError('secret.exposed', `A secret of this project stands in ${found[0]}. Nothing was sent.`, {
    hint: 'Take it out of the file, and change it: turbobackend secrets rotate',
  });
}
