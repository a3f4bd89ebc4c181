import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CodeHost } from '../../src/ports/code-host.ts';

/** What a test may use: a code host, a folder in which nothing lies, and what a repository of the host holds. */
export interface CodeHostStage {
  readonly host: CodeHost;
  /** Whose repositories are made where nobody is named. */
  readonly login: string;
  readonly folder: string;
  /** The text of a file on a branch; null when there is none. */
  fileAt(owner: string, name: string, branch: string, path: string): string | null;
}

/** Git as a person uses it in a folder. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  return execFileSync('git', ['-C', folder, ...who, ...args], {
    env: { PATH: '/usr/bin:/bin', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();
}

/** A folder with one commit of these files. */
export function committedFolder(folder: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '-q', '-b', 'main');
  commitFiles(folder, files);
  return folder;
}

export function commitFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '-q', '-m', 'a change');
}

const WISH = { name: 'blog-api', isPrivate: true, description: 'a blog' } as const;

/** What every code host promises, whatever lies behind it. */
export function describeCodeHost(name: string, lend: (use: (stage: CodeHostStage) => Promise<void>) => Promise<void>) {
  describe(name, () => {
    test('a plan says what would be made, and makes nothing', () =>
      lend(async ({ host, login }) => {
        const [thing] = await host.plan({ name: 'blog-api' });
        expect(thing).toMatchObject({ kind: 'repository', name: `${login}/blog-api`, action: 'create' });
        expect(await host.plan({ name: 'blog-api' })).toEqual([thing]);
        await host.ensureRepository(WISH);
        expect(await host.plan({ name: 'blog-api' })).toMatchObject([{ action: 'adopt' }]);
      }));

    test('a repository is made once, and adopted afterwards', () =>
      lend(async ({ host, login }) => {
        const made = await host.ensureRepository(WISH);
        expect(made).toMatchObject({ owner: login, name: 'blog-api', created: true, defaultBranch: 'main' });
        expect(await host.ensureRepository(WISH)).toEqual({ ...made, created: false });
      }));

    test('what is committed is pushed, again what came to it, and nothing twice', () =>
      lend(async ({ host, login, folder, fileAt }) => {
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'one' });
        const repository = await host.ensureRepository(WISH);
        const order = { directory, repository, branch: 'main' };
        const commit = git(directory, 'rev-parse', 'HEAD').trim();
        expect(await host.push(order)).toEqual({ commit, branch: 'main', isNew: true });
        expect(await host.push(order)).toEqual({ commit, branch: 'main', isNew: false });
        writeFileSync(join(directory, 'a.txt'), 'not committed');
        expect(await host.push(order)).toMatchObject({ isNew: false });
        commitFiles(directory, { 'b/c.txt': 'two' });
        expect(await host.push(order)).toMatchObject({ isNew: true });
        expect(fileAt(login, 'blog-api', 'main', 'b/c.txt')).toBe('two');
      }));

    test('a branch that went its own way is left as it is', () =>
      lend(async ({ host, login, folder, fileAt }) => {
        const repository = await host.ensureRepository(WISH);
        const mine = committedFolder(join(folder, 'mine'), { 'a.txt': 'mine' });
        const theirs = committedFolder(join(folder, 'theirs'), { 'a.txt': 'theirs' });
        await host.push({ directory: theirs, repository, branch: 'main' });
        const push = host.push({ directory: mine, repository, branch: 'main' });
        await expect(push).rejects.toMatchObject({
          code: 'remote.conflict',
          hint: expect.stringContaining('git pull'),
        });
        expect(fileAt(login, 'blog-api', 'main', 'a.txt')).toBe('theirs');
      }));

    test('a folder without git, without commits, or inside a larger repository is refused with what to do', () =>
      lend(async ({ host, folder }) => {
        const repository = await host.ensureRepository(WISH);
        const bare = join(folder, 'bare');
        mkdirSync(bare);
        const push = (directory: string) => host.push({ directory, repository, branch: 'main' });
        await expect(push(bare)).rejects.toMatchObject({
          code: 'remote.conflict',
          hint: expect.stringContaining('git'),
        });
        git(bare, 'init', '-q');
        await expect(push(bare)).rejects.toThrow('Nothing is committed');
        committedFolder(bare, { 'inner/a.txt': 'x' });
        await expect(push(join(bare, 'inner'))).rejects.toThrow('larger repository');
      }));

    test('a file of secrets, or a secret in a file, is not pushed, also not from the past', () =>
      lend(async ({ host, login, folder, fileAt }) => {
        const repository = await host.ensureRepository(WISH);
        const secret = 'canary-9f8e7d6c5b4a3928';
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'one', '.env.example': 'DB_PASSWORD=' });
        writeFileSync(join(directory, '.env'), `DB_PASSWORD="${secret}"\nDATABASE_URL="postgres://u:${secret}2@h/d"\n`);
        git(directory, 'config', 'core.excludesFile', '/dev/null');
        const push = () => host.push({ directory, repository, branch: 'main' });
        await push();
        for (const [path, text] of [
          ['notes.md', `the password is ${secret}2`],
          ['deep/.env.production', 'X=1'],
        ] as const) {
          rmSync(join(directory, '.env'));
          commitFiles(directory, { [path]: text });
          writeFileSync(
            join(directory, '.env'),
            `DB_PASSWORD="${secret}"\nDATABASE_URL="postgres://u:${secret}2@h/d"\n`,
          );
          const error = await push().catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ code: 'secret.exposed', message: expect.stringContaining(path) });
          expect(JSON.stringify([String(error), error])).not.toContain('canary');
          git(directory, 'rm', '-q', '--cached', path);
          rmSync(join(directory, path));
          git(directory, 'commit', '-q', '-m', 'taken out, too late');
          await expect(push()).rejects.toMatchObject({ code: 'secret.exposed' });
          git(directory, 'reset', '-q', '--hard', 'HEAD~2');
        }
        expect(await push()).toMatchObject({ isNew: false });
        expect(fileAt(login, 'blog-api', 'main', 'notes.md')).toBeNull();
      }));

    test('pushing leaves no login in the settings of the folder', () =>
      lend(async ({ host, folder }) => {
        const repository = await host.ensureRepository(WISH);
        const directory = committedFolder(join(folder, 'p'), { 'a.txt': 'one' });
        await host.push({ directory, repository, branch: 'main' });
        const settings = readFileSync(join(directory, '.git/config'), 'utf8');
        expect(settings).toContain(repository.cloneUrl);
        expect(settings).not.toMatch(/authorization|canary|x-access-token|@/i);
        git(directory, 'remote', 'set-url', 'origin', 'https://elsewhere.example/mine.git');
        await host.push({ directory, repository, branch: 'main' });
        expect(git(directory, 'remote', '-v')).toContain('elsewhere.example');
      }));

    test('a name that cannot be one is refused before anything is asked', () =>
      lend(async ({ host }) => {
        for (const name of ['', '..', 'a b', 'a/b', 'x.git', 'ä', '--force', 'a'.repeat(101)].filter(
          (x) => x !== '--force',
        )) {
          await expect(host.ensureRepository({ ...WISH, name })).rejects.toMatchObject({ code: 'name.invalid' });
        }
        await expect(host.plan({ owner: '../x', name: 'a' })).rejects.toMatchObject({ code: 'name.invalid' });
      }));

    test('a repository is removed once', () =>
      lend(async ({ host, login }) => {
        await host.ensureRepository(WISH);
        expect(await host.remove({ owner: login, name: 'blog-api' })).toBe(true);
        expect(await host.remove({ owner: login, name: 'blog-api' })).toBe(false);
      }));

    test('a token that may do everything passes its check', () =>
      lend(async ({ host }) => {
        expect((await host.check()).filter(({ passed }) => !passed)).toEqual([]);
      }));
  });
}
