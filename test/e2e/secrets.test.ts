import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type App, openServices } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { ENVIRONMENTS, LOGIN_ROLES } from '../../src/domain/database.ts';
import { identifier } from '../../src/domain/identifier.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import {
  canariesBelow,
  canariesIn,
  newCanary,
  type ProcessWatch,
  variableNames,
  watchProcesses,
} from '../support/canaries.ts';
import { startCluster, type TestCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { asAdmin } from '../support/provisioning.ts';
import { runCli } from '../support/run-cli.ts';

/**
 * Secrets on their way through the whole program: planted everywhere, used by every command, looked for everywhere.
 * The PostgreSQL of this test writes every statement and every parameter into its log.
 */
const { folder: home, giveBack } = lendFolder();
const directory = join(home, 'blog');
const talkative = ['logging_collector=on', 'log_directory=log', 'log_filename=all.log', 'log_statement=all'];
talkative.push('log_min_messages=debug1', 'log_min_error_statement=debug1', 'log_error_verbosity=verbose');

/** What a shell may hold that is no business of the programs we start. */
const NAMES = [
  ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN'],
  ...['NPM_TOKEN', 'NODE_AUTH_TOKEN', 'FLY_API_TOKEN', 'DATABASE_URL', 'PGPASSWORD', 'PGPASSFILE', 'JWT_SECRET'],
  ...[
    'STRIPE_SECRET_KEY',
    'SESSION_SECRET',
    'SECRET_KEY_BASE',
    'AZURE_CLIENT_SECRET',
    'GOOGLE_CREDENTIALS',
    'HF_TOKEN',
  ],
  ...['SLACK_BOT_TOKEN', 'SENTRY_AUTH_TOKEN', 'DOCKER_PASSWORD', 'VAULT_TOKEN', 'KUBE_TOKEN', 'PRIVATE_KEY'],
  ...['DB_PASSWORD', 'DB_CLUSTER_PASSWORD', 'HTTPS_PROXY'],
];
/** All that a program we start may know. */
const ALLOWED = [
  ...['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_ENV', 'CI', 'NO_COLOR', 'NODE_CHANNEL_FD'],
  ...['NODE_CHANNEL_SERIALIZATION_MODE', 'HOST', 'PORT', 'GIT_TERMINAL_PROMPT', 'GIT_EDITOR'],
  // Bash counts itself, whatever it is told.
  'SHLVL',
  ...['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD', 'DATABASE_URL', 'PAYMENT_KEY'],
];

const canaries = new Map(NAMES.map((name) => [name, newCanary(name)]));
const masterKey = newCanary('master');
const nextMasterKey = newCanary('next');
canaries.set('TURBOBACKEND_MASTER_KEY', masterKey).set('TURBOBACKEND_MASTER_KEY_NEXT', nextMasterKey);
canaries.set('.env of the folder', newCanary('dotenv')).set('.env of the project', newCanary('payment'));

let server: TestCluster;
let env: Record<string, string>;
let watch: ProcessWatch;
const outputs: string[] = [];

async function cli(args: readonly string[], extra: Readonly<Record<string, string>> = {}, cwd = directory) {
  const result = await runCli(args, { home, cwd, env: { ...env, ...extra } });
  outputs.push(`${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

/** The passwords stored now are canaries from now on. */
async function collectPasswords(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const app: App = await openServices(
    loadConfig(home, { ...env, TURBOBACKEND_HOME: `${home}/turbobackend` }),
    () => {},
  );
  try {
    for (const { projectId, env: environment } of await app.state.listDatabases()) {
      for (const role of LOGIN_ROLES) {
        found.set(`${environment} ${role}`, (await openLogin(projectId, environment, role, app)).password);
      }
    }
  } finally {
    await app.close();
  }
  for (const [name, password] of found) canaries.set(`${name} #${canaries.size}`, password);
  return found;
}

beforeAll(async () => {
  server = await startCluster(talkative);
  const { host, port, user, password } = server.cluster;
  canaries.set('administrator', password);
  env = {
    ...Object.fromEntries(NAMES.map((name) => [name, canaries.get(name) ?? ''])),
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    TURBOBACKEND_MASTER_KEY: masterKey,
    // What a debugger would be told; must not reach what we start.
    NODE_OPTIONS: '--no-warnings',
  };
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, '.env'), `SOME_SECRET=${canaries.get('.env of the folder')}\n`);
  watch = watchProcesses();
});

afterAll(async () => {
  watch.stop();
  await giveBack().finally(() => server.stop());
});

