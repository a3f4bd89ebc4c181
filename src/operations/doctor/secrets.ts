import type { DatabaseRecord } from '../../ports/state-records.ts';
import { checkSecrets } from '../check-secrets.ts';
import { type Checked, type DoctorNeeds, fault, sound } from './checked.ts';
import { withEnv } from './commands.ts';

/**
 * Stored passwords that no key opens, and a change of the key that was cut. Of databases that are to be there the look
 * at them says so itself.
 */
export async function checkStoredSecrets(
  records: readonly DatabaseRecord[],
  services: DoctorNeeds,
): Promise<readonly Checked[]> {
  const { readable, unreadable, keyId, byKey } = await checkSecrets(services);
  const away = records.filter(({ desired }) => desired !== 'present');
  const lost = away.flatMap(({ projectId, env, databaseName }) => {
    const found = unreadable.find((secret) => secret.projectId === projectId && secret.env === env);
    if (!found) return [];
    const fix = `Bring the key back before it is restored; without it, then: turbobackend secrets rotate ${projectId}${withEnv(env)} --lost-key`;
    return [fault(`database ${databaseName}`, found.problem, fix)];
  });
  const old = Object.entries(byKey).filter(([id]) => id !== keyId);
  const cut = old.map(([id, count]) =>
    fault(
      'secrets',
      `${count} are still sealed with key ${id}, ${keyId === null ? 'and there is none in use' : `not ${keyId}`}`,
      'turbobackend secrets rotate-key',
    ),
  );
  return [...lost, ...cut, ...(cut.length === 0 ? [sound('secrets', `${readable} stored passwords open`)] : [])];
}

/** Keys that others can get at; where PostgreSQL is this machine's own, the look at its files finds them. */
export async function checkKeys({ cluster, vault }: DoctorNeeds): Promise<readonly Checked[]> {
  if (cluster.kind !== 'external') return [];
  return (await vault.exposedKeys()).map((path) =>
    fault('secrets', `others can get at the key ${path}`, 'turbobackend doctor --fix', async () => {
      // Whoever reads the keys to use them closes them.
      await vault.keys();
      return `Only you can get at ${path} now. If somebody may have read it: turbobackend secrets rotate-key`;
    }),
  );
}
