import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { type Environment, parseDatabaseName } from '../../src/domain/database.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { deprovision } from '../../src/operations/deprovision.ts';
import { checkDatabases } from '../../src/operations/doctor/databases.ts';
import { mend } from '../../src/operations/doctor.ts';
import { dropOrphan } from '../../src/operations/drop-orphan.ts';
import { reconcileDatabase } from '../../src/operations/reconcile-database.ts';
import { findSweepable, sweepTrash } from '../../src/operations/sweep-trash.ts';
import { openPractice, type Patient, type Practice } from '../support/doctor.ts';
import { provisioningServices, type Query, wipe } from '../support/provisioning.ts';

let practice: Practice;

beforeAll(async () => {
  practice = await openPractice(inject('cluster'));
});
afterEach(() => practice.discharge());
afterAll(() => practice.close());

const wrong = (findings: readonly Finding[]) => findings.filter(({ ok }) => !ok);
/** What is said of the databases themselves, as `detail → fix`. */
const ofDatabase = (findings: readonly Finding[], { db }: Patient) =>
  findings.filter(({ name }) => name === `database ${db}`);
const provisionOf = ({ directory }: Patient) => `cd '${directory}' && turbobackend provision`;
/** As if nobody had gone on with it for an hour. */
const age = ({ id }: Patient, change: string, seconds = 3600) =>
  practice.inMetadata(
    `UPDATE turbobackend.project_databases SET updated_at = updated_at - $2, ${change} WHERE project_id = $1`,
    [id, seconds],
  );
/** Everything a look could have changed. */
const everything = async (patients: readonly Patient[]) => [
  await practice.app.state.listDatabases(),
  await practice.asAdmin('postgres', async (query) => [
    await query(
      `SELECT datname, datdba, datacl::text, datallowconn, datconnlimit FROM pg_database
       WHERE datname ~ $1 ORDER BY 1`,
      [patients.map(({ id }) => id).join('|')],
    ),
    await query(`SELECT rolname, rolpassword, rolcanlogin, rolconnlimit FROM pg_authid WHERE rolname ~ $1 ORDER BY 1`, [
      patients.map(({ id }) => id).join('|'),
    ]),
  ]),
];

interface Damage {
  readonly name: string;
  readonly hurt: (patient: Patient, query: Query) => Promise<unknown>;
  readonly detail: RegExp;
  /** PostgreSQL itself has lost the rows. */
  readonly rowsAreLost?: true;
}

const inside =
  (text: string) =>
  ({ db }: Patient) =>
    practice.asAdmin(db, (query) => query(text.replaceAll(':db', db)));
const DAMAGES: readonly Damage[] = [
  {
    name: 'grants',
    hurt: ({ db }, query) => query(`GRANT CONNECT, TEMPORARY ON DATABASE ${db} TO PUBLIC`),
    detail: /grants, settings or limits have drifted/,
  },
  {
    name: 'settings',
    hurt: ({ db }, query) => query(`ALTER ROLE ${db}_app IN DATABASE ${db} SET statement_timeout = 0`),
    detail: /grants, settings or limits have drifted/,
  },
  { name: 'power', hurt: ({ db }, query) => query(`ALTER ROLE ${db}_app CREATEDB`), detail: /attributes/ },
  {
    name: 'password',
    hurt: ({ db }, query) => query(`ALTER ROLE ${db}_app PASSWORD 'mine now'`),
    detail: /a password was changed/,
  },
  {
    name: 'role',
    hurt: async (patient, query) => {
      await inside('DROP OWNED BY :db_ro')(patient);
      await query(`REVOKE ALL ON DATABASE ${patient.db} FROM ${patient.db}_ro; DROP ROLE ${patient.db}_ro`);
    },
    detail: /roles are missing/,
  },
  { name: 'inside', hurt: inside('REVOKE USAGE ON SCHEMA app FROM :db_app'), detail: /rights inside have drifted/ },
  {
    name: 'half dropped',
    hurt: ({ db }, query) => query('UPDATE pg_database SET datconnlimit = -2 WHERE datname = $1', [db]),
    detail: /half dropped \(datconnlimit = -2\)/,
    rowsAreLost: true,
  },
  {
    name: 'missing',
    hurt: ({ db }, query) => query(`DROP DATABASE ${db} WITH (FORCE)`),
    detail: /is missing/,
    rowsAreLost: true,
  },
  {
    name: 'missing with its roles',
    hurt: ({ db }, query) => wipe(query, db),
    detail: /its roles are missing/,
    rowsAreLost: true,
  },
];

