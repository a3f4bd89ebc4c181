import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { localTarget } from '../../src/adapters/deploy-target/local/local-target.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import { loginUrl } from '../../src/domain/database.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { scaffoldFiles } from '../../src/phases/scaffold.ts';
import { withCheapHashes } from './cheap-hashes.ts';
import { randomProjectId, supervisorBundle } from './fake-backend.ts';
import { buildWorker } from './generated-projects.ts';
import { makeProjectDatabase } from './project-database.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const root = new URL('../../', import.meta.url).pathname;

export interface RealBackend {
  readonly url: string;
  readonly projectId: string;
  readonly target: ReturnType<typeof localTarget>;
  /** Rows of all tables together. */
  countRows(): Promise<number>;
  /** Gives an account the first role that may do everything. */
  promote(key: string | number): Promise<void>;
}

/** Generates, builds and runs the backend of a schema on a database of its own, and takes all of it away again. */
export function withRealBackend<T>(schema: Schema | null, work: (backend: RealBackend) => Promise<T>): Promise<T> {
  return withTemporaryFolder(async (folder) => {
    const projectId = randomProjectId();
    const directory = join(folder, 'project');
    const template = await localTemplates(join(root, 'templates')).readTree('project');
    const project = { version: 1, id: projectId, name: 'proof', request: 'proof', createdAt: 0 } as const;
    const files = withCheapHashes(scaffoldFiles({ ...project, decision: null, schema, files: {} }, template));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    await build(directory);
    const database = await makeProjectDatabase(inject('cluster'));
    const target = localTarget({ home: join(folder, 'home'), supervisorPath: await supervisorBundle() });
    try {
      if (schema) await load(loginUrl(database.login('mig')), initialMigration(schema, 0).content);
      const secret = schema?.accounts ? `APP_SECRET=${projectId.repeat(3)}\n` : '';
      writeFileSync(join(directory, '.env'), `DATABASE_URL=${loginUrl(database.login('app'))}\n${secret}`);
      const { url } = await target.start({ projectId, directory });
      const countRows = async () => {
        const counts = (schema?.tables ?? []).map((table) =>
          database.admin<{ count: string }>(`SELECT count(*) FROM app.${JSON.stringify(table.name)}`),
        );
        return (await Promise.all(counts)).reduce((sum, rows) => sum + Number(rows[0]?.count ?? 0), 0);
      };
      const promote = async (key: string | number) => {
        const { accounts, tables } = schema ?? {};
        const id = tables
          ?.find(({ name }) => name === accounts?.table)
          ?.columns.find((column) => column.primaryKey)?.name;
        const [table, role] = [JSON.stringify(accounts?.table), JSON.stringify(accounts?.role)];
        await database.admin(`UPDATE app.${table} SET ${role} = $1 WHERE ${JSON.stringify(id)} = $2`, [
          accounts?.admins[0],
          key,
        ]);
      };
      return await work({ url, projectId, target, countRows, promote });
    } finally {
      await target.remove(projectId);
      await database.drop();
    }
  });
}

async function build(directory: string): Promise<void> {
  const builder = nitroBuilder({ packageRoot: root, workerPath: await buildWorker() });
  try {
    await builder.build(directory);
  } finally {
    await builder.close();
  }
}

async function load(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET search_path = app; ${sql}`);
  } finally {
    await client.end();
  }
}
