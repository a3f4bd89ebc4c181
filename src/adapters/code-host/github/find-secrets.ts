import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import {
  hasNpmLogin,
  isEnvironmentFile,
  isNpmSettings,
  isSecretFile,
  secretValues,
} from '../../../domain/secret-files.ts';
import type { Git } from '../../shared/git/run-git.ts';

/**
 * Throws `secret.exposed` when anything that would be pushed, the past included, is a file of secrets or holds a secret
 * of this project. The message names the file, never the secret.
 */
export async function assertNoSecrets(directory: string, git: Git, more: readonly string[]): Promise<void> {
  const listed = await git(['rev-list', '--objects', 'HEAD']);
  if (listed.code !== 0) throw notSeen(directory);
  const objects = listed.output.split('\n').map((line) => {
    const [id = ''] = line.split(' ', 1);
    return { id, path: line.slice(id.length + 1) };
  });
  const file = objects.find(({ path }) => isSecretFile(path) && !isNpmSettings(path));
  if (file) throw exposed(`The file ${file.path}, which holds secrets, has been committed.`);
  const secrets = [...(await secretsOf(directory)), ...more];
  const input = objects.flatMap(({ id }) => (id === '' ? [] : [`${id}\n`])).join('');
  const contents = await git(['cat-file', '--batch'], { input, encoding: 'latin1' });
  const npm = objects.find(({ id, path }) => isNpmSettings(path) && hasNpmLogin(textOf(contents.output, id)));
  if (npm) throw exposed(`The file ${npm.path}, which holds a login, has been committed.`);
  if (contents.code !== 0) throw notSeen(directory);
  const place = secrets.map((secret) => contents.output.indexOf(secret)).find((found) => found >= 0);
  if (place === undefined) return;
  throw exposed(`A secret of this project has been committed, in ${pathAt(contents.output, place, objects)}.`);
}

/** What nobody has looked through is not published: a history that is damaged, cut short, or larger than 256 MB. */
function notSeen(directory: string): TurboError {
  return new TurboError('remote.failed', `Git cannot show all that was ever committed in ${directory}.`, {
    hint: 'It was not searched for secrets, so nothing was pushed: git fsck, or push it yourself (git push).',
    details: { remote: 'github' },
  });
}

function exposed(message: string): TurboError {
  return new TurboError('secret.exposed', `${message} Nothing was pushed.`, {
    hint: 'Take it out of all commits (git filter-repo, or a new repository), and change it: turbobackend secrets rotate',
  });
}

/** The content of an object of the batch; '' when it is not there. */
function textOf(batch: string, id: string): string {
  const header = new RegExp(`(^|\\n)${id} blob (\\d+)\\n`).exec(batch);
  if (!header) return '';
  const from = header.index + header[0].length;
  return batch.slice(from, from + Number(header[2]));
}

/** The object that a byte of the batch belongs to: each begins with a line of its id, kind and size. */
function pathAt(batch: string, place: number, objects: readonly { id: string; path: string }[]): string {
  for (let from = 0; from < place; ) {
    const end = batch.indexOf('\n', from);
    const [id = '', kind = '', size = ''] = batch.slice(from, end).split(' ');
    const next = end + 1 + Number(size) + 1;
    if (!(next > from)) break;
    if (place < next) {
      const path = objects.find((object) => object.id === id)?.path ?? '';
      return kind === 'blob' && path !== '' ? path : `${kind} ${id.slice(0, 10)}`;
    }
    from = next;
  }
  return 'its history';
}

/** Passwords and keys in the environment files of a folder. */
async function secretsOf(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter(isEnvironmentFile);
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')));
  return texts.flatMap(secretValues);
}
