import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { daysOf } from '../support/fakes/s3/lifecycle.ts';
import { type FakeS3, startFakeS3 } from '../support/fakes/s3.ts';
import { startCluster } from '../support/global-cluster.ts';
import { lendFolder } from '../support/lend-folder.ts';
import { withSession } from '../support/provisioning.ts';
import { runCli, startCli } from '../support/run-cli.ts';

/** Files and rows of one project, to a bucket and back. The tests build on each other. */

const KEY = { id: 'AKIAFAKE', secret: 'canary-secret-of-the-fake' };
const { folder: home, giveBack } = lendFolder();
const here = join(home, 'chores');
let server: Awaited<ReturnType<typeof startCluster>>;
let s3: FakeS3;
let env: Record<string, string>;
let projectId = '';

const options = () => ({ home, env, cwd: existsSync(here) ? here : home, timeoutMs: 90_000 });

async function cli(...args: string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--json'], options());
  expect(stdout + stderr).not.toContain('canary');
  const data = JSON.parse(stdout);
  return { code, data, error: data.error?.code as string | undefined, message: `${data.error?.message}` };
}

async function sql(file: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const { hostname, port, username, password, pathname } = new URL(
    parseEnv(readFileSync(join(here, file), 'utf8')).DATABASE_URL ?? '',
  );
  const login = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  return withSession(login, (query) => query(text));
}

const keys = (part: string) => [...(s3.buckets.get('kept')?.objects.keys() ?? [])].filter((key) => key.includes(part));
const ROWS = 'SELECT * FROM tasks ORDER BY id';

beforeAll(async () => {
  server = await startCluster();
  s3 = await startFakeS3({ keys: [KEY] });
  const { host, port, user, password } = server.cluster;
  env = {
    DB_ADMIN_URL: `postgres://${user}:${password}@${host}:${port}/postgres`,
    AWS_ACCESS_KEY_ID: KEY.id,
    AWS_SECRET_ACCESS_KEY: KEY.secret,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_S3: s3.url,
    TURBOBACKEND_S3_BUCKET: 'kept',
  };
  const made = await cli('create', 'to-do list', '--name', 'chores', '--verify', 'none');
  expect([made.code, made.error]).toEqual([0, undefined]);
  projectId = JSON.parse(readFileSync(join(here, 'turbobackend.json'), 'utf8')).id;
  await cli('stop');
  const odd = "E'tab\\there, line\\nthere, back\\\\slash, ''quoted'', ä😀'";
  await sql(
    '.env.migrate',
    `INSERT INTO tasks (id, title, created_at, updated_at) VALUES ('a', ${odd}, 1, 1), ('b', '\\N', 1, 1)`,
  );
});

afterAll(async () => {
  await runCli(['destroy', here, '--confirm', 'chores'], { home, env });
  await s3.stop();
  await giveBack().finally(() => server.stop());
});

test('files are saved without a secret, again without sending anything, and come back', async () => {
  const first = await cli('files', 'push');
  expect([first.code, first.error]).toEqual([0, undefined]);
  expect(await cli('files', 'push')).toMatchObject({ code: 0, data: { pushed: { isNew: false, uploaded: 0 } } });
  const pulled = await cli('files', 'pull', projectId, '--into', join(home, 'back'));
  expect(pulled.code).toBe(0);
  expect(readFileSync(join(home, 'back/server/data/tasks.ts'), 'utf8')).toBe(
    readFileSync(join(here, 'server/data/tasks.ts'), 'utf8'),
  );
  expect(readdirSync(join(home, 'back')).filter((name) => /^\.(env|git$)/.test(name))).toEqual(['.env.example']);
  expect((await cli('files', 'list')).data.saved).toHaveLength(1);
  expect(await cli('files', 'pull', '--into', here)).toMatchObject({ code: 5, error: 'project.exists' });
});

