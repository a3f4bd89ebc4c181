import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { remoteWorkspace } from '../../src/pipeline/remote-workspace.ts';
import { failureOf } from '../contracts/deploy-target.ts';
import { askInside, replaceScripts, withWorkspaceStage } from '../support/workspace-stage.ts';

const LONG_MS = 240_000;

describe('a project in a sandbox', () => {
  test(
    'is installed, migrated, built, tested and served there, without any secret of ours, and goes on where it was',
    () =>
      withWorkspaceStage('blog', async (stage) => {
        const { directory, fake, run } = stage;
        writeFileSync(join(directory, '.env'), 'DATABASE_URL="postgres://canary:canary-secret@127.0.0.1/x"\n');
        mkdirSync(join(directory, 'node_modules/canary'), { recursive: true });
        writeFileSync(join(directory, 'node_modules/canary/index.js'), 'canary-package');
        replaceScripts(directory, { pretest: 'true', test: 'mkdir -p made && echo made there > "made/by tests.txt"' });
        const done = await run();
        expect(done).toMatchObject({ sandbox: 'turbobackend-abcdefghijklmnop', tests: 'passed' });
        const names = ['install', 'tools', 'database', 'migrate', 'tests-database', 'build', 'test'];
        expect(done.steps.map(({ name }) => name)).toEqual(names);
        expect(await askInside(stage, '/posts')).toMatchObject({
          status: 200,
          body: expect.stringContaining('"data"'),
        });
        expect(fake.calls.some(({ body }) => body.includes('canary'))).toBe(false);
        expect(done.changed).toEqual(['made/by tests.txt']);
        const kept = join(directory, '.turbobackend/workspace/changed/made/by tests.txt');
        expect(readFileSync(kept, 'utf8')).toBe('made there\n');

        const again = await run();
        const reused = again.steps.filter((step) => step.reused).map(({ name }) => name);
        expect(reused).toEqual(['install', 'tools', 'build', 'test']);
        expect((await askInside(stage, '/posts')).status).toBe(200);
        expect(fake.created()).toBe(1);
      }),
    LONG_MS,
  );

  test('is not sent to where its database cannot be reached from, and no sandbox is made for it', () =>
    withWorkspaceStage('blog', async ({ folder, fake, services }) => {
      for (const host of ['localhost', '127.0.0.1', '::1', '/var/run/postgresql']) {
        const login = { host, port: 5432, database: 'd', user: 'u', password: 'a-secret-password' };
        const database = { app: login, migrations: login };
        const error = await failureOf(remoteWorkspace(folder, { keep: false }, database, services));
        expect(error).toMatchObject({ code: 'usage.invalid', hint: expect.stringContaining('reachable') });
        expect(JSON.stringify([error.message, error.hint])).not.toContain('a-secret-password');
      }
      expect(fake.calls).toEqual([]);
    }));
});