test('no command tells a secret, whether it works, is refused or breaks', async () => {
  expect(
    (
      await cli(
        ['create', 'blog API', '--model', 'planner', '--verify', 'none', '--dir', directory, '--verbose'],
        {},
        home,
      )
    ).code,
  ).toBe(0);
  const dotEnv = join(directory, '.env');
  writeFileSync(dotEnv, `${readFileSync(dotEnv, 'utf8')}PAYMENT_KEY=${canaries.get('.env of the project')}\n`);
  for (const name of ENVIRONMENTS.slice(1)) {
    expect((await cli(['provision', '--env', name, '--json-stream', '--verbose'])).code).toBe(0);
  }
  const before = await collectPasswords();
  expect(before.size).toBe(9);

  const rotated = await cli(['secrets', 'rotate', '--env', 'all', '--yes', '--json']);
  expect(rotated).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(rotated.stdout).rotated).toEqual(
    ['dev', 'prod', 'staging'].map((name) =>
      expect.objectContaining({ env: name, serverReplaced: name === 'dev', resumed: false }),
    ),
  );
  const after = await collectPasswords();
  for (const [name, password] of after) expect(password).not.toBe(before.get(name));
  expect(readFileSync(dotEnv, 'utf8')).toMatch(new RegExp(`DB_PASSWORD="${after.get('dev app')}"[^]*\nPAYMENT_KEY=`));
  expect(readFileSync(join(directory, '.env.production'), 'utf8')).toContain(`"${after.get('prod app')}"`);
  const status = JSON.parse((await cli(['status', '--json', '--verbose'])).stdout);
  expect(status).toMatchObject({ database: { reachable: true, problems: [] }, server: { status: 'running' } });
  expect((await fetch(`${status.server.url}/posts`)).status).toBe(200);

  expect((await cli(['secrets', 'rotate-key', '--verbose'])).code).toBe(2);
  const next = { TURBOBACKEND_MASTER_KEY_NEXT: nextMasterKey };
  expect(JSON.parse((await cli(['secrets', 'rotate-key', '--json'], next)).stdout)).toMatchObject({ resealed: 9 });
  expect((await cli(['secrets', 'check'])).code).toBe(3);
  expect((await cli(['db', 'url'])).code).toBe(4);
  env.TURBOBACKEND_MASTER_KEY = nextMasterKey;
  const check = await cli(['secrets', 'check', '--json']);
  expect([check.code, JSON.parse(check.stdout)]).toMatchObject([0, { readable: 9, unreadable: [] }]);
  for (const command of ['doctor --verbose', 'deploy --verbose', 'migrate up --json-stream', 'list', 'logs']) {
    expect([command, (await cli(command.split(' '))).code]).toEqual([command, 0]);
  }

  const wrong = (url: string) => ({ DB_ADMIN_URL: url, TURBOBACKEND_MASTER_KEY: 'x' });
  const url = env.DB_ADMIN_URL ?? '';
  for (const broken of [url.replace('tb_admin', 'nobody'), `${url}?sslmode=verify-full`, `x${url}`]) {
    const failed = await cli(['provision', '--verbose', '--json-stream'], wrong(broken));
    expect([2, 4]).toContain(failed.code);
  }
  await asAdmin(server.cluster, 'turbobackend_meta', (query) =>
    query('ALTER TABLE turbobackend.users RENAME name TO gone'),
  );
  for (const command of ['provision --verbose', 'secrets rotate --json-stream']) {
    expect([command, (await cli(command.split(' '))).code]).toEqual([command, 1]);
  }
  await asAdmin(server.cluster, 'turbobackend_meta', (query) =>
    query('ALTER TABLE turbobackend.users RENAME gone TO name'),
  );
  expect(canaries.size).toBeGreaterThan(48);
  for (const output of outputs) expect([output, canariesIn(output, canaries)]).toEqual([output, []]);
});

test('no process is started with a secret in its arguments, or with more in its environment than it needs', async () => {
  expect([...watch.commands].flatMap((command) => canariesIn(command, canaries))).toEqual([]);
  const environments = [...watch.environments];
  const programs = environments.map((entry) => entry.split('\0')[0] ?? '');
  for (const program of ['supervisor.js', 'build-worker.js', 'index.mjs']) {
    expect(programs.some((command) => command.includes(program))).toBe(true);
  }
  for (const environment of environments) {
    const [command = ''] = environment.split('\0');
    const isServer = command.includes('index.mjs');
    expect([command, variableNames(environment).filter((name) => !ALLOWED.includes(name))]).toEqual([command, []]);
    // A server has the login of its own `.env`, and what else a person has put there.
    const secrets = canariesIn(environment, canaries).filter(
      (name) => !(isServer && (name.startsWith('dev app #') || name === '.env of the project')),
    );
    expect([command, secrets]).toEqual([command, []]);
  }
});

test('nothing that is kept holds a secret in clear: home, project, git, metadata, the log of PostgreSQL', async () => {
  // The measure can tell: these two files, and only they, hold some.
  expect(canariesIn(readFileSync(join(directory, '.env'), 'utf8'), canaries)).toHaveLength(2);
  expect(canariesIn(readFileSync(join(directory, '.env.migrate'), 'utf8'), canaries)).toHaveLength(1);
  expect(canariesBelow(join(home, 'turbobackend'), canaries, /^$/)).toEqual([]);
  expect(canariesBelow(directory, canaries, /(^|\/)\.env(\.|$)/)).toEqual([]);
  const log = readFileSync(join(server.cluster.dataDirectory, 'log', 'all.log'), 'utf8');
  expect(log).toContain('ALTER ROLE');
  expect(canariesIn(log, canaries)).toEqual([]);

  const rows = await asAdmin(server.cluster, 'turbobackend_meta', async (query) => {
    const tables = await query(
      `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { schema, name } of tables) {
      const from = `${identifier(String(schema))}.${identifier(String(name))}`;
      for (const { row } of await query(`SELECT t::text AS row FROM ${from} t`)) texts.push(String(row));
    }
    return texts;
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(canariesIn(rows.join('\n'), canaries)).toEqual([]);

  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'latin1',
      maxBuffer: 2 ** 28,
    });
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', 'everything');
  const objects = git('cat-file', '--batch-all-objects', '--batch', '--unordered');
  expect(objects).toContain('turbobackend.json');
  expect(canariesIn(objects, canaries)).toEqual([]);
});

test('the project goes, and its secrets with it', async () => {
  expect((await cli(['destroy', directory, '--yes', '--confirm', 'blog-api', '--verbose'], {}, home)).code).toBe(0);
  expect(canariesIn(outputs.at(-1) ?? '', canaries)).toEqual([]);
  expect(JSON.parse((await cli(['secrets', 'check', '--json'], {}, home)).stdout)).toMatchObject({ readable: 0 });
});
