import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll } from 'vitest';
import { localPrograms } from '../../src/adapters/programs/local/local-programs.ts';
import { localTemplates } from '../../src/adapters/templates/local/local-templates.ts';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { loginUrl } from '../../src/domain/database.ts';
import type { Framework } from '../../src/domain/framework.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import type { Project } from '../../src/domain/project.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { scaffold } from '../../src/phases/scaffold.ts';
import { freePort } from './free-port.ts';
import type { ProjectDatabase } from './project-database.ts';

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url));

let worker: Promise<string> | null = null;

/** The build worker as a user has it: one file of JavaScript. Removed after the last test of the file. */
export function buildWorker(): Promise<string> {
  worker ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-worker-'));
    const input = join(repositoryRoot, 'src/adapters/builder/nitro/build-worker.ts');
    const built = await rolldown({ input, platform: 'node', logLevel: 'silent' });
    const file = join(folder, 'build-worker.mjs');
    await built.write({ file, format: 'esm' });
    await built.close();
    return file;
  })();
  return worker;
}

// Not when the process ends: the test runner ends its processes by a signal.
afterAll(async () => {
  if (worker) rmSync(dirname(await worker), { recursive: true, force: true });
  worker = null;
});

/** A schema file beside the tests, as the rules accept it. */
export function readSchema(name: string): Schema {
  const file = join(repositoryRoot, 'test/phases/scaffold/schemas', `${name}.json`);
  return parseSchema(JSON.parse(readFileSync(file, 'utf8')));
}

export function projectOf(schema: Schema | null, name = 'Blog API'): Project {
  return {
    version: 1,
    id: 'abcdefghijklmnop',
    name,
    request: 'a blog API with <b>posts</b>',
    createdAt: 1_763_694_000,
    decision: null,
    schema,
    files: {},
  };
}

export const scaffoldServices = {
  workspace: localWorkspace(),
  templates: localTemplates(join(repositoryRoot, 'templates')),
  progress: () => {},
  programs: localPrograms({ home: tmpdir(), environment: process.env }),
};

/** Writes a project into a new folder. */
export async function writeProject(
  directory: string,
  schema: Schema | null,
  framework: Framework = 'nitro',
): Promise<void> {
  const project = { ...projectOf(schema), framework };
  await scaffold({ directory, project, into: 'new-folder' }, scaffoldServices);
}

/** What signs the tokens of projects with accounts. */
export const APP_SECRET = 'a-secret-of-tests-with-more-than-32-characters';

/** Loads the schema into its database and tells the project where it is. */
export async function connectProject(directory: string, schema: Schema, database: ProjectDatabase): Promise<void> {
  await database.admin(
    `SET ROLE ${database.names.owner}; SET search_path = app; ${initialMigration(schema, 0).content}`,
  );
  const secret = schema.accounts ? `APP_SECRET="${APP_SECRET}"\n` : '';
  writeFileSync(join(directory, '.env'), `DATABASE_URL="${loginUrl(database.login('app'))}"\n${secret}`, {
    mode: 0o600,
  });
}

export interface RunningServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  log(): string;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
}

/** Starts what was built and waits until it answers anything at all. */
export async function startBuilt(
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const port = await freePort();
  const child = spawn(process.execPath, ['.output/server/index.mjs'], {
    cwd: directory,
    env: { PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    if (await fetch(`${url}/health`).catch(() => null)) break;
    if (child.exitCode !== null || attempt > 4000) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start:\n${printed}`);
    }
    await new Promise((next) => setTimeout(next, 25));
  }
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { url, child, log: () => printed, stop };
}

/** Runs a program to its end; its output and exit code. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
