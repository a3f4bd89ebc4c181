import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, inject, test } from 'vitest';
import { nitroBuilder } from '../../../../src/adapters/builder/nitro/nitro-builder.ts';
import { packFiles } from '../../../../src/adapters/remote-target/fly/pack-files.ts';
import { loginUrl } from '../../../../src/domain/database.ts';
import {
  initialMigration,
  MIGRATIONS_FOLDER,
  parseMigrationFiles,
  renderSum,
  SUM_FILE,
} from '../../../../src/domain/migration.ts';
import type { FileTree } from '../../../../src/ports/workspace.ts';
import { failureOf, orderOf } from '../../../contracts/remote-target.ts';
import { buildWorker, readSchema, repositoryRoot, writeProject } from '../../../support/generated-projects.ts';
import { makeProjectDatabase } from '../../../support/project-database.ts';
import { withTemporaryFolder } from '../../../support/temporary-folder.ts';
import { withFly } from './lend-fly.ts';

/** Reads what a deployment is made of. */
function readTree(root: string, folder: string): FileTree {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [relative(root, file), readFileSync(file, 'utf8')]));
}

/** `key = value` lines of a fly.toml as the generated one is written, by section. */
function readToml(text: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const sections: Record<string, Record<string, unknown>> = { '': {} };
  let section = '';
  for (const line of text.split('\n')) {
    const [, name] = /^\[+([\w.]+)\]+$/.exec(line) ?? [];
    const [, key, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (name !== undefined) section = name;
    if (key !== undefined && value !== undefined)
      sections[section] = { ...sections[section], [key]: JSON.parse(value) };
  }
  return sections;
}

test('a generated backend runs there with its migrations, as its fly.toml and Dockerfile would have it', () =>
  withTemporaryFolder(async (folder) => {
    const directory = join(folder, 'project');
    const schema = readSchema('forum');
    await writeProject(directory, schema);
    const { path, content } = initialMigration(schema, 1_763_694_000);
    const migrationFiles = (added: FileTree = {}): FileTree => {
      const all = { [path]: content, ...added };
      return { ...all, [`${MIGRATIONS_FOLDER}/${SUM_FILE}`]: renderSum(parseMigrationFiles(all)) };
    };
    const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
    const database = await makeProjectDatabase(inject('cluster'));
    try {
      await builder.build(directory);
      const bundle = await builder.bundle(directory, 'scripts/migrate.mjs');
      const output = readTree(directory, '.output');
      const files = { ...output, ...migrationFiles(), 'scripts/migrate.mjs': bundle };
      const secrets = {
        DATABASE_URL: loginUrl(database.login('app')),
        MIGRATION_DATABASE_URL: loginUrl(database.login('mig')),
        APP_SECRET: 'k'.repeat(40),
      };
      const bytes = packFiles(files).files.reduce((sum, { raw_value }) => sum + raw_value.length, 0);
      expect(bytes).toBeLessThan(400 * 1024);
      await withFly(async ({ fake, target }) => {
        const order = orderOf('v1', 'plain', { files, secrets });
        expect(await target.deploy(order, () => undefined)).toMatchObject({ status: 'running' });
        const account = { email: 'ada@acme.test', name: 'Ada', password: 'correct horse battery' };
        const registered = await fetch(`${fake.appUrl}/auth/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(account),
        });
        expect(registered.status).toBe(201);
        expect((await fetch(`${fake.appUrl}/ready`)).status).toBe(200);
        expect((await fetch(`${fake.appUrl}/openapi.json`)).status).toBe(200);
        const [{ count } = { count: '0' }] = await database.admin<{ count: string }>(
          'SELECT count(*) FROM tb.schema_migrations',
        );
        expect(Number(count)).toBeGreaterThan(0);

        const broken = {
          ...files,
          ...migrationFiles({ 'migrations/20251201000000_broken.sql': 'select 1 from nowhere;' }),
        };
        const error = await failureOf(target.deploy({ ...order, files: broken, version: 'v2' }, () => undefined));
        expect([error.code, error.message]).toEqual(['migration.failed', expect.stringContaining('nowhere')]);
        expect(error.message).not.toContain(database.login('mig').password);
        expect((await fetch(`${fake.appUrl}/ready`)).status).toBe(200);
        compareByHand(directory, [...(fake.world.apps.get('blog-api')?.machines.values() ?? [])][0]?.config ?? {});
      });
    } finally {
      await builder.close();
      await database.drop();
    }
  }));

/** Somebody who deploys with `fly deploy` gets the same machine. */
function compareByHand(directory: string, config: Readonly<Record<string, unknown>>): void {
  const toml = readToml(readFileSync(join(directory, 'fly.toml'), 'utf8'));
  const { internal_port, auto_stop_machines, auto_start_machines, min_machines_running } = toml.http_service ?? {};
  expect(config.services).toMatchObject([
    {
      internal_port,
      autostop: auto_stop_machines,
      autostart: auto_start_machines,
      min_machines_running,
      checks: [{ type: 'http', port: internal_port, ...toml['http_service.checks'] }],
      ports: [
        { port: 80, handlers: ['http'], force_https: toml.http_service?.force_https },
        { port: 443, handlers: expect.arrayContaining(['http', 'tls']) },
      ],
    },
  ]);
  const dockerfile = readFileSync(join(directory, 'Dockerfile'), 'utf8');
  const [, settings = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? [];
  expect(config.env).toMatchObject({ ...parseEnv(settings.replaceAll(' ', '\n')), ...toml.env });
  expect(dockerfile).toContain(`FROM ${String(config.image)}\n`);
  expect(config.init).toEqual({ cmd: ['node', '/app/start.mjs', '.output/server/index.mjs'] });
  expect(dockerfile).toContain('CMD ["node", ".output/server/index.mjs"]');
  expect(toml.deploy).toEqual({ release_command: 'node scripts/migrate.mjs' });
}