test('every drift is found with the command that mends it, a look changes nothing, --fix mends all and keeps the rows', async () => {
  const hurt: { patient: Patient; damage: Damage }[] = [];
  for (const damage of DAMAGES) hurt.push({ damage, patient: await practice.admit(damage.name) });
  const patients = hurt.map(({ patient }) => patient);
  expect(wrong(await practice.diagnose(...patients))).toEqual([]);
  await practice.asAdmin('postgres', async (query) => {
    for (const { patient, damage } of hurt) await damage.hurt(patient, query);
  });
  const before = await everything(patients);
  const found = await practice.diagnose(...patients);
  expect(await everything(patients)).toEqual(before);
  for (const { patient, damage } of hurt) {
    const [finding] = ofDatabase(found, patient);
    expect([damage.name, finding]).toEqual([
      damage.name,
      {
        name: `database ${patient.db}`,
        ok: false,
        detail: expect.stringMatching(damage.detail),
        fix: provisionOf(patient),
      },
    ]);
  }
  const mended = await practice.mend(...patients);
  expect(wrong(mended)).toEqual([]);
  for (const { patient, damage } of hurt) {
    const [finding] = ofDatabase(mended, patient);
    const sentence = damage.rowsAreLost ? /It is empty; for its tables: .*migrate up/ : /^Did: /;
    expect([damage.name, finding?.mended]).toEqual([damage.name, expect.stringMatching(sentence)]);
    if (!damage.rowsAreLost) expect([damage.name, await practice.kept(patient)]).toEqual([damage.name, 'data']);
  }
});

test('what is not ours but has our name is told of, never touched', async () => {
  const patient = await practice.admit('foreign');
  const tag = (text: string) =>
    practice.asAdmin('postgres', (query) => query(`COMMENT ON ROLE ${patient.db}_own IS '${text}'`));
  await tag('mine now');
  const before = await everything([patient]);
  const findings = await practice.mend(patient);
  expect(await everything([patient])).toEqual(before);
  expect(ofDatabase(findings, patient)).toMatchObject([
    { ok: false, detail: expect.stringContaining('_own", which is not ours') },
  ]);
  expect(ofDatabase(findings, patient)[0]).not.toHaveProperty('mended');
  await tag(`turbobackend:${patient.id}`);
});

test('a secret that does not open is a finding, and nothing is made to open', async () => {
  const [patient, other] = [await practice.admit('swapped'), await practice.admit('swapped from')];
  const own = await practice.app.state.findDatabase(patient.id, 'dev');
  const theirs = await practice.app.state.findDatabase(other.id, 'dev');
  const put = (secret: string | undefined) => age(patient, `app_secret = '${secret}'`);
  await put(theirs?.secrets.app);
  const [finding] = ofDatabase(await practice.mend(patient), patient);
  expect(finding).toMatchObject({ ok: false, detail: expect.stringContaining('cannot be opened') });
  expect((await practice.app.state.findDatabase(patient.id, 'dev'))?.secrets.app).toBe(theirs?.secrets.app);
  await put(own?.secrets.app);
  expect(wrong(await practice.diagnose(patient))).toEqual([]);
});

test('a making that was cut is a fault after ten minutes, and is finished; before that it is only told of', async () => {
  const patient = await practice.admit('cut');
  await age(patient, "status = 'creating'", 0);
  expect(ofDatabase(await practice.diagnose(patient), patient)).toMatchObject([
    { ok: true, detail: expect.stringContaining('was cut, just now'), fix: provisionOf(patient) },
  ]);
  await age(patient, "status = 'creating'");
  expect(ofDatabase(await practice.diagnose(patient), patient)).toMatchObject([
    { ok: false, detail: expect.stringMatching(/was cut, 6\d minutes ago/), fix: provisionOf(patient) },
  ]);
  expect(wrong(await practice.mend(patient))).toEqual([]);
  expect(await practice.app.state.findDatabase(patient.id, 'dev')).toMatchObject({ status: 'ready' });
  expect(await practice.kept(patient)).toBe('data');
});

