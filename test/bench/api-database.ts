/** The databases of `bench:api`: schemas, rows, and what PostgreSQL spends. */
import { readFileSync } from 'node:fs';
import { withListIndexes } from '../../src/domain/list-order.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import type { TestCluster } from '../support/global-cluster.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';
import { serverPids } from './server-cost.ts';

export const USERS = 100;
export const POSTS = 20_000;
export const BODY = 'The quick brown fox jumps over the lazy dog. '.repeat(6);

export const idOf = (kind: 'post' | 'user', number: number): string => `${kind}-${String(number).padStart(16, '0')}`;

function readBlog(): Record<string, unknown> & { tables: { name: string; columns: { name: string }[] }[] } {
  return JSON.parse(readFileSync(new URL('../phases/scaffold/schemas/blog.json', import.meta.url), 'utf8'));
}

/** The blog that everybody may read and write. */
export function openBlog(): Schema {
  return withListIndexes(parseSchema(readBlog()));
}

/** The same blog, where people sign in and see their own posts only. */
export function privateBlog(): Schema {
  const blog = readBlog();
  const tables = blog.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) =>
      column.name === 'author_id' ? { ...column, default: { generate: 'owner' } } : column,
    ),
  }));
  const accounts = { table: 'users', login: 'email', password: 'password_hash' };
  return withListIndexes(parseSchema({ ...blog, tables, accounts }));
}

/** A database with the tables of a schema and its users and posts. */
export async function makeBlog(cluster: TestCluster['cluster'], schema: Schema): Promise<ProjectDatabase> {
  const database = await makeProjectDatabase(cluster);
  const { owner, app, database: name } = database.names;
  await database.admin(`SET ROLE ${owner}; SET search_path = app; ${initialMigration(schema, 0).content}`);
  // All servers are connected at the same time.
  await database.admin(`ALTER ROLE ${app} CONNECTION LIMIT 100`);
  await database.admin(`ALTER DATABASE ${name} CONNECTION LIMIT 150`);
  await database.admin(
    `insert into app.users (id, email, name, password_hash, created_at, updated_at)
     select 'user-' || lpad(n::text, 16, '0'), n || '@example.com', 'User ' || n, '', n, n
     from generate_series(0, $1 - 1) n`,
    [USERS],
  );
  await database.admin(
    `insert into app.posts (id, author_id, title, slug, body, status, views, created_at, updated_at)
     select 'post-' || lpad(n::text, 16, '0'), 'user-' || lpad((n % $2)::text, 16, '0'), 'Post ' || n, 'post-' || n, $3,
       (case when n % 3 = 0 then 'draft' else 'published' end)::app.post_status, n, 1700000000 + n, 1700000000 + n
     from generate_series(0, $1 - 1) n`,
    [POSTS, USERS, BODY],
  );
  await database.admin('vacuum analyze');
  return database;
}

/** Takes the rows away that a round made. */
export async function forgetCreated(database: ProjectDatabase): Promise<void> {
  await database.admin("delete from app.posts where slug like 'created-%'");
  await database.admin('vacuum analyze app.posts');
}

/** CPU time of the back-ends that are there, in milliseconds. */
export function backendsCpuMs(cluster: TestCluster['cluster']): number {
  const ticks = serverPids(cluster).map((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended since the list was read.
      return 0;
    }
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10;
}
