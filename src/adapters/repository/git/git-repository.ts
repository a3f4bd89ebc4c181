import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { CommitOrder, Committed, NoRepository, OpenedRepository, Repository } from '../../../ports/repository.ts';
import { type Git, runGit } from '../../shared/git/run-git.ts';

export interface GitOptions {
  /** Where git finds its programs and the settings of the person: PATH, HOME, GIT_CONFIG_GLOBAL … */
  readonly environment: Readonly<Record<string, string>>;
}

/** The git of this machine. */
export function gitRepository({ environment }: GitOptions): Repository {
  const at = (directory: string): Git => runGit(directory, environment);
  return {
    open: async (directory) => openAt(at(directory)),
    commit: async (directory, order) => commitIn(at(directory), order),
    begin: async (directory, order) => begin(at(directory), order),
  };
}

const none = (reason: string): NoRepository => ({ kind: 'none', reason });

/** Work of the person's that a commit of ours would get into. */
const UNDER_WAY: readonly (readonly [string, string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['BISECT_LOG', 'a bisection'],
];

/** The folder's place in its repository, from git itself: where its data lies, and the way down to us. */
async function locate(git: Git): Promise<{ readonly gitFolder: string; readonly prefix: string } | NoRepository> {
  const asked = await git(['rev-parse', '--absolute-git-dir', '--is-inside-work-tree', '--show-prefix']);
  if (asked.code === null) return none('there is no git on this machine');
  const [gitFolder = '', isInside, prefix = ''] = asked.output.split('\n');
  if (asked.code === 0 && isInside === 'true' && isAbsolute(gitFolder)) return { gitFolder, prefix };
  const said = /dubious ownership/.test(asked.errors) ? 'git does not trust the owner of the folder' : null;
  return none(said ?? 'the folder lies in no git repository');
}

async function openAt(git: Git): Promise<OpenedRepository | NoRepository> {
  const place = await locate(git);
  if ('kind' in place) return place;
  const status = await git(['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all', '--', '.']);
  if (status.code !== 0) return none(`git said: ${firstLine(status.errors)}`);
  const entries = status.output.split('\0').filter((entry) => entry !== '');
  const changed = entries.map((entry) => entry.slice(3)).filter((path) => path.startsWith(place.prefix));
  const { code } = await git(['rev-parse', '--quiet', '--verify', 'HEAD']);
  return { kind: 'open', hasCommits: code === 0, changed: changed.map((path) => path.slice(place.prefix.length)) };
}

async function begin(git: Git, order: CommitOrder): Promise<Committed> {
  const place = await locate(git);
  if (!('kind' in place)) return commitIn(git, order, place);
  const made = await git(['init', '--quiet']);
  if (made.code === null) return place;
  if (made.code !== 0) return none(`git said: ${firstLine(made.errors)}`);
  // Nobody has staged or ignored anything in a repository that is a moment old.
  const failed = await addAll(git, order.paths.filter(isCommittable), {});
  return failed === null ? commitIndex(git, order.message, {}) : none(`git said: ${failed}`);
}

/** Of ours, and no secret: a `.env` is never committed, also not where nobody ignores it. */
const isCommittable = (path: string): boolean => !/(^|\/)\.env(?!\.example$)/.test(path);

async function commitIn(git: Git, order: CommitOrder, known?: { readonly gitFolder: string }): Promise<Committed> {
  const place = known ?? (await locate(git));
  if ('kind' in place) return place;
  const busy = await whatIsUnderWay(place.gitFolder);
  if (busy !== null) return none(`${busy} is under way`);
  const paths = order.paths.filter(isCommittable);
  if (paths.length === 0) return { kind: 'same' };
  const folder = await mkdtemp(join(tmpdir(), 'turbobackend-index-'));
  try {
    return await commitPaths(git, { ...order, paths }, join(folder, 'index'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * First into the person's index, then, in one of our own, on top of the last commit: what they have staged besides is no
 * part of it, and stays. Cut in between, our files are staged and nothing else has happened.
 */
async function commitPaths(git: Git, { paths, message }: CommitOrder, index: string): Promise<Committed> {
  const own = { GIT_INDEX_FILE: index };
  const isBegun = (await git(['rev-parse', '--quiet', '--verify', 'HEAD'])).code === 0;
  if (isBegun) await git(['read-tree', 'HEAD'], { environment: own });
  for (const environment of [{}, own]) {
    const failed = await stage(git, paths, environment);
    if (failed !== null) return none(`git said: ${failed}`);
  }
  if (isBegun && (await git(['diff-index', '--cached', '--quiet', 'HEAD'], { environment: own })).code === 0) {
    return { kind: 'same' };
  }
  return commitIndex(git, message, own);
}

async function commitIndex(
  git: Git,
  message: string,
  environment: Readonly<Record<string, string>>,
): Promise<Committed> {
  const done = await git([...(await identity(git)), 'commit', '--quiet', '--no-verify', '--file=-'], {
    environment,
    input: message,
  });
  if (done.code !== 0) return none(`git said: ${firstLine(done.errors || done.output)}`);
  const { output } = await git(['rev-parse', 'HEAD']);
  return { kind: 'committed', id: output.trim() };
}

/** Null when it is done. What git ignores is left out. */
async function stage(
  git: Git,
  paths: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  // This command knows no literal paths; behind a dot none is taken for a pattern.
  const ignored = await git(['--no-literal-pathspecs', 'check-ignore', '-z', '--stdin'], {
    environment,
    input: paths.map((path) => `./${path}\0`).join(''),
  });
  if (ignored.code !== 0 && ignored.code !== 1) return firstLine(ignored.errors);
  const left = new Set(ignored.output.split('\0'));
  const wanted = paths.filter((path) => !left.has(`./${path}`));
  return addAll(git, wanted, environment);
}

/** Relative to the folder, also far below the root; a path that is gone is taken out. Null when it is done. */
async function addAll(
  git: Git,
  paths: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  if (paths.length === 0) return null;
  const input = paths.map((path) => `${path}\0`).join('');
  const staged = await git(['update-index', '--add', '--remove', '-z', '--stdin'], { environment, input });
  return staged.code === 0 ? null : firstLine(staged.errors);
}

/** Only where the person has said none: git refuses to guess, and a name of theirs must not be replaced. */
async function identity(git: Git): Promise<readonly string[]> {
  const { output } = await git(['config', '--get-regexp', '^user\\.(name|email)$']);
  const has = (key: string) => output.split('\n').some((line) => line.startsWith(`${key} `));
  return [
    ...(has('user.name') ? [] : ['-c', 'user.name=turbobackend']),
    ...(has('user.email') ? [] : ['-c', 'user.email=turbobackend@localhost']),
  ];
}

async function whatIsUnderWay(gitFolder: string): Promise<string | null> {
  for (const [name, what] of UNDER_WAY) {
    if (await stat(join(gitFolder, name)).catch(() => null)) return what;
  }
  return null;
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
