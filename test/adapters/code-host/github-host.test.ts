import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { githubHost } from '../../../src/adapters/code-host/github/github-host.ts';
import type { CodeHost } from '../../../src/ports/code-host.ts';
import { commitFiles, committedFolder, describeCodeHost, git } from '../../contracts/code-host.ts';
import { watchProcesses } from '../../support/canaries.ts';
import type { FakeToken } from '../../support/fakes/github/tokens.ts';
import { type FakeGithub, startFakeGithub } from '../../support/fakes/github.ts';
import { patientTime } from '../../support/patient-time.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const TOKEN = 'ghp_canary0123456789abcdefghijklmnopqrst';
const ADA: FakeToken = {
  token: TOKEN,
  login: 'Ada-L',
  scopes: ['repo', 'workflow', 'delete_repo'],
  organizations: ['Analytical'],
};
const WISH = { name: 'blog-api', isPrivate: true, description: 'a blog' } as const;

interface Stage {
  readonly github: FakeGithub;
  readonly host: CodeHost;
  readonly folder: string;
  readonly waits: readonly number[];
  open(token: string): CodeHost;
}

/** Lends GitHub with some accounts; the first one's token is used. Fails when either side broke the document. */
async function withGithub(use: (stage: Stage) => Promise<void>, tokens: readonly FakeToken[] = [ADA]): Promise<void> {
  const github = await startFakeGithub(tokens);
  const time = patientTime();
  try {
    await withTemporaryFolder(async (folder) => {
      const open = (token: string) =>
        githubHost({
          token,
          apiUrl: github.apiUrl,
          serverUrl: github.serverUrl,
          environment: { PATH: '/usr/bin:/bin', HOME: folder },
          time,
        });
      await use({ github, host: open(tokens[0]?.token ?? ''), folder, waits: time.waits, open });
    });
    expect(github.violations).toEqual([]);
    expect(github.faults.left).toBe(0);
  } finally {
    await github.stop();
  }
}

function fileAt(github: FakeGithub, owner: string, name: string, branch: string, path: string): string | null {
  try {
    return git(github.folderOf(owner, name), 'show', `refs/heads/${branch}:${path}`);
  } catch {
    return null;
  }
}

const thrownBy = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describeCodeHost('repositories at GitHub', (use) =>
  withGithub(({ github, host, folder }) =>
    use({ host, folder, login: 'Ada-L', fileAt: (...place) => fileAt(github, ...place) }),
  ),
);