test('a removal that was cut is finished only when no row is left to lose', async () => {
  const patient = await practice.admit('leaving');
  await age(patient, "desired = 'absent', status = 'deleting'");
  const fix = `turbobackend deprovision ${patient.id} --purge`;
  expect(ofDatabase(await practice.mend(patient), patient)).toEqual([
    { name: `database ${patient.db}`, ok: false, detail: expect.stringContaining('its removal was cut'), fix },
  ]);
  await practice.asAdmin(patient.db, async (query) => expect(await query('SELECT kept FROM app.keep')).toHaveLength(1));
  await practice.asAdmin('postgres', (query) => query(`DROP DATABASE ${patient.db}`));
  const mended = ofDatabase(await practice.mend(patient), patient);
  expect(mended).toMatchObject([{ ok: true, mended: 'Did: drop-roles.' }]);
  expect(await practice.app.state.findDatabase(patient.id, 'dev')).toBeNull();
});

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

const trash = ({ id }: Patient, env: Environment = 'dev') =>
  deprovision({ projectId: id, env, purge: false }, practice.app);
const bringBack = ({ id }: Patient) => reconcileDatabase({ projectId: id, env: 'dev', wish: 'present' }, practice.app);
const expire = (patient: Patient) => age(patient, 'trashed_at = trashed_at - 8 * 86400');
const sweep = async () => sweepTrash(await findSweepable(practice.app), practice.app);

test('the trash is shown with its end, and what is over its seven days goes for good, of one`s own only', async () => {
  const [fresh, expired, back] = [
    await practice.admit('fresh'),
    await practice.admit('expired'),
    await practice.admit('back'),
  ];
  for (const patient of [fresh, expired, back]) await trash(patient);
  for (const patient of [expired, back]) await expire(patient);
  const found = await practice.diagnose(fresh, expired);
  expect(ofDatabase(found, fresh)).toMatchObject([
    {
      ok: true,
      detail: expect.stringMatching(/in the trash as turbobackend_trash_.* until 20/),
      fix: `turbobackend deprovision ${fresh.id} --undo`,
    },
  ]);
  expect(ofDatabase(found, expired)).toMatchObject([
    { ok: false, detail: expect.stringContaining('were over'), fix: `turbobackend deprovision ${expired.id} --purge` },
  ]);
  await bringBack(back);
  await practice.inMetadata("INSERT INTO turbobackend.users (id, name, created_at) VALUES ('other', 'other', 0)");
  const give = (owner: string) =>
    practice.inMetadata(
      'UPDATE turbobackend.projects SET owner_id = (SELECT id FROM turbobackend.users WHERE name = $1) WHERE id = $2',
      [owner, expired.id],
    );
  await give('other');
  expect(await sweep()).toEqual([]);
  await give('tester');
  expect(wrong(await practice.mend(fresh, expired))).toEqual([]);
  expect(await practice.app.state.findDatabase(expired.id, 'dev')).toBeNull();
  expect(await practice.app.databases.listDatabases()).not.toContainEqual(expect.stringContaining(expired.id));
  expect(await practice.kept(back)).toBe('data');
  await expire(fresh);
  expect(await sweep()).toEqual([expect.stringContaining(fresh.id)]);
  expect(await sweep()).toEqual([]);
});

test('production is not swept and not mended away: doctor says the command that asks for the name', async () => {
  const patient = await practice.admit('production', 'prod');
  const { trash: name } = await trash(patient, 'prod');
  await expire(patient);
  expect(await sweep()).toEqual([]);
  expect(ofDatabase(await practice.mend(patient), patient)).toEqual([
    {
      name: `database ${patient.db}`,
      ok: false,
      detail: expect.stringMatching(/were over on 20.* UTC; production goes only when its project's name is typed/),
      fix: `turbobackend deprovision ${patient.id} --env prod --purge`,
    },
  ]);
  expect(await practice.app.databases.listDatabases()).toContain(name);
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

test('a project that somebody works on right now is not judged, and not waited for', async () => {
  const patient = await practice.admit('busy');
  await practice.asAdmin('postgres', (query) => query(`ALTER ROLE ${patient.db}_app CREATEDB`));
  await practice.app.databases.withProjectLock(patient.id, async () => {
    expect(ofDatabase(await practice.mend(patient), patient)).toMatchObject([
      { ok: true, detail: expect.stringContaining('Another process works on project') },
    ]);
  });
  expect(wrong(ofDatabase(await practice.mend(patient), patient))).toEqual([]);
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
