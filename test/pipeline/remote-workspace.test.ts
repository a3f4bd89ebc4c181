import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { remoteWorkspace } from '../../src/pipeline/remote-workspace.ts';
import { failureOf } from '../contracts/deploy-target.ts';
import { openWay } from '../support/open-way.ts';
import { makeProjectDatabase } from '../support/project-database.ts';
import { askInside, withWorkspaceStage } from '../support/workspace-stage.ts';

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

  test('is there what it is here: what is new is served, what is gone is gone', () =>
    withWorkspaceStage(null, async (stage) => {
      const { directory, fake, run } = stage;
      replaceScripts(directory, { build: SMALL_BUILD });
      writeFileSync(join(directory, 'answer.txt'), 'one');
      await run();
      expect((await askInside(stage, '/')).body).toBe('one');
      writeFileSync(join(directory, 'answer.txt'), 'two');
      rmSync(join(directory, 'README.md'));
      await run();
      expect((await askInside(stage, '/')).body).toBe('two');
      const there = join(fake.sandboxes()[0]?.workDirectory ?? '', 'turbobackend/project');
      expect([existsSync(join(there, 'README.md')), existsSync(join(there, 'package.json'))]).toEqual([false, true]);
    }));

  test(
    'that fails is told with the end of what was printed, and takes its sandbox along unless it is to be kept',
    () =>
      withWorkspaceStage(null, async ({ directory, fake, run }) => {
        replaceScripts(directory, { build: 'echo something in bad.get.ts >&2; exit 3' });
        for (const keep of [false, true]) {
          const error = await failureOf(run({ keep }));
          expect(error).toMatchObject({ code: 'build.failed', message: expect.stringContaining('bad.get.ts') });
          expect(readFileSync(join(directory, '.turbobackend/workspace/build.log'), 'utf8')).toContain('bad.get.ts');
          expect(fake.sandboxes().length).toBe(keep ? 1 : 0);
        }
      }),
    LONG_MS,
  );

  test(
    'is done once more in a new sandbox when the first one goes away meanwhile',
    () =>
      withWorkspaceStage(null, async (stage) => {
        const { directory, fake, events, run } = stage;
        replaceScripts(directory, { build: SMALL_BUILD });
        const running = run();
        await expect
          .poll(() => fake.calls.some(({ route }) => route.endsWith('/exec')), { timeout: 20_000 })
          .toBe(true);
        await fake.vanish('turbobackend-abcdefghijklmnop');
        expect(await running).toMatchObject({ tests: 'skipped' });
        expect((await askInside(stage, '/health')).status).toBe(200);
        expect(events).toContainEqual(expect.objectContaining({ kind: 'warning' }));
        expect(fake.created()).toBe(2);
      }),
    LONG_MS,
  );

  test('uses the database that it is given, and is not tested in it', () =>
    withWorkspaceStage('blog', async (stage) => {
      const database = await makeProjectDatabase(inject('cluster'));
      const way = await openWay(inject('cluster').port);
      try {
        replaceScripts(stage.directory, { build: SMALL_BUILD, test: 'exit 1' });
        writeFileSync(join(stage.directory, 'answer.txt'), '');
        const { host, port } = way;
        const logins = {
          app: { ...database.login('app'), host, port },
          migrations: { ...database.login('mig'), host, port },
        };
        const done = await stage.run({}, logins);
        expect(done).toMatchObject({ tests: 'skipped', changed: [] });
        expect(done.steps.map(({ name }) => name)).toEqual(['install', 'migrate', 'build']);
        expect(await database.admin('SELECT * FROM app.posts')).toEqual([]);
        const [sandbox] = stage.fake.sandboxes();
        expect(sandbox?.order.domainAllowList).toBe(`registry.npmjs.org,${host}`);
        const file = join(sandbox?.workDirectory ?? '', 'turbobackend/project/.env');
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const password = database.login('app').password;
        const commands = stage.fake.calls.filter(({ route }) => !route.includes('bulk-upload'));
        expect(commands.some(({ body }) => body.includes(password))).toBe(false);
      } finally {
        way.close();
        await database.drop();
      }
    }));

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

/** Builds in no time a server that is healthy, and says what a file says. */
const SMALL_BUILD = `mkdir -p .output/server && cat > .output/server/index.mjs <<END
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const answer = readFileSync('answer.txt', { flag: 'a+' });
createServer((_, response) => response.end(answer)).listen(process.env.PORT, process.env.HOST);
END`;

function replaceScripts(directory: string, scripts: Readonly<Record<string, string>>): void {
  const file = join(directory, 'package.json');
  const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }));
}