describe('tokens of GitHub', () => {
  const wrong: readonly [string, Partial<FakeToken>, string, RegExp][] = [
    ['one that has expired', { isExpired: true }, 'token', /expired/],
    ['one without any scope', { scopes: [] }, 'scope', /repo and the scope workflow/],
    ['one for public repositories', { scopes: ['public_repo', 'workflow'] }, 'scope', /scope repo/],
    ['one without workflows', { scopes: ['repo'] }, 'scope', /scope workflow/],
    ['one of a workflow itself', { isInstallation: true }, 'token', /integration/],
  ];
  test.each(wrong)('%s fails its check, which says what to give', (_name, { scopes, ...change }, name, detail) => {
    const { scopes: own, ...rest } = ADA;
    const token: FakeToken = { ...rest, ...change, ...(change.isInstallation ? {} : { scopes: scopes ?? own ?? [] }) };
    return withGithub(
      async ({ github, host }) => {
        const failed = (await host.check()).filter(({ passed }) => !passed);
        expect(failed).toMatchObject([{ name, detail: expect.stringMatching(detail), hint: expect.anything() }]);
        expect(JSON.stringify(failed)).not.toContain('canary');
        expect(github.made).toEqual([]);
      },
      [token],
    );
  });

  const fineGrained = (...permissions: NonNullable<FakeToken['permissions']>): FakeToken => ({
    token: 'github_pat_canary_11AAAAAAA',
    login: 'Ada-L',
    permissions,
    organizations: ['Analytical'],
  });

  test('a fine-grained one that may not make repositories is told what it lacks, and nothing is made', () =>
    withGithub(
      async ({ github, host }) => {
        const missing = expect.stringContaining('Administration (read and write) is missing');
        expect(await host.check()).toMatchObject([{ passed: true }, { name: 'scope', passed: true, detail: missing }]);
        const message = expect.stringContaining('administration: write');
        for (const owner of [{}, { owner: 'Analytical' }]) {
          const denied = { code: 'remote.denied', message };
          expect(await thrownBy(host.plan({ name: 'blog-api', ...owner }))).toMatchObject(denied);
        }
        expect(await thrownBy(host.ensureRepository(WISH))).toMatchObject({ code: 'remote.denied', message });
        expect(github.made).toEqual([]);
      },
      [fineGrained('contents', 'workflows')],
    ));

  test('a fine-grained one that may not push is told before anything is pushed, also to an empty repository', () =>
    withGithub(
      async ({ github, host }) => {
        github.addRepository('Ada-L', 'there', { isPrivate: true });
        const denied = { code: 'remote.denied', message: expect.stringContaining('contents: write') };
        expect(await thrownBy(host.plan({ name: 'there' }))).toMatchObject(denied);
        expect(await host.plan({ name: 'other' })).toMatchObject([{ action: 'create' }]);
        expect(github.made).toEqual(['Ada-L/there']);
      },
      [fineGrained('administration')],
    ));

  test('a fine-grained one that may, may: asking makes neither a repository nor a branch', () =>
    withGithub(
      async ({ github, host, folder }) => {
        const can = expect.stringContaining('may make repositories for Ada-L');
        expect(await host.check()).toMatchObject([{ passed: true }, { passed: true, detail: can }]);
        expect(await host.plan(WISH)).toMatchObject([{ action: 'create' }]);
        expect(github.made).toEqual([]);
        const repository = await host.ensureRepository(WISH);
        expect(await host.plan(WISH)).toMatchObject([{ action: 'adopt' }]);
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
        await host.push({ directory, repository, branch: 'main' });
        expect(await host.plan(WISH)).toMatchObject([{ action: 'adopt' }]);
        expect(git(github.folderOf('Ada-L', 'blog-api'), 'for-each-ref', '--format=%(refname)').trim()).toBe(
          'refs/heads/main',
        );
      },
      [fineGrained('administration', 'contents', 'workflows')],
    ));

  test('a classic one without the scope is told which, where GitHub says only that there is nothing', () =>
    withGithub(
      async ({ host, github }) => {
        const error = await thrownBy(host.ensureRepository(WISH));
        expect(error).toMatchObject({ code: 'remote.denied', message: expect.stringContaining('scope repo') });
        expect(github.made).toEqual([]);
      },
      [{ ...ADA, scopes: [] }],
    ));

  test('workflows need a scope of their own', () =>
    withGithub(
      async ({ host, folder }) => {
        const repository = await host.ensureRepository(WISH);
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
        await host.push({ directory, repository, branch: 'main' });
        commitFiles(directory, { '.github/workflows/ci.yml': 'on: push' });
        const error = await thrownBy(host.push({ directory, repository, branch: 'main' }));
        expect(error).toMatchObject({ code: 'remote.denied', hint: expect.stringContaining('workflow') });
      },
      [{ ...ADA, scopes: ['repo'] }],
    ));

  test('removing needs the scope for it, and otherwise the repository stays', () =>
    withGithub(
      async ({ host, github }) => {
        await host.ensureRepository(WISH);
        const error = await thrownBy(host.remove({ owner: 'Ada-L', name: 'blog-api' }));
        expect(error).toMatchObject({ code: 'remote.denied', hint: expect.stringContaining('delete_repo') });
        expect(github.repositories.size).toBe(1);
      },
      [{ ...ADA, scopes: ['repo', 'workflow'] }],
    ));

  test('pushing with a token that is not known, or of somebody else, is denied', () =>
    withGithub(
      async ({ host, folder, open }) => {
        const repository = await host.ensureRepository({ ...WISH, isPrivate: false });
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
        for (const token of ['ghp_canary_unknown', 'ghp_canary_bob']) {
          const error = await thrownBy(open(token).push({ directory, repository, branch: 'main' }));
          expect(error).toMatchObject({ code: 'remote.denied' });
          expect(JSON.stringify([String(error), error])).not.toContain('canary');
        }
      },
      [ADA, { token: 'ghp_canary_bob', login: 'bob', scopes: ['repo'] }],
    ));
});

