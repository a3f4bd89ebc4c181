import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { nitroBuilder } from '../../src/adapters/builder/nitro/nitro-builder.ts';
import { type Answer, type Ask, askAt, newName, type Person, readTokens } from './accounts-client.ts';
import {
  APP_SECRET,
  buildWorker,
  connectProject,
  type RunningServer,
  readSchema,
  repositoryRoot,
  startBuilt,
  writeProject,
} from './generated-projects.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';

/** Whole projects with accounts, built and running, and the people in them. */

/** How people of each schema register. */
export const kinds = {
  tasks: { path: '/users', table: 'users', key: 'id', login: 'email', fields: { name: 'A Person' } },
  forum: { path: '/users', table: 'users', key: 'id', login: 'email', fields: { name: 'A Person' } },
  shop: { path: '/customers', table: 'customers', key: 'id', login: 'username', fields: {} },
  'hostile-accounts': { path: '/run', table: 'run', key: 'row', login: 'await', fields: { pin: '12345678' } },
} as const;
export type Kind = keyof typeof kinds;

export interface RunningAccounts {
  readonly directory: string;
  readonly database: ProjectDatabase;
  readonly server: RunningServer;
  readonly ask: Ask;
}

/** What a hash costs in these tests. */
export const CHEAP = { N: 16, r: 1, p: 1 } as const;

/** Writes a line for each hash that is worked out, and works it out for less. */
const CHEAP_HASHES = `import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
const { scrypt } = crypto;
crypto.scrypt = (password, salt, length, { N, r, p }, done) => {
  process.stderr.write(\`hashing \${[N, r, p]}\\n\`);
  scrypt(password, salt, length, ${JSON.stringify(CHEAP)}, done);
};
syncBuiltinESMExports();
`;

/** Secrets of these tests, which must not be found in any log. */
export const secrets = new Set<string>([APP_SECRET]);

export function remember<T extends Partial<Person>>(person: T): T {
  for (const secret of [person.accessToken, person.refreshToken, person.password]) if (secret) secrets.add(secret);
  return person;
}

/** Builds and starts the projects of these schemas for the tests of a file; a function that tells about one of them. */
export function lendAccounts(names: readonly Kind[]): {
  readonly running: (name: Kind) => RunningAccounts;
  /** Another server of the same project, which the caller stops. */
  readonly startTwin: (name: Kind, env?: Readonly<Record<string, string>>) => Promise<RunningServer>;
} {
  const root = mkdtempSync(join(tmpdir(), 'tb-accounts-'));
  const projects = new Map<Kind, RunningAccounts>();
  const counter = join(root, 'cheap-hashes.mjs');
  const settings = { TRUST_PROXY: 'true', NODE_OPTIONS: `--import ${counter}` };

  beforeAll(async () => {
    const builder = nitroBuilder({ packageRoot: repositoryRoot, workerPath: await buildWorker() });
    builder.warmUp();
    writeFileSync(counter, CHEAP_HASHES);
    for (const name of names) {
      const schema = readSchema(name);
      const directory = join(root, name);
      await writeProject(directory, schema);
      await builder.build(directory);
      const database = await makeProjectDatabase(inject('cluster'));
      await connectProject(directory, schema, database);
      // For several servers at the same time.
      await database.admin(`ALTER ROLE ${database.names.app} CONNECTION LIMIT 50`);
      await database.admin(`ALTER DATABASE ${database.names.database} CONNECTION LIMIT 60`);
      const server = await startBuilt(directory, settings);
      projects.set(name, { directory, database, server, ask: askAt(server.url) });
    }
    await builder.close();
  });

  afterAll(async () => {
    for (const { server, database } of projects.values()) {
      await server.stop();
      await database.drop();
    }
    rmSync(root, { recursive: true, force: true });
  });

  const running = (name: Kind): RunningAccounts => {
    const project = projects.get(name);
    if (!project) throw new Error(`${name} does not run`);
    return project;
  };
  return { running, startTwin: (name, env = {}) => startBuilt(running(name).directory, { ...settings, ...env }) };
}

export function newLogin(name: Kind): string {
  return kinds[name].login === 'email' ? `${newName()}@example.com` : newName();
}

export function registration(name: Kind, login = newLogin(name), password = `secret ${newName()}`) {
  return { [kinds[name].login]: login, password, ...kinds[name].fields };
}

export async function register(name: Kind, ask: Ask): Promise<Person> {
  const [login, password] = [newLogin(name), `secret ${newName()}`];
  const answer = await ask('POST', '/auth/register', { body: registration(name, login, password) });
  expect(answer).toMatchObject({ status: 201 });
  return remember({ login, password, ...readTokens(answer) });
}

export function signIn(name: Kind, { login, password }: Pick<Person, 'login' | 'password'>, ask: Ask): Promise<Answer> {
  return ask('POST', '/auth/login', { body: { [kinds[name].login]: login, password } });
}

/** What a token is good for. */
export async function statusOf(ask: Ask, token: string): Promise<number> {
  return (await ask('GET', '/auth/me', { token })).status;
}

/** How many hashes a server has worked out. */
export function hashesOf({ server }: Pick<RunningAccounts, 'server'>): number {
  return server.log().split('hashing ').length - 1;
}

/** Status, media type and fields at fault of an answer. */
export function problemOf(answer: Answer) {
  const fields = Array.isArray(answer.body.errors) ? answer.body.errors.map((error: unknown) => fieldOf(error)) : [];
  return { status: answer.status, type: answer.headers.get('content-type'), fields };
}

function fieldOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'field' in error ? error.field : error;
}

export const PROBLEM = { type: 'application/problem+json', fields: [] };

/** Waits until a statement of the backend waits for a lock. */
export async function waitForLock({ admin, names: { app } }: ProjectDatabase): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`;
  await expect.poll(async () => (await admin(waiting, [app])).length).toBe(1);
}
