import { chmodSync, copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { diagnose, mend } from '../../src/operations/doctor.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { openPractice, type Patient, type Practice } from '../support/doctor.ts';
import { borrowMetadata, provisioningServices, wipe, withSession } from '../support/provisioning.ts';

const server = inject('cluster');
let practice: Practice;

beforeAll(async () => {
  practice = await openPractice(server);
});
afterEach(() => practice.discharge());
afterAll(() => practice.close());

/** Metadata of another installation on the same server: none, or some of another version. */
async function withOther(work: (other: Practice) => Promise<void>): Promise<void> {
  const other = await openPractice(server);
  try {
    await work(other);
  } finally {
    await other.close();
  }
}
const about = (name: string, findings: Awaited<ReturnType<typeof diagnose>>) =>
  findings.filter((finding) => finding.name === name);
const databaseExists = (name: string) =>
  practice.asAdmin('postgres', (query) => query('SELECT 1 AS yes FROM pg_database WHERE datname = $1', [name]));

test('metadata that are gone are no reason to make new ones: the passwords were in them', async () => {
  const { db } = await practice.admit('remembered elsewhere');
  await withOther(async (other) => {
    for (const look of [diagnose, mend]) {
      const findings = await look(other.hands, other.app);
      expect(about('metadata', findings)).toMatchObject([
        { ok: false, detail: expect.stringMatching(/are gone/), fix: expect.stringContaining('Restore') },
      ]);
    }
    expect(await databaseExists(other.metadataDatabase)).toEqual([]);
    expect(await databaseExists(db)).toHaveLength(1);
  });
});

test('older metadata are told of, upgraded by --fix only, and the projects in them looked at then', async () => {
  await withOther(async (other) => {
    const folder = join(other.home, 'old');
    mkdirSync(folder);
    const first = fileURLToPath(new URL('../../templates/state/0001_initial.sql', import.meta.url));
    copyFileSync(first, join(folder, '0001_initial.sql'));
    const { metadataDatabase } = other;
    const lent = borrowMetadata();
    const old = provisioningServices(server, { ...lent, metadataDatabase, migrationsFolder: folder });
    await old.state.wasDestroyed('anything');
    await old.state.close();
    const { known } = await other.app.state.version();
    const found = await diagnose(other.hands, other.app);
    expect(about('metadata', found)).toEqual([
      {
        name: 'metadata',
        ok: false,
        detail: `are of version 1; any other command upgrades them to ${known}. Projects were not looked at`,
        fix: 'turbobackend list',
      },
    ]);
    expect(await other.app.state.version()).toEqual({ found: 1, known });
    const mended = await mend(other.hands, other.app);
    expect(about('metadata', mended)).toMatchObject([
      { ok: true, mended: `Upgraded the metadata from version 1 to ${known}.` },
      { ok: true, detail: `version ${known}` },
    ]);
    // Looked at, whatever it found: other tests damage projects of theirs on the same server meanwhile.
    expect(mended.some(({ name }) => name.startsWith('isolation'))).toBe(true);
  });
});

test('newer metadata are left alone', async () => {
  await withOther(async (other) => {
    await other.app.state.listProjects();
    await other.inMetadata('INSERT INTO turbobackend.metadata_versions VALUES (99, 0)');
    expect(about('metadata', await mend(other.hands, other.app))).toEqual([
      {
        name: 'metadata',
        ok: false,
        detail: expect.stringContaining('are of version 99'),
        fix: 'npx turbobackend@latest doctor',
      },
    ]);
    expect((await other.app.state.version()).found).toBe(99);
    await other.inMetadata('DELETE FROM turbobackend.metadata_versions WHERE version = 99');
  });
});

test('databases and roles that no record knows are listed with the command that drops them, and stay', async () => {
  const [whole, roles, trashed] = [
    await practice.admit('whole'),
    await practice.admit('roles'),
    await practice.admit('trashed'),
  ];
  const trash = `${trashed.db.replace('_proj_', '_trash_')}_1763694000`;
  try {
    await practice.asAdmin('postgres', async (query) => {
      await query(`DROP DATABASE ${roles.db}`);
      await query(`ALTER DATABASE ${trashed.db} RENAME TO ${trash}`);
    });
    await practice.inMetadata('DELETE FROM turbobackend.project_databases');
    const found = about('orphan', await practice.mend(whole, roles, trashed));
    const drop = (name: string) => `turbobackend deprovision --orphan ${name}`;
    expect(found).toHaveLength(3);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ok: false,
          fix: `cd '${whole.directory}' && turbobackend provision (keeps every row). Only if nobody needs its rows: ${drop(whole.db)}`,
        }),
        expect.objectContaining({ ok: false, fix: `Only if nobody needs its rows: ${drop(trash)}` }),
        expect.objectContaining({
          ok: false,
          detail: expect.stringContaining(`${roles.db}_own`),
          fix: `Only if nobody needs them: ${drop(roles.db)}`,
        }),
      ]),
    );
    for (const name of [whole.db, trash]) expect(await databaseExists(name)).toHaveLength(1);
    await provision({ projectId: whole.id, env: 'dev' }, practice.app);
    expect(await practice.kept(whole)).toBe('data');
    await practice.inMetadata('DELETE FROM turbobackend.project_databases');
    await practice.app.state.deleteProject(whole.id);
    expect(about('orphan', await practice.diagnose(whole))).toMatchObject([
      {
        fix: expect.stringMatching(`^If the folder of project ${whole.id} is anywhere, there: turbobackend provision `),
      },
    ]);
    expect(await practice.app.databases.listRoles()).toContain(`${roles.db}_app`);
  } finally {
    await practice.asAdmin('postgres', async (query) => {
      await query(`DROP DATABASE IF EXISTS ${trash}`);
      for (const { db } of [whole, roles, trashed]) await wipe(query, db);
    });
  }
});

