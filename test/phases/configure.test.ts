import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import type { Login } from '../../src/domain/database.ts';
import { configure } from '../../src/phases/configure.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const app: Login = { host: '127.0.0.1', port: 5433, database: 'db', user: 'app', password: 'one' };
const migrations: Login = { ...app, user: 'mig' };
const services = { workspace: localWorkspace(), progress: () => {} };

test('a backend with accounts gets a secret for each environment, which stays, and migrations get none', () =>
  withTemporaryFolder(async (directory) => {
    const read = (file: string) => parseEnv(readFileSync(join(directory, file), 'utf8'));
    const write = (env: 'dev' | 'prod', password = 'one') =>
      configure({ directory, env, app: { ...app, password }, migrations, withAccounts: true }, services);
    await write('dev');
    await write('prod');
    const { APP_SECRET } = read('.env');
    expect(APP_SECRET).toMatch(/^[\w-]{43}$/);
    expect(read('.env.production').APP_SECRET).not.toBe(APP_SECRET);
    expect(read('.env.migrate')).not.toHaveProperty('APP_SECRET');
    expect(statSync(join(directory, '.env')).mode & 0o777).toBe(0o600);

    await write('dev', 'two');
    expect(read('.env')).toMatchObject({ APP_SECRET, DB_PASSWORD: 'two' });
    await configure({ directory, env: 'dev', app, migrations }, services);
    expect(read('.env')).toMatchObject({ APP_SECRET, DB_PASSWORD: 'one' });
  }));

test('a backend without accounts gets no secret', () =>
  withTemporaryFolder(async (directory) => {
    await configure({ directory, env: 'dev', app, migrations }, services);
    expect(readFileSync(join(directory, '.env'), 'utf8')).not.toContain('APP_SECRET');
  }));

test('what a killed write left of a secret is taken away, is never for git, and what somebody writes now is let', () =>
  withTemporaryFolder(async (directory) => {
    const child = spawn('true', { stdio: 'ignore' });
    await once(child, 'exit');
    const left = (pid = 0) => `.env.migrate.tmp-${pid.toString(16).padStart(6, '0')}abcdef`;
    const former = left(process.pid).replace('.migrate', '');
    for (const name of [left(child.pid), left(process.pid), former, '.env.tmp-notes']) {
      writeFileSync(join(directory, name), '');
    }
    // Of a process that had our pid in an earlier life of this container.
    utimesSync(join(directory, former), 1, 1);
    await configure({ directory, env: 'dev', app, migrations }, services);
    const kept = ['.env', '.env.migrate', left(process.pid), '.env.tmp-notes', '.gitignore'];
    expect(readdirSync(directory).sort()).toEqual(kept.sort());
    execFileSync('git', ['init', '-q'], { cwd: directory });
    const listed = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: directory, encoding: 'utf8' });
    expect(listed).toBe('?? .gitignore\n');
  }));
