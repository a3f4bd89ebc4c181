import { expect, inject, test } from 'vitest';
import { parseDatabaseName } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { checkDatabases } from '../../src/operations/doctor/databases.ts';
import { mend } from '../../src/operations/doctor.ts';
import { dropOrphan } from '../../src/operations/drop-orphan.ts';
import { reconcileDatabase } from '../../src/operations/reconcile-database.ts';
import { findSweepable, sweepTrash } from '../../src/operations/sweep-trash.ts';
import type { Patient } from '../support/doctor.ts';
import { provisioningServices } from '../support/provisioning.ts';
import { lendPractice, ofDatabase, wrong } from '../support/sick-databases.ts';

/** More of doctor-databases.test.ts: what is rarer, or done by several at once. */

const { practice, age, everything, trash, bringBack, expire } = await lendPractice();

test('a change of passwords that was cut is finished, roles, files and record', async () => {
  const [early, late] = [await practice.admit('rotation of roles'), await practice.admit('rotation of files')];
  const rotate = async ({ id }: Patient, dieAt: string | null) =>
    reconcileDatabase(
      {
        projectId: id,
        env: 'dev',
        wish: 'present',
        renewPasswords: true,
        onStep: (point) => {
          if (point === dieAt) throw new Error('killed');
        },
      },
      practice.app,
    ).catch((error: Error) => expect(error.message).toBe('killed'));
  await rotate(early, 'new-passwords');
  await rotate(late, null);
  const both = [early, late];
  expect(wrong(await practice.diagnose(...both)).filter(({ name }) => name.startsWith('database'))).toEqual([]);
  for (const patient of both) await age(patient, 'rotation = rotation');
  const found = await practice.diagnose(...both);
  expect(both.map((patient) => ofDatabase(found, patient)[0])).toMatchObject([
    {
      ok: false,
      detail: expect.stringContaining('before its roles had them'),
      fix: `turbobackend secrets rotate ${early.id}`,
    },
    {
      ok: false,
      detail: expect.stringContaining('before its .env files had them'),
      fix: `turbobackend secrets rotate ${late.id}`,
    },
  ]);
  expect(wrong(await practice.mend(...both))).toEqual([]);
  for (const patient of both) {
    expect(await practice.app.state.findDatabase(patient.id, 'dev')).toMatchObject({
      rotation: null,
      nextSecrets: null,
    });
    expect(await practice.kept(patient)).toBe('data');
  }
});

test('what was brought back after it was listed as expired stays, also when it went to the trash again', async () => {
  const [back, again] = [await practice.admit('brought back'), await practice.admit('brought back and away')];
  for (const patient of [back, again]) {
    await trash(patient);
    await expire(patient);
  }
  const listed = await findSweepable(practice.app);
  expect(listed).toHaveLength(2);
  const repairs = (await doctorsRepairs(back, again)).values();
  for (const patient of [back, again]) await bringBack(patient);
  const { trash: name } = await trash(again);
  expect(await sweepTrash(listed, practice.app)).toEqual([]);
  for (const repair of repairs) expect(await repair()).toMatch(/^Left as it is/);
  expect(await practice.kept(back)).toBe('data');
  expect(await practice.app.databases.listDatabases()).toContain(name);
});

test('a machine whose clock is eight days ahead drops nothing that was trashed just now', async () => {
  const patient = await practice.admit('from the future');
  const clock = { ...practice.app.clock, now: () => practice.app.clock.now() + 8 * 86_400 };
  const { state } = provisioningServices(inject('cluster'), {
    home: practice.home,
    metadataDatabase: practice.metadataDatabase,
    clock,
  });
  const ahead = { ...practice.app, clock, state };
  try {
    await deprovision({ projectId: patient.id, env: 'dev', purge: false }, ahead);
    expect(await findSweepable(ahead)).toEqual([]);
    const found = await mend(practice.hands, ahead);
    expect(ofDatabase(found, patient)).toMatchObject([{ ok: true, detail: expect.stringMatching(/in the trash as/) }]);
    expect(await practice.app.databases.listDatabases()).toContainEqual(expect.stringContaining(patient.id));
    await expire(patient);
    expect(await findSweepable(ahead)).toMatchObject([{ projectId: patient.id }]);
  } finally {
    await state.close();
  }
});

