import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitRepository } from '../../../src/adapters/repository/git/git-repository.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

/** A folder, git as a person would type it, and our adapter; the person has the settings given. */
function withPlace(settings: string, work: (place: ReturnType<typeof placeIn>) => Promise<void>): Promise<void> {
  return withTemporaryFolder((folder) => {
    writeFileSync(join(folder, '.gitconfig'), settings);
    mkdirSync(join(folder, 'here'));
    return work(placeIn(folder));
  });
}

const PERSON = '[user]\n  name = Ann\n  email = ann@example.org\n[init]\n  defaultBranch = main\n';

function placeIn(home: string) {
  const environment = { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  const here = join(home, 'here');
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: here, encoding: 'utf8', env: environment, stdio: 'pipe' });
  return {
    ...{ home, here, git },
    repository: gitRepository({ environment }),
    write(path: string, text: string) {
      mkdirSync(join(here, path, '..'), { recursive: true });
      writeFileSync(join(here, path), text);
    },
    files: () => git('ls-tree', '-r', '--name-only', 'HEAD').trim().split('\n'),
  };
}

test('a folder becomes a repository with what we wrote in one commit, of nobody when there is no name', async () => {
  await withPlace('', async ({ here, git, repository, write, files }) => {
    for (const path of ['a.txt', 'b/ü c.txt', '.env', '.env.migrate', '.env.example', '-rf', ':(top)x'])
      write(path, 'text');
    const paths = ['a.txt', 'b/ü c.txt', '.env', '.env.migrate', '.env.example', '-rf', ':(top)x', 'never-there'];
    const first = await repository.begin(here, { paths, message: 'create: it\n' });
    expect(first).toEqual({ kind: 'committed', id: git('rev-parse', 'HEAD').trim() });
    expect(git('log', '--format=%an <%ae> %s').trim()).toBe('turbobackend <turbobackend@localhost> create: it');
    expect(git('-c', 'core.quotePath=false', 'ls-files').trim().split('\n').sort()).toEqual(
      ['-rf', '.env.example', ':(top)x', 'a.txt', 'b/ü c.txt'].sort(),
    );
    expect(await repository.begin(here, { paths, message: 'again\n' })).toEqual({ kind: 'same' });
    expect(files().length).toBe(5);
  });
});

test('a person has their name, their staged work and their hooks for themselves', async () => {
  await withPlace(PERSON, async ({ home, here, git, repository, write }) => {
    git('init', '-q');
    write('ours.txt', 'one');
    write('theirs.txt', 'one');
    git('add', '.');
    git('commit', '-qm', 'theirs');
    write('theirs.txt', 'two');
    git('add', 'theirs.txt');
    write('theirs.txt', 'three');
    for (const hook of ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-index-change']) {
      write(`.git/hooks/${hook}`, `#!/bin/sh\ntouch ${home}/hooked\nexit 1\n`);
      chmodSync(join(here, '.git/hooks', hook), 0o755);
    }
    git('config', 'commit.gpgSign', 'true');
    write('ours.txt', 'two');
    write('new.txt', 'new');
    const before = readFileSync(join(here, '.git/config'), 'utf8');
    expect(await repository.open(here)).toMatchObject({ kind: 'open', changed: ['ours.txt', 'theirs.txt', 'new.txt'] });
    const done = await repository.commit(here, { paths: ['ours.txt', 'new.txt'], message: 'step\n' });
    expect(done.kind).toBe('committed');
    // What looks on from here on runs them.
    expect(existsSync(join(home, 'hooked'))).toBe(false);
    expect(git('log', '-1', '--format=%an %s', '--name-only').trim()).toBe('Ann step\n\nnew.txt\nours.txt');
    expect(git('status', '--porcelain')).toBe('MM theirs.txt\n');
    expect(git('show', ':theirs.txt')).toBe('two');
    expect(readFileSync(join(here, '.git/config'), 'utf8')).toBe(before);
  });
});

test('in a bigger repository only the folder is looked at, and what is ignored there is left out', async () => {
  await withPlace(PERSON, async ({ here, git, repository, write, files }) => {
    git('init', '-q', '..');
    write('../README.md', 'big');
    write('../.gitignore', 'secret*\n');
    git('add', '../README.md', '../.gitignore');
    git('commit', '-qm', 'big');
    write('../README.md', 'changed by somebody');
    write('mine.txt', '1');
    write('secret.txt', '1');
    expect(await repository.open(here)).toMatchObject({ kind: 'open', changed: ['mine.txt'] });
    const order = { paths: ['mine.txt', 'secret.txt'], message: 'create\n' };
    expect((await repository.begin(here, order)).kind).toBe('committed');
    expect([existsSync(join(here, '.git')), files()]).toEqual([false, ['mine.txt']]);
    execFileSync('rm', [join(here, 'mine.txt')]);
    expect((await repository.commit(here, { paths: ['mine.txt'], message: 'gone\n' })).kind).toBe('committed');
    expect(git('ls-files')).toBe('');
    expect(git('status', '--porcelain', '--untracked-files=no', '..').trim()).toBe('M README.md');
  });
});

test('during a merge, without git and without a repository nothing is committed, and it is said why', async () => {
  await withPlace(PERSON, async ({ here, git, repository, write }) => {
    const order = { paths: ['a.txt'], message: 'step\n' };
    expect(await repository.commit(here, order)).toEqual({
      kind: 'none',
      reason: 'the folder lies in no git repository',
    });
    const without = gitRepository({ environment: { PATH: '/nowhere' } });
    expect(await without.begin(here, order)).toEqual({ kind: 'none', reason: 'there is no git on this machine' });
    expect(await without.open(here)).toMatchObject({ kind: 'none' });
    git('init', '-q');
    write('a.txt', '1');
    git('add', '.');
    git('commit', '-qm', 'one');
    write('.git/MERGE_HEAD', git('rev-parse', 'HEAD'));
    write('a.txt', '2');
    expect(await repository.commit(here, order)).toEqual({ kind: 'none', reason: 'a merge is under way' });
    expect(git('log', '--format=%s').trim()).toBe('one');
  });
});
