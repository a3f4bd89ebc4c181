import { TurboError } from '../../../domain/errors.ts';
import type { CodeHost } from '../../../ports/code-host.ts';
import { type Git, type GitEnd, runGit } from '../../shared/git/run-git.ts';
import { backoffMs } from '../../shared/remote/retry.ts';
import { assertNoSecrets } from './find-secrets.ts';
import type { GithubOptions } from './options.ts';
import { pushFailure } from './push-failure.ts';

type Push = CodeHost['push'];
type PushOrder = Parameters<Push>[0];

const TRIES = 4;
const TIMEOUT_MS = 300_000;

/**
 * Pushes what is committed, never by force. The token is in the environment of git alone, for this server alone: no
 * command line, no file of the repository and no hook ever has it.
 */
export function pushTo(options: GithubOptions): Push {
  return async (order) => {
    const { directory, repository, branch } = order;
    const git = runGit(directory, options.environment);
    await assertPushable(git, order);
    await assertNoSecrets(directory, git, [options.token]);
    const commit = (await git(['rev-parse', 'HEAD'])).output.trim();
    const ended = await pushPatiently(git, order, options);
    const line = ended.output.split('\n').find((candidate) => /^[ =*+!-]\t/.test(candidate)) ?? '';
    await keepAddress(git, repository.cloneUrl);
    return { commit, branch, isNew: !line.startsWith('=') };
  };
}

async function pushPatiently(git: Git, order: PushOrder, options: GithubOptions): Promise<GitEnd> {
  const { repository, branch } = order;
  const sleep = options.time?.sleep ?? ((ms: number) => new Promise((next) => setTimeout(next, ms)));
  const chance = options.time?.random ?? Math.random;
  for (let tried = 1; ; tried += 1) {
    const ended = await git(['push', '--porcelain', '--no-verify', repository.cloneUrl, `HEAD:refs/heads/${branch}`], {
      environment: withToken(options),
      timeoutMs: TIMEOUT_MS,
    });
    if (ended.code === 0) return ended;
    const { failure, isTransient } = pushFailure(ended, order, options);
    if (!isTransient || tried === TRIES) throw failure;
    await sleep(backoffMs(tried, chance()));
  }
}

/** Settings of git for one call (git 2.31 and later). The empty ones take away what stands in the person's own. */
function withToken({ token, serverUrl }: GithubOptions): Readonly<Record<string, string>> {
  const login = Buffer.from(`x-access-token:${token}`).toString('base64');
  const header = `http.${new URL(serverUrl).origin}/.extraheader`;
  const settings: readonly (readonly [string, string])[] = [
    ['credential.helper', ''],
    ['core.askPass', ''],
    [header, ''],
    [header, `Authorization: Basic ${login}`],
    ['http.followRedirects', 'false'],
    // A line that is dead is given up, instead of waited for.
    ['http.lowSpeedLimit', '100'],
    ['http.lowSpeedTime', '60'],
    ['push.gpgSign', 'false'],
    ['push.recurseSubmodules', 'no'],
  ];
  const entries = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(settings.length) };
}

/** Throws unless the folder is a repository by itself, with something committed. */
async function assertPushable(git: Git, { directory, branch }: PushOrder): Promise<void> {
  const version = await git(['version']);
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version.output) ?? []).slice(1).map(Number);
  // Older ones do not know settings in the environment, and would push without the token.
  if (version.code !== 0 || major < 2 || (major === 2 && minor < 31)) {
    const there = version.code === 0 ? `git ${major}.${minor} is too old` : 'There is no git on this machine';
    throw refused(`${there}.`, 'Install git 2.31 or later, then the same command again.');
  }
  const place = await git(['rev-parse', '--is-inside-work-tree', '--show-prefix']);
  const [isInside, prefix = ''] = place.output.split('\n');
  if (isInside !== 'true') {
    throw refused(
      `${directory} is no git repository.`,
      'git init && git add --all && git commit, then the same command again.',
    );
  }
  if (prefix !== '') {
    throw refused(
      `${directory} lies inside a larger repository, all of which would be pushed.`,
      'Push that repository yourself (git push), or move the project out of it.',
    );
  }
  if ((await git(['rev-parse', '--quiet', '--verify', 'HEAD'])).code !== 0) {
    throw refused(`Nothing is committed in ${directory}.`, 'git add --all && git commit, then the same command again.');
  }
  if ((await git(['check-ref-format', `refs/heads/${branch}`])).code !== 0 || branch.startsWith('-')) {
    throw new TurboError('name.invalid', `${JSON.stringify(branch)} cannot be the name of a branch.`);
  }
}

function refused(message: string, hint: string): TurboError {
  return new TurboError('remote.conflict', message, { hint, details: { remote: 'github' } });
}

/** So that `git push` and `git pull` know where, unless the person has said it; the address holds no login. */
async function keepAddress(git: Git, cloneUrl: string): Promise<void> {
  const remotes = await git(['remote']);
  if (remotes.code === 0 && remotes.output.trim() === '') await git(['remote', 'add', 'origin', cloneUrl]);
}
