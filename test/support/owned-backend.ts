import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { type ConditionText, changeCondition, ownerCondition, readCondition } from '../../src/domain/access.ts';
import { readableIdentifier } from '../../src/domain/identifier.ts';
import type { Schema, Table } from '../../src/domain/schema.ts';
import { cheapenHashes } from './cheap-hashes.ts';
import { buildWorker, connectProject, repositoryRoot, startBuilt, writeProject } from './generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';

/** What a backend answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export type Send = (method: string, path: string, body?: unknown, headers?: object) => Promise<Answer>;

/** Somebody who is signed in, or not. */
export interface Person {
  readonly id: string | number;
  readonly send: Send;
}

export interface OwnedBackend {
  readonly database: ProjectDatabase;
  readonly directory: string;
  readonly nobody: Send;
  register(fields: object): Promise<Person>;
  /** The log of the server so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Generates, builds and runs the backend of a schema with accounts; `withoutFirstWall` takes its conditions out. */
export async function startOwnedBackend(
  schema: Schema,
  { withoutFirstWall = false, env = {} }: { withoutFirstWall?: boolean; env?: Readonly<Record<string, string>> } = {},
): Promise<OwnedBackend> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-owned-'));
  const directory = join(folder, 'project');
  await writeProject(directory, schema);
  cheapenHashes(directory);
  if (withoutFirstWall) takeFirstWallOut(directory, schema);
  const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
  await builder.build(directory).finally(() => builder.close());
  const database = await makeProjectDatabase(inject('cluster'));
  await connectProject(directory, schema, database);
  const server = await startBuilt(directory, env);
  const sender = (own: object): Send => {
    return async (method, path, body, headers = {}) => {
      const answer = await fetch(server.url + path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...own, ...headers },
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
    };
  };
  const nobody = sender({});
  const [key = ''] = schema.tables.flatMap(({ name, columns }) =>
    name === schema.accounts?.table ? columns.filter((column) => column.primaryKey).map((column) => column.name) : [],
  );
  return {
    database,
    directory,
    nobody,
    register: async (fields) => {
      const { status, body } = await nobody('POST', '/auth/register', { password: 'correct horse', ...fields });
      if (status !== 201) throw new Error(`registering was answered with ${status}: ${JSON.stringify(body)}`);
      return { id: body.account[key], send: sender({ authorization: `Bearer ${body.accessToken}` }) };
    },
    log: server.log,
    stop: async () => {
      await server.stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Replaces every condition of ownership by one that always holds; throws when a table has none. */
function takeFirstWallOut(directory: string, schema: Schema): void {
  for (const table of schema.tables) {
    const path = join(directory, 'server/data', `${table.name}.ts`);
    const code = readFileSync(path, 'utf8');
    // The key of an account is what it is found by, too.
    const isAccount = schema.accounts?.table === table.name;
    const own = conditions(table, schema).filter(({ sql }) => !isAccount || !sql.endsWith('$1'));
    const parents = schema.tables.flatMap((parent) => conditions(parent, schema));
    let open = code;
    for (const { sql, always } of own) open = replaced(open, sql, always);
    for (const { sql, always } of parents) open = replaced(open, `where ${sql})`, `where ${always})`);
    const isOwned = changeCondition(table, schema, textWith('$1')) !== null;
    if (isOwned && open === code) throw new Error(`no condition was found for ${table.name}`);
    writeFileSync(path, open);
  }
}

function replaced(code: string, sql: string, always: string): string {
  const pattern = sql.replace(/[$()[\]{}.*+?|^\\]/g, '\\$&');
  const found = new RegExp(`(?<![\\w."])${pattern}(?!\\d)`, 'g');
  // Not what a column is set to.
  const lines = code.split('\n').map((line) => (/^ +"?\w+"? = /.test(line) ? line : line.replace(found, () => always)));
  return lines.join('\n');
}

function textWith(account: string): ConditionText {
  return { account, table: (name) => `app.${readableIdentifier(name)}` };
}

/** All texts a condition of a table can have, what holds another one first. */
function conditions(table: Table, schema: Schema): { readonly sql: string; readonly always: string }[] {
  const accounts = ['$'.concat('{bind(account?.id)}'), ...Array.from({ length: 60 }, (_, index) => `$${index + 1}`)];
  const found = accounts.flatMap((account) =>
    [readCondition, changeCondition, ownerCondition].flatMap((condition) => {
      const whole = condition(table, schema, textWith(account)) ?? '';
      const parts = whole.startsWith('(') ? [whole, ...whole.slice(1, -1).split(' or ')] : [whole];
      return parts.map((sql) => ({ sql, always: `(${account}::text is not null or true)` }));
    }),
  );
  return found.filter(({ sql }) => sql !== '').sort((one, other) => other.sql.length - one.sql.length);
}

/** Takes the second wall down. */
export async function dropPolicies(database: ProjectDatabase, schema: Schema): Promise<void> {
  for (const { name } of schema.tables) {
    await database.admin(`ALTER TABLE app.${readableIdentifier(name)} DISABLE ROW LEVEL SECURITY`);
  }
}