test('rows are saved, refused over others, and come back the same in another database', async () => {
  const saved = await cli('backup', 'create', '--days', '30');
  expect([saved.code, saved.error, saved.data.backup?.rows]).toEqual([0, undefined, 2]);
  expect(daysOf(s3.buckets.get('kept')?.lifecycle ?? null, `turbobackend/${projectId}/backups/`)).toBe(30);
  const { id } = saved.data.backup;
  await sql('.env.migrate', "UPDATE tasks SET title = 'changed since' WHERE id = 'a'");
  const refused = await cli('backup', 'restore');
  expect([refused.code, refused.error]).toEqual([3, 'database.not_empty']);
  expect(await sql('.env.migrate', "SELECT title FROM tasks WHERE id = 'a'")).toEqual([{ title: 'changed since' }]);

  expect((await cli('provision', '--env', 'staging')).code).toBe(0);
  const early = await cli('backup', 'restore', '--env', 'staging', '--id', id);
  expect([early.code, early.error]).toEqual([3, 'project.incomplete']);
  expect((await cli('migrate', 'up', '--env', 'staging')).code).toBe(0);
  const restored = await cli('backup', 'restore', '--env', 'staging', '--id', id);
  expect([restored.code, restored.message]).toEqual([0, 'undefined']);
  await sql(
    '.env.migrate',
    "UPDATE tasks SET title = E'tab\\there, line\\nthere, back\\\\slash, ''quoted'', ä😀' WHERE id = 'a'",
  );
  expect(await sql('.env.staging.migrate', ROWS)).toEqual(await sql('.env.migrate', ROWS));
  expect(await cli('backup', 'restore', '--env', 'staging', '--id', id)).toMatchObject({ error: 'database.not_empty' });
});

test('a backup comes into a new database by one command, which leaves nothing where it fails', async () => {
  const { backups } = (await cli('backup', 'list')).data;
  const taken = await cli('backup', 'restore', '--into-new');
  expect([taken.code, taken.error]).toEqual([3, 'database.not_empty']);
  const refused = await cli('backup', 'restore', '--into-new', 'staging');
  expect([refused.code, refused.error]).toEqual([3, 'database.not_empty']);
  expect(refused.message).toContain('The staging database has rows in tasks; nothing was changed.');
  expect(await cli('backup', 'restore', '--into-new', 'prod', '--id', 'none')).toMatchObject({
    error: 'project.not_found',
  });
  // The rows are damaged: whatever was made for them goes again.
  const objects = s3.buckets.get('kept')?.objects;
  const [key = ''] = keys(`${backups[0].id}/1.copy.gz`);
  const whole = objects?.get(key);
  if (whole) objects?.set(key, { ...whole, bytes: Buffer.from('other'), headers: {} });
  const failed = await cli('backup', 'restore', '--into-new', 'prod');
  expect([failed.code, failed.error]).toEqual([4, 'version.damaged']);
  if (whole) objects?.set(key, whole);
  expect(existsSync(join(here, '.env.production.migrate'))).toBe(false);
  expect((await cli('status')).data.databases?.map((one: { env: string }) => one.env)).toEqual(['dev', 'staging']);

  const restored = await cli('backup', 'restore', '--into-new', 'prod');
  expect([restored.code, restored.message]).toEqual([0, 'undefined']);
  expect(restored.data).toMatchObject({ env: 'prod', restored: { id: backups[0].id, rows: 2 } });
  expect(await sql('.env.production.migrate', ROWS)).toEqual(await sql('.env.migrate', ROWS));
});

test('a backup that is killed is none, and what is damaged brings nothing back', async () => {
  const before = keys('/backup.json').length;
  s3.faults.add('PutObject', { kind: 'latency', ms: 60_000, skip: 1 });
  const { child, finished } = startCli(['backup', 'create', '--json'], options());
  while (s3.faults.left > 0) await new Promise((next) => setTimeout(next, 20));
  child.kill('SIGKILL');
  await finished;
  expect(keys('/backup.json')).toHaveLength(before);
  expect((await cli('backup', 'list')).data.backups).toHaveLength(before);
  const again = await cli('backup', 'create');
  expect([again.code, again.error]).toEqual([0, undefined]);

  await sql('.env.staging.migrate', 'DELETE FROM tasks');
  const objects = s3.buckets.get('kept')?.objects;
  for (const key of keys(`${again.data.backup.id}/1.copy.gz`)) {
    const object = objects?.get(key);
    if (object) objects?.set(key, { ...object, bytes: Buffer.from('other'), headers: {} });
  }
  const damaged = await cli('backup', 'restore', '--env', 'staging', '--id', again.data.backup.id);
  expect([damaged.code, damaged.error]).toEqual([4, 'version.damaged']);
  expect(await sql('.env.staging.migrate', ROWS)).toEqual([]);
});

test('destroying takes the files and the backups away from the bucket', async () => {
  const destroyed = await cli('destroy', '--confirm', 'chores');
  expect([destroyed.code, destroyed.error]).toEqual([0, undefined]);
  expect(keys('')).toEqual([]);
  expect(s3.buckets.get('kept')?.uploads.size).toBe(0);
});
