import { createHash } from 'node:crypto';
import type { Fly } from './context.ts';
import { numberOf, recordOf, recordsOf, textOf } from './read-json.ts';

export interface SecretsState {
  /** Machines are told to have at least this one. */
  readonly version: number;
  /** Hash of what Fly tells of the values, which is not the values: the same as long as none changes. */
  readonly hash: string;
}

/** Sets all of them in the body of one request; those of the app that are not named stay. */
export async function setSecrets(
  { api }: Fly,
  app: string,
  values: Readonly<Record<string, string>>,
): Promise<SecretsState> {
  if (Object.keys(values).length === 0) return { version: 0, hash: '' };
  const { json } = await api.call('POST', ['apps', app, 'secrets'], { json: { values }, again: true });
  const told = recordsOf(recordOf(json).secrets);
  const digests = told.map(({ name, digest }) => [textOf(name) ?? '', textOf(digest) ?? '']);
  const own = digests.filter(([name]) => Object.hasOwn(values, name ?? '')).sort();
  return {
    version: numberOf(recordOf(json).version) ?? 0,
    hash: createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 16),
  };
}

/** Takes one away; the version that follows, 0 when it was not there. */
export async function unsetSecret({ api }: Fly, app: string, name: string): Promise<number> {
  const { json } = await api.call('DELETE', ['apps', app, 'secrets', name], { again: true, accept: [404] });
  return numberOf(recordOf(json).version) ?? 0;
}
