import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { failureOf } from '../contracts/deploy-target.ts';
import { openWay } from '../support/open-way.ts';
import { makeProjectDatabase } from '../support/project-database.ts';
import { askInside, replaceScripts, SMALL_BUILD, withWorkspaceStage } from '../support/workspace-stage.ts';

test(
  'a project with accounts withstands its own tests in a sandbox, on PostgreSQL in there, and serves',
  () =>
    withWorkspaceStage('tasks', async (stage) => {
      expect(await stage.run()).toMatchObject({ tests: 'passed', changed: [] });
      const log = readFileSync(join(stage.directory, '.turbobackend/workspace/test.log'), 'utf8');
      expect(log).toMatch(/# pass [1-9]\d*\n# fail 0/);
      expect((await askInside(stage, '/tasks')).status).toBe(401);
    }),
  600_000,
);

const LONG_MS = 240_000;

describe('a project in a sandbox', () => {
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
        await expect.poll(() => fake.calls.some(({ route }) => route.endsWith('/exec'))).toBe(true);
        await fake.vanish('turbobackend-abcdefghijklmnop');
        expect(await running).toMatchObject({ tests: 'skipped' });
        expect((await askInside(stage, '/health')).status).toBe(200);
        expect(events).toContainEqual(expect.objectContaining({ kind: 'warning' }));
        expect(fake.created()).toBe(2);
      }),
    LONG_MS,
  );

  test('is there what it is here: what is new is served, what is gone is gone', () =>
    withWorkspaceStage(null, async (stage) => {
      const { directory, fake, run } = stage;
      replaceScripts(directory, { build: SMALL_BUILD });
      writeFileSync(join(directory, 'answer.txt'), 'one');
      await run();
      expect(await askInside(stage, '/')).toMatchObject({ status: 200, body: 'one' });
      writeFileSync(join(directory, 'answer.txt'), 'two');
      rmSync(join(directory, 'README.md'));
      await run();
      expect(await askInside(stage, '/')).toMatchObject({ status: 200, body: 'two' });
      const there = join(fake.sandboxes()[0]?.workDirectory ?? '', 'turbobackend/project');
      expect([existsSync(join(there, 'README.md')), existsSync(join(there, 'package.json'))]).toEqual([false, true]);
    }));

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
});
