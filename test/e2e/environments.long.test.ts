import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { lendHousehold } from '../support/household.ts';
import { asAdmin } from '../support/provisioning.ts';

/** What a project in all its environments leaves, and what others may do with it. The tests build on each other. */

const stage = lendHousehold();
const { folder, as, ada, bob, database, inside } = stage;

beforeAll(async () => {
  expect((await ada('provision', '--env', 'prod')).code).toBe(0);
  expect((await ada('migrate', 'up', '--env', 'prod')).data.applied).toHaveLength(1);
});

const inMetadata = (text: string, values: readonly unknown[]) =>
  asAdmin(stage.cluster(), 'turbobackend_meta', (query) => query(text, values));
const isThere = async (name: string) =>
  (await asAdmin(stage.cluster(), 'postgres', (query) => query('SELECT FROM pg_database WHERE datname = $1', [name])))
    .length === 1;

test('a migration that takes data away from production asks for the name, and no other does', async () => {
  const write = (name: string, sql: string) => writeFileSync(join(stage.here, 'migrations', `${name}.sql`), sql);
  const up = (...args: string[]) => ada('migrate', 'up', '--env', 'prod', ...args);
  write('20300101000000_add_extras', 'CREATE TABLE extras (id int);\n');
  // What developers have not tried is not in the sum, and only their database adds it there.
  expect(await up()).toMatchObject({ code: 3, error: 'migration.changed' });
  expect((await ada('migrate', 'up')).data.applied).toHaveLength(1);
  expect((await up()).data.applied).toHaveLength(1);
  write('20300101000001_drop_extras', 'DROP TABLE extras;\n');
  expect((await ada('migrate', 'up')).data.applied).toHaveLength(1);
  const refused = await up('--yes');
  expect([refused.code, refused.error]).toEqual([2, 'confirm.needed']);
  expect(refused.data.error.message).toContain('20300101000001_drop_extras.sql:1 drops a table');
  expect(await inside(database('.env.production'), 'SELECT id FROM extras')).toEqual([]);
  expect((await up('--confirm', 'chores')).data.applied).toHaveLength(1);
});

test('somebody else may look, and not act', async () => {
  const { id } = stage.created.project;
  expect((await bob('list')).data.projects).toEqual([]);
  expect((await bob('list', '--all')).data.projects).toMatchObject([{ id, owner: 'ada' }]);
  expect((await bob('status', id)).code).toBe(0);
  const acts = [
    ['db', 'url', id],
    ['deprovision', id, '--yes'],
    ['destroy', id, '--confirm', 'chores'],
    ['limits', id, '--connections', '5'],
    ['create', 'to-do list', '--dir', stage.here],
  ];
  for (const args of acts) expect([args, (await bob(...args)).error]).toEqual([args, 'project.not_yours']);
  for (const args of [['provision'], ['migrate', 'up'], ['scaffold']]) {
    const refused = await as('bob', args, stage.here);
    expect([args, refused.code, refused.error]).toEqual([args, 3, 'project.not_yours']);
    expect(refused.data.error.message).toContain('ada');
  }
  expect((await ada('status')).data).toMatchObject({ server: { status: 'running' }, database: { reachable: true } });
});

test('an orphan goes only when its exact name is given', async () => {
  const name = `${stage.created.database?.name}_staging`;
  await ada('provision', '--env', 'staging');
  await asAdmin(stage.cluster(), 'turbobackend_meta', (query) =>
    query('DELETE FROM turbobackend.project_databases WHERE db_name = $1', [name]),
  );
  expect(await ada('deprovision', '--orphan', name, '--yes')).toMatchObject({ code: 2, error: 'confirm.needed' });
  expect(await ada('deprovision', '--orphan', name, '--confirm', name)).toMatchObject({ data: { changed: true } });
  const stranger = 'turbobackend_proj_strangersstrange';
  await asAdmin(stage.cluster(), 'postgres', (query) => query(`CREATE DATABASE ${stranger}`));
  const foreign = await ada('deprovision', '--orphan', stranger, '--confirm', stranger);
  expect([foreign.code, foreign.error]).toEqual([5, 'database.foreign']);
  expect((await ada('status')).data.databases).toHaveLength(2);
});

test('old trash is named before anybody consents, goes after that, and never from production', async () => {
  const { id } = stage.created.project;
  await ada('provision', '--env', 'staging');
  const old = (await ada('deprovision', '--env', 'staging', '--yes')).data.trash;
  const prod = (await ada('deprovision', '--env', 'prod', '--confirm', 'chores')).data.trash;
  await inMetadata(
    'UPDATE turbobackend.project_databases SET trashed_at = trashed_at - 8 * 86400 WHERE project_id = $1',
    [id],
  );
  const asked = await ada('deprovision');
  expect([asked.code, asked.error]).toEqual([2, 'confirm.needed']);
  expect(asked.data.error.message).toContain(old);
  expect(asked.data.error.message).not.toContain(prod);
  expect((await ada('deprovision', '--env', 'prod')).data).toMatchObject({ changed: false, swept: [] });
  expect(await isThere(old)).toBe(true);
  expect((await ada('deprovision', '--yes')).data).toMatchObject({ changed: true, swept: [old] });
  expect([await isThere(old), await isThere(prod)]).toEqual([false, true]);
});

test('what is left of a project that is gone is told of by name, and goes as an orphan', async () => {
  const [home, id] = [join(folder, 'ada'), 'leftbehindproje1'];
  const left = join(home, 'left');
  mkdirSync(left);
  const manifest = JSON.parse(readFileSync(join(stage.here, 'turbobackend.json'), 'utf8'));
  writeFileSync(join(left, 'turbobackend.json'), JSON.stringify({ ...manifest, id, name: 'left' }));
  expect((await as('ada', ['provision'], left)).code).toBe(0);
  await inMetadata('DELETE FROM turbobackend.projects WHERE id = $1', [id]);
  await inMetadata(
    `INSERT INTO turbobackend.activity_logs (project_id, action, details, created_at)
     VALUES ($1, 'destroyed', '{"name": "left"}', 0)`,
    [id],
  );
  const name = `turbobackend_proj_${id}`;
  for (const args of [
    ['deprovision', id],
    ['deprovision', 'left'],
    ['deprovision', id, '--undo'],
    ['destroy', 'left'],
  ]) {
    const { code, error, hint } = await ada(...args);
    expect([args, code, error]).toEqual([args, 2, 'project.not_found']);
    expect(hint).toContain(`deprovision --orphan ${name}`);
  }
  expect(await ada('deprovision', '--orphan', name, '--yes')).toMatchObject({ code: 2, error: 'confirm.needed' });
  expect((await ada('deprovision', '--orphan', name, '--confirm', name)).data).toMatchObject({ changed: true });
  expect(await isThere(name)).toBe(false);
  expect((await ada('deprovision', 'left')).data).toEqual({ changed: false });
});
