import { expect, test } from 'vitest';
import type { Patient } from '../support/doctor.ts';
import { type Query, wipe } from '../support/provisioning.ts';
import { lendPractice, ofDatabase, provisionOf, wrong } from '../support/sick-databases.ts';

const { practice, age, everything, trash, bringBack, expire, sweep } = await lendPractice();

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