/** What `doctor --fix` would do now, to be done when something else has happened. */
async function doctorsRepairs(...patients: readonly Patient[]): Promise<readonly (() => Promise<string>)[]> {
  const projects = await practice.app.state.listProjects();
  const households = await Promise.all(
    projects
      .filter(({ id }) => patients.some((patient) => patient.id === id))
      .map(async (project) => ({ project, databases: await practice.app.state.listDatabases(project.id) })),
  );
  const found = await checkDatabases(households, practice.hands.configure, practice.app);
  const repairs = found.flatMap(({ repair }) => (repair ? [repair] : []));
  expect(repairs).toHaveLength(patients.length);
  return repairs;
}

test('a repair leaves alone what somebody has wished otherwise since the look', async () => {
  const [gone, present] = [await practice.admit('purged meanwhile'), await practice.admit('undone meanwhile')];
  await practice.asAdmin('postgres', (query) => query(`ALTER ROLE ${gone.db}_app CREATEDB`));
  const { trash: name } = await trash(present);
  await practice.asAdmin('postgres', (query) => query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`));
  const repairs = await doctorsRepairs(gone, present);
  await trash(gone);
  await bringBack(present);
  for (const repair of repairs) expect(await repair()).toMatch(/^Left as it is/);
  expect(await practice.app.state.findDatabase(gone.id, 'dev')).toMatchObject({ status: 'trashed' });
  expect(await practice.kept(present)).toBe('data');
});

test('a record of another cluster, or of another project`s database, is told of and carried out nowhere', async () => {
  const [moved, renamed] = [await practice.admit('moved'), await practice.admit('renamed')];
  const put = ({ id }: Patient, column: string, value: string) =>
    practice.inMetadata(`UPDATE turbobackend.project_databases SET ${column} = $2 WHERE project_id = $1`, [id, value]);
  const systemIdentifier = (await practice.app.state.findDatabase(moved.id, 'dev'))?.systemIdentifier ?? '';
  const stranger = renamed.db.replace(renamed.id, renamed.id.split('').reverse().join(''));
  await put(moved, 'system_identifier', 'elsewhere');
  await put(renamed, 'db_name', stranger);
  const found = await practice.diagnose(moved, renamed);
  expect(ofDatabase(found, moved)).toMatchObject([{ ok: false, detail: expect.stringContaining('another cluster') }]);
  expect(ofDatabase(found, { ...renamed, db: stranger })).toMatchObject([
    { ok: false, detail: expect.stringContaining("name another project's database") },
  ]);
  await put(moved, 'system_identifier', systemIdentifier);
  await put(renamed, 'db_name', renamed.db);
});

test('a record that has outlived its project is told of with the command that drops both', async () => {
  const [open, away] = [await practice.admit('forsaken'), await practice.admit('forsaken in the trash')];
  const { trash: name } = await trash(away);
  for (const { id, directory } of [open, away]) {
    await practice.app.state.recordActivity({
      projectId: id,
      action: 'destroyed',
      details: { name: 'was', directory },
    });
    await practice.app.state.deleteProject(id);
  }
  const before = await everything([open, away]);
  const told = (await practice.mend(open, away)).filter((finding) => finding.name === 'orphan');
  expect(await everything([open, away])).toEqual(before);
  const finding = (database: string, { id }: Patient) => ({
    name: 'orphan',
    ok: false,
    detail: `database ${database}: its project ${id} is gone`,
    fix: `Only if nobody needs its rows: turbobackend deprovision --orphan ${database}`,
  });
  expect(told).toHaveLength(2);
  expect(told).toEqual(expect.arrayContaining([finding(open.db, open), finding(name ?? '', away)]));
  for (const database of [open.db, name ?? '']) {
    const orphan = parseDatabaseName(database);
    if (!orphan) throw new Error(`${database} is not one of our names`);
    // Once it is cut in the middle, then two go on with it at once.
    const cut = (point: string) => {
      if (point === `after:${orphan.inTrash ? 'drop-trash' : 'drop-database'}`) throw new Error('killed');
    };
    const order = { projectId: orphan.projectId, env: orphan.env, wish: 'absent', onStep: cut } as const;
    await expect(reconcileDatabase(order, practice.app)).rejects.toThrow('killed');
    const both = await Promise.all([dropOrphan(orphan, practice.app), dropOrphan(orphan, practice.app)]);
    expect(both.filter(({ changed }) => changed)).toMatchObject([{ steps: ['drop-roles'] }]);
    expect(await dropOrphan(orphan, practice.app)).toEqual({ changed: false, steps: [] });
  }
  expect(await practice.diagnose(open, away)).toEqual([]);
  expect((await practice.app.databases.listRoles()).join()).not.toContain(open.id);
});

test('a trash that somebody emptied or opened is noticed', async () => {
  const [emptied, opened] = [await practice.admit('emptied'), await practice.admit('opened')];
  const names: string[] = [];
  for (const { id } of [emptied, opened]) {
    names.push((await deprovision({ projectId: id, env: 'dev', purge: false }, practice.app)).trash ?? '');
  }
  await practice.asAdmin('postgres', (query) => query(`DROP DATABASE ${names[0]}`));
  await practice.asAdmin('postgres', (query) => query(`ALTER DATABASE ${names[1]} ALLOW_CONNECTIONS true`));
  const found = await practice.diagnose(emptied, opened);
  expect([emptied, opened].map((patient) => ofDatabase(found, patient)[0])).toMatchObject([
    { ok: false, detail: expect.stringContaining('somebody dropped it') },
    { ok: false, detail: expect.stringContaining('not closed to everybody') },
  ]);
  expect(wrong(await practice.mend(emptied, opened))).toEqual([]);
  expect(await practice.app.state.findDatabase(emptied.id, 'dev')).toBeNull();
  await reconcileDatabase({ projectId: opened.id, env: 'dev', wish: 'present' }, practice.app);
  expect(await practice.kept(opened)).toBe('data');
});

test('two doctors at once do not get in each other`s way', async () => {
  const patients = [await practice.admit('one'), await practice.admit('two')];
  await practice.asAdmin('postgres', async (query) => {
    for (const { db } of patients)
      await query(`ALTER ROLE ${db}_app CREATEDB; GRANT CONNECT ON DATABASE ${db} TO PUBLIC`);
  });
  const reports = await Promise.all([practice.mend(...patients), practice.mend(...patients)]);
  expect(reports.flatMap((report) => report.map(({ detail }) => detail)).join()).not.toContain('was refused');
  expect(wrong(await practice.diagnose(...patients))).toEqual([]);
  for (const patient of patients) expect(await practice.kept(patient)).toBe('data');
});

test('a database that fills its storage is told of, and one beyond it takes no writes', async () => {
  const [near, over] = [await practice.admit('near'), await practice.admit('over')];
  const set = (megabytes: number) => (patient: Patient) =>
    practice.app.state.setLimits(patient.id, 'dev', { storageMb: megabytes });
  const bytes = await practice.app.databases.sizes([near.db]);
  const size = Math.ceil((bytes.get(near.db) ?? 0) / 1024 / 1024);
  await set(size + 1)(near);
  await set(size - 2)(over);
  const found = await practice.diagnose(near, over);
  const storage = (findings: readonly Finding[]) => findings.filter(({ name }) => name.startsWith('storage'));
  expect(storage(found)).toHaveLength(2);
  expect(storage(found)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: `storage ${near.db}`, ok: true }),
      expect.objectContaining({
        name: `storage ${over.db}`,
        ok: false,
        fix: expect.stringContaining('--storage <MB>'),
      }),
    ]),
  );
  expect(ofDatabase(found, over)).toMatchObject([
    { ok: false, detail: 'is larger than it may be, and still takes writes' },
  ]);
  const mended = await practice.mend(near, over);
  expect(wrong(mended)).toMatchObject([{ name: `storage ${over.db}` }]);
  expect(await practice.kept(over)).toBe('data');
});

test('a password in the trash that no key opens is told of before anybody needs it', async () => {
  const patient = await practice.admit('locked away');
  await deprovision({ projectId: patient.id, env: 'dev', purge: false }, practice.app);
  await age(patient, 'app_secret = ro_secret', 0);
  expect(wrong(await practice.diagnose(patient))).toMatchObject([
    { name: `database ${patient.db}`, fix: expect.stringContaining(`secrets rotate ${patient.id} --lost-key`) },
  ]);
});