describe('repositories that are there already', () => {
  test("somebody else's, an archived one, a public one and one with another name are refused, and nothing is made", () =>
    withGithub(async ({ github, host }) => {
      github.addRepository('bob', 'theirs');
      github.addRepository('Ada-L', 'old', { isArchived: true });
      github.addRepository('Ada-L', 'open');
      github.addRepository('Ada-L', 'before');
      github.rename('Ada-L', 'before', 'after');
      const cases = [
        [{ owner: 'bob', name: 'theirs' }, /somebody else/],
        [{ name: 'old' }, /archived/],
        [{ name: 'open' }, /everybody can read/],
        [{ name: 'before' }, /another name/],
      ] as const;
      for (const [wish, message] of cases) {
        const error = await thrownBy(host.ensureRepository({ ...WISH, isPrivate: true, ...wish }));
        expect(error).toMatchObject({ code: 'remote.conflict', message: expect.stringMatching(message) });
      }
      expect(await host.ensureRepository({ ...WISH, name: 'open', isPrivate: false })).toMatchObject({
        created: false,
      });
      expect(github.made).toHaveLength(4);
    }));

  test("an organisation's is made for the organisation; one that is not there is told", () =>
    withGithub(async ({ github, host }) => {
      expect(await host.ensureRepository({ ...WISH, owner: 'analytical' })).toMatchObject({ owner: 'Analytical' });
      const error = await thrownBy(host.ensureRepository({ ...WISH, owner: 'nobody' }));
      expect(error).toMatchObject({ code: 'remote.denied', message: expect.stringContaining('nobody') });
      expect(github.made).toEqual(['Analytical/blog-api']);
    }));

  test('a name that is taken by what the token cannot see is told', () =>
    withGithub(
      async ({ github, host }) => {
        github.addRepository('Ada-L', 'blog-api', { isPrivate: true });
        const error = await thrownBy(host.ensureRepository({ ...WISH, isPrivate: false }));
        expect(error).toMatchObject({ code: 'remote.conflict', message: expect.stringContaining('already exists') });
      },
      [{ ...ADA, scopes: ['public_repo', 'workflow'] }],
    ));

  test('a protected branch is told with the way out', () =>
    withGithub(async ({ github, host, folder }) => {
      const repository = await host.ensureRepository(WISH);
      github.protectBranch('Ada-L', 'blog-api', 'main');
      const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
      const error = await thrownBy(host.push({ directory, repository, branch: 'main' }));
      expect(error).toMatchObject({
        code: 'remote.conflict',
        message: expect.stringContaining('pull request'),
        hint: expect.stringContaining('another branch'),
      });
      expect(await host.push({ directory, repository, branch: 'work' })).toMatchObject({ branch: 'work', isNew: true });
    }));
});

