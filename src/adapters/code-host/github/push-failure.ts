import { type ErrorCode, TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';
import type { CodeHost } from '../../../ports/code-host.ts';
import type { GitEnd } from '../../shared/git/run-git.ts';
import { redactor } from '../../shared/remote/redact.ts';
import { TOKEN_HINT } from './github-client.ts';
import type { GithubOptions } from './options.ts';

interface Meaning {
  readonly said: RegExp;
  readonly code: ErrorCode;
  readonly message: (names: Names) => string;
  readonly hint: (names: Names) => string;
}

interface Names {
  readonly name: string;
  readonly branch: string;
  readonly cloneUrl: string;
  /** What the server says, in one line. */
  readonly remark: string;
}

/** What git and GitHub say, in English because we ask for it. The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    said: /workflow.* scope|without `?workflows?`? (scope|permission)/i,
    code: 'remote.denied',
    message: ({ name }) => `The token may not push workflows (.github/workflows) to ${name}.`,
    hint: () => 'Give it the scope workflow (fine-grained: Workflows: read and write).',
  },
  {
    said: /GH006|GH013|protected branch|hook declined|repository rule violations/i,
    code: 'remote.conflict',
    message: ({ name, branch, remark }) => `${name} does not take a push to ${branch}${remark}`,
    hint: ({ branch }) =>
      `Lift the rule for ${branch} in its settings, or push to another branch and open a pull request.`,
  },
  {
    said: /^!\t.*\[rejected\]|non-fast-forward|fetch first/m,
    code: 'remote.conflict',
    message: ({ name, branch }) => `${branch} of ${name} has commits that are not here; nothing was overwritten.`,
    hint: ({ cloneUrl, branch }) =>
      `git pull --rebase ${cloneUrl} ${branch}, then the same command again; or choose another repository.`,
  },
  {
    said: /^!\t.*\[remote rejected\]/m,
    code: 'remote.failed',
    message: ({ name, remark }) => `${name} refused the push${remark}`,
    hint: () => 'Mend what it says, then the same command again.',
  },
  {
    said: /Authentication failed|could not read Username|terminal prompts disabled|returned error: 401/i,
    code: 'remote.denied',
    message: ({ name }) => `GitHub does not let the token push to ${name}: it is not known, or has expired.`,
    hint: () => TOKEN_HINT,
  },
  {
    said: /returned error: 403|Permission to .* denied|write access to repository not granted/i,
    code: 'remote.denied',
    message: ({ name }) => `The token may not push to ${name}.`,
    hint: () => TOKEN_HINT,
  },
  {
    said: /repository .*not found|returned error: 404/i,
    code: 'remote.denied',
    message: ({ name }) => `There is no repository ${name} that the token may see.`,
    hint: () => TOKEN_HINT,
  },
  {
    said: /unable to update url base from redirection|returned error: 30\d/i,
    code: 'remote.conflict',
    message: ({ name }) => `${name} has another name now.`,
    hint: () => 'Open its old address in a browser, which leads to the new one, and name it by that.',
  },
  {
    said: /returned error: 429/i,
    code: 'remote.limited',
    message: () => 'GitHub asks to push less often.',
    hint: () => 'The same command again in some minutes.',
  },
];
const TRANSIENT =
  /returned error: (429|5\d\d)|Could not resolve host|Failed to connect|Connection (reset|refused|timed out)|Recv failure|RPC failed|early EOF|hung up unexpectedly|Empty reply|Operation (too slow|timed out)|unexpected disconnect|SSL_ERROR_SYSCALL|cannot lock ref|failed to update ref|unable to create .*\.lock/i;

/** What a push that failed means. Pushing is the same when it is done twice, so what is transient may be tried again. */
export function pushFailure(
  { code, output, errors }: GitEnd,
  { repository, branch }: Parameters<CodeHost['push']>[0],
  { token, serverUrl }: Pick<GithubOptions, 'token' | 'serverUrl'>,
): { readonly failure: TurboError; readonly isTransient: boolean } {
  const redact = redactor([token, Buffer.from(`x-access-token:${token}`).toString('base64')]);
  const text = redact(stripInvisible(`${output}\n${errors}`));
  const names = {
    name: `${repository.owner}/${repository.name}`,
    branch,
    cloneUrl: repository.cloneUrl,
    remark: remarkOf(text),
  };
  const isTransient = code === null || TRANSIENT.test(text);
  const meaning = MEANINGS.find(({ said }) => said.test(text));
  const details = { remote: 'github' };
  if (meaning) {
    const options = { hint: meaning.hint(names), details };
    return { failure: new TurboError(meaning.code, meaning.message(names), options), isTransient };
  }
  const message = isTransient
    ? `${new URL(serverUrl).host} did not take the push of ${names.name}${lastWords(text)}`
    : `git could not push to ${names.name}${lastWords(text)}`;
  const failure = new TurboError(isTransient ? 'remote.unreachable' : 'remote.failed', message, {
    hint: 'Nothing is lost: the same command goes on where it was.',
    details,
  });
  return { failure, isTransient };
}

function remarkOf(text: string): string {
  const lines = text.split('\n').flatMap((line) => /^remote:\s*(?:error:\s*)?(\S.*)$/.exec(line)?.[1] ?? []);
  return lines.length === 0 ? '.' : `: ${lines.join(' ').slice(0, 300)}`;
}

function lastWords(text: string): string {
  const fatal = text
    .split('\n')
    .filter((line) => /^(fatal|error):/.test(line))
    .at(-1);
  return fatal === undefined ? '.' : `: ${fatal.slice(0, 300)}`;
}