test('isolation that provision restores is mended; what the project made itself gets an exact command', async () => {
  const [drifted, own] = [await practice.admit('drifted'), await practice.admit('own')];
  await practice.asAdmin('postgres', (query) => query(`ALTER ROLE ${drifted.db}_app CONNECTION LIMIT -1`));
  const asMig = async ({ id }: Patient, text: string) =>
    withSession(await openLogin(id, 'dev', 'mig', practice.app), (query) => query(text));
  await asMig(own, `GRANT TRUNCATE ON keep TO ${own.db}_app; CREATE EXTENSION IF NOT EXISTS plpgsql`);
  await asMig(
    own,
    'CREATE TRIGGER loud BEFORE UPDATE ON keep FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  );
  const isolation = async (look: 'diagnose' | 'mend') =>
    (await practice[look](drifted, own)).filter(({ name }) => name.startsWith('isolation'));
  await practice.asAdmin(own.db, (query) => query('CREATE TABLE app.hers (id int)'));
  const psql = `psql "$(turbobackend db url ${own.id} --role mig)" -c`;
  const give = `ALTER TABLE app.hers OWNER TO ${own.db}_own;`;
  const lasting = [
    { name: 'isolation D3', fix: `As administrator of PostgreSQL, connected to ${own.db}: ${give}` },
    { name: 'isolation D4', fix: `${psql} 'REVOKE TRUNCATE ON keep FROM ${own.db}_app'` },
    { name: 'isolation D6', fix: `${psql} 'DROP TRIGGER loud ON <its table>'` },
  ];
  expect(await isolation('diagnose')).toMatchObject([
    ...lasting,
    { name: 'isolation V4', ok: false, fix: `cd '${drifted.directory}' && turbobackend provision` },
  ]);
  expect(await isolation('mend')).toMatchObject(lasting);
  await practice.asAdmin(own.db, (query) => query(give));
  expect(await isolation('diagnose')).toMatchObject(lasting.slice(1));
  expect(await practice.kept(own)).toBe('data');
});

test('a key that others can read is a finding that a look leaves as it is, and --fix mends it', async () => {
  await practice.admit('exposed');
  const key = join(practice.home, 'keys', 'vault.key');
  const mode = () => statSync(key).mode & 0o777;
  chmodSync(key, 0o644);
  const exposed = { name: 'secrets', ok: false, detail: `others can get at the key ${key}` };
  const found = about('secrets', await diagnose(practice.hands, practice.app));
  expect(found).toContainEqual(expect.objectContaining(exposed));
  expect(mode()).toBe(0o644);
  const mended = (await mend(practice.hands, practice.app)).filter(({ mended }) => mended?.includes(key));
  expect(mended).toHaveLength(1);
  expect(mode()).toBe(0o600);
});

test('one repair of this machine that mends two faults is told once', async () => {
  let isMended = false;
  const fault = (name: string) => ({ name, ok: isMended, detail: isMended ? 'fine' : 'open', fix: null });
  const machine = {
    examine: async () => [fault('key folder'), fault('key file')],
    repair: async () => {
      isMended = true;
      return ['The key folder is closed.', 'The key file is closed.'];
    },
  };
  const told = (await mend({ ...practice.hands, machine }, practice.app)).map(({ mended }) => mended ?? '');
  expect(told.filter((text) => text.includes('The key file is closed.'))).toHaveLength(1);
  expect(told).toContain('Mended with the one before.');
});

test('a template that is not what turbobackend came with is a fault, which installing it again mends', async () => {
  const templates = { ...practice.app.templates, changed: async () => ['project/base/server/entry.ts'] };
  const found = about('templates', await diagnose(practice.hands, { ...practice.app, templates }));
  const detail = 'not as they were when turbobackend was built: project/base/server/entry.ts';
  expect(found).toEqual([{ name: 'templates', ok: false, detail, fix: 'install its package again' }]);
});