test('a history that cannot be looked through is not pushed', () =>
  withGithub(async ({ github, host, folder }) => {
    const repository = await host.ensureRepository(WISH);
    const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
    const blob = git(directory, 'rev-parse', 'HEAD:a.txt').trim();
    rmSync(join(directory, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    const error = await thrownBy(host.push({ directory, repository, branch: 'main' }));
    expect(error).toMatchObject({ code: 'remote.failed', message: expect.stringContaining('cannot show') });
    expect(fileAt(github, 'Ada-L', 'blog-api', 'main', 'a.txt')).toBeNull();
  }));

describe('GitHub under faults', () => {
  test('each fault of each request ends with one repository, also when the answer is lost', () =>
    withGithub(async ({ github, host }) => {
      const faults = [
        { kind: 'answer', status: 500 },
        { kind: 'answer', status: 503 },
        { kind: 'reset', when: 'before' },
        { kind: 'reset', when: 'after' },
        { kind: 'cut-answer', share: 0.5 },
      ] as const;
      const names: string[] = [];
      for (const operation of ['GET /user', 'GET /repos', 'POST /user/repos']) {
        for (const fault of faults) {
          const name = `r${names.length}`;
          names.push(`Ada-L/${name}`);
          github.faults.add(operation, fault);
          expect(await thrownBy(host.ensureRepository({ ...WISH, name })), `${operation} ${fault.kind}`).toBeNull();
        }
      }
      expect([...github.made].sort()).toEqual([...names].sort());
    }));

  test('a lost answer to making is still one that made it', () =>
    withGithub(async ({ github, host }) => {
      github.faults.add('POST /user/repos', { kind: 'reset', when: 'after' });
      expect(await host.ensureRepository(WISH)).toMatchObject({ created: true });
    }));

  test('limits are waited for as GitHub asks, and one that lasts too long is told', () =>
    withGithub(async ({ github, host, waits }) => {
      const soon = String(Math.floor(Date.now() / 1000) + 20);
      const primary = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon };
      github.faults.add('GET /user', { kind: 'answer', status: 403, headers: primary });
      github.faults.add('GET /user', { kind: 'answer', status: 429, headers: { 'retry-after': '7' } });
      expect((await host.check()).every(({ passed }) => passed)).toBe(true);
      expect(waits[0]).toBeGreaterThan(15_000);
      expect(waits[1]).toBe(7000);
      const later = { ...primary, 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3000) };
      github.faults.add('GET /user', { kind: 'answer', status: 403, headers: later });
      expect(await thrownBy(host.plan({ name: 'a' }))).toMatchObject({ code: 'remote.limited' });
    }));

  test('a push is tried again over a bad line, and given up with nothing lost', () =>
    withGithub(async ({ github, host, folder, waits }) => {
      const repository = await host.ensureRepository(WISH);
      const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
      const bad = { kind: 'answer', status: 503 } as const;
      github.faults.add('git', bad, { kind: 'reset', when: 'before' });
      const before = waits.length;
      expect(await host.push({ directory, repository, branch: 'main' })).toMatchObject({ isNew: true });
      expect(waits.length - before).toBe(2);
      commitFiles(directory, { 'b.txt': 'y' });
      github.faults.add('git', bad, bad, bad, bad);
      const error = await thrownBy(host.push({ directory, repository, branch: 'main' }));
      expect(error).toMatchObject({ code: 'remote.unreachable', message: expect.stringContaining('503') });
      expect(await host.push({ directory, repository, branch: 'main' })).toMatchObject({ isNew: true });
    }));

  test('two at once make one repository, and both go on with it', () =>
    withGithub(async ({ github, host, open }) => {
      const both = await Promise.all([host.ensureRepository(WISH), open(TOKEN).ensureRepository(WISH)]);
      expect(both.map(({ name }) => name)).toEqual(['blog-api', 'blog-api']);
      expect(github.made).toEqual(['Ada-L/blog-api']);
    }));
});

describe('where the token is while pushing', () => {
  test('in no command line, in no file, in no other program, and hooks of the folder are not run', () =>
    withGithub(async ({ github, host, folder }) => {
      const repository = await host.ensureRepository(WISH);
      const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'x' });
      const trace = join(folder, 'hook-ran');
      writeFileSync(join(directory, '.git/hooks/pre-push'), `#!/bin/sh\nenv > ${trace}\n`, { mode: 0o755 });
      writeFileSync(join(folder, '.gitconfig'), `[credential]\n\thelper = "!env > ${trace}; false"\n[trace2]\n`);
      const watch = watchProcesses();
      await host.push({ directory, repository, branch: 'main' });
      watch.stop();
      const encoded = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
      const commands = [...watch.commands].filter((command) => command.includes('push'));
      expect(commands.some((command) => command.includes('--porcelain'))).toBe(true);
      for (const text of watch.commands) {
        expect(text).not.toContain(TOKEN);
        expect(text).not.toContain(encoded);
      }
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true });
      for (const file of files.filter((entry) => entry.isFile())) {
        const text = readFileSync(join(file.parentPath, file.name), 'latin1');
        expect(text.includes(TOKEN) || text.includes(encoded), file.name).toBe(false);
      }
      expect(readdirSync(folder)).not.toContain('hook-ran');
      expect(fileAt(github, 'Ada-L', 'blog-api', 'main', 'a.txt')).toBe('x');
    }));
});
