import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Finding } from '../../src/domain/finding.ts';
import { openPractice, type Patient, type Practice } from '../support/doctor.ts';

let practice: Practice;

beforeAll(async () => {
  practice = await openPractice(inject('cluster'));
});
afterEach(() => practice.discharge());
afterAll(() => practice.close());

/** What is said of a project itself, not of its database. */
const ofProject = (findings: readonly Finding[], { id }: Patient) =>
  findings.filter(({ name }) => name.startsWith('project') && name.includes(id));
const env = ({ directory }: Patient, file = '.env') => join(directory, file);
const mode = (path: string) => statSync(path).mode & 0o777;

test('files with logins that are missing, old or open to others are written anew, and nothing else in them is lost', async () => {
  const [missing, old, open] = [
    await practice.admit('missing'),
    await practice.admit('old'),
    await practice.admit('open', 'staging'),
  ];
  rmSync(env(missing));
  const before = readFileSync(env(old), 'utf8');
  const password = /DB_PASSWORD="(.+)"/.exec(before)?.[1] ?? '';
  writeFileSync(env(old), `${before.replaceAll(password, 'last-year')}MINE=kept\n`);
  chmodSync(env(open, '.env.staging.migrate'), 0o644);
  const patients = [missing, old, open];
  const found = await practice.diagnose(...patients);
  const [provision, staging] = ['turbobackend provision', 'turbobackend provision --env staging'];
  const fix = ({ directory }: Patient, command: string) => `cd '${directory}' && ${command}`;
  expect(patients.map((patient) => ofProject(found, patient))).toMatchObject([
    [{ ok: false, detail: '.env is missing', fix: fix(missing, provision) }],
    [{ ok: false, detail: '.env does not hold the login that works now', fix: fix(old, provision) }],
    [{ ok: false, detail: 'others can read .env.staging.migrate', fix: fix(open, staging) }],
  ]);
  expect(JSON.stringify(found)).not.toContain(password);
  expect([mode(env(open, '.env.staging.migrate')), readFileSync(env(old), 'utf8').includes('last-year')]).toEqual([
    0o644,
    true,
  ]);
  const mended = await practice.mend(...patients);
  expect(mended.filter(({ ok }) => !ok)).toEqual([]);
  expect(JSON.stringify(mended)).not.toContain(password);
  expect(mended.filter((finding) => finding.mended)).toHaveLength(3);
  expect(readFileSync(env(old), 'utf8')).toBe(`${before}MINE=kept\n`);
  expect([mode(env(missing)), mode(env(open, '.env.staging.migrate'))]).toEqual([0o600, 0o600]);
});

test('a folder that is gone, damaged or another project`s is told of with the way back, and nothing is written there', async () => {
  const [gone, bare, damaged, taken] = [
    await practice.admit('gone'),
    await practice.admit('bare'),
    await practice.admit('damaged'),
    await practice.admit('taken'),
  ];
  const manifest = ({ directory }: Patient) => join(directory, 'turbobackend.json');
  renameSync(gone.directory, `${gone.directory} moved`);
  rmSync(manifest(bare));
  rmSync(env(bare));
  writeFileSync(manifest(damaged), '{ "version": 1');
  writeFileSync(manifest(taken), readFileSync(manifest(taken), 'utf8').replaceAll(taken.id, 'abcdefghijklmnop'));
  const patients = [gone, bare, damaged, taken];
  const found = await practice.mend(...patients);
  const git = ({ directory }: Patient) => `cd '${directory}' && git checkout turbobackend.json`;
  expect(patients.map((patient) => ofProject(found, patient))).toMatchObject([
    [
      {
        ok: false,
        detail: `its folder ${gone.directory} is gone or was moved`,
        fix: expect.stringContaining('turbobackend status'),
      },
    ],
    [{ ok: false, detail: expect.stringContaining('has no turbobackend.json'), fix: git(bare) }],
    [{ ok: false, detail: expect.stringContaining('is damaged'), fix: git(damaged) }],
    [
      {
        ok: false,
        detail: expect.stringContaining('holds project abcdefghijklmnop'),
        fix: expect.stringContaining('destroy'),
      },
    ],
  ]);
  expect(() => statSync(env(bare))).toThrow('ENOENT');
  rmSync(`${gone.directory} moved`, { recursive: true });
});

test('a create that failed, was cut or was cancelled is to be resumed; one that runs is no fault', async () => {
  const [failed, cut, leaving, live] = [
    await practice.admit('failed'),
    await practice.admit('cut'),
    await practice.admit('leaving'),
    await practice.admit('live'),
  ];
  const { runs, state } = practice.app;
  const run = (patient: Patient, body: () => Promise<void>) =>
    runs.execute(patient.id, (step) => step('design-schema', body));
  await run(failed, async () => {
    throw new Error('no such luck');
  }).catch((error: Error) => expect(error.message).toContain('no such luck'));
  await state.setProjectStatus(failed.id, 'creating');
  await state.setProjectStatus(cut.id, 'creating');
  await state.setProjectStatus(leaving.id, 'destroying');
  await state.setProjectStatus(live.id, 'creating');
  let begun = () => {};
  let end = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const alive = run(live, () => {
    begun();
    return new Promise((resolve) => {
      end = resolve;
    });
  });
  await hasBegun;
  try {
    const patients = [failed, cut, leaving, live];
    const found = await practice.mend(...patients);
    expect(patients.map((patient) => ofProject(found, patient))).toMatchObject([
      [
        {
          ok: false,
          detail: expect.stringMatching(/^its create failed at "design-schema": .*no such luck/),
          fix: `turbobackend resume ${failed.id}`,
        },
      ],
      [{ ok: false, detail: 'its create was cut', fix: `turbobackend resume ${cut.id}` }],
      [{ ok: false, detail: expect.stringContaining('half taken away'), fix: `turbobackend destroy ${leaving.id}` }],
      [{ ok: true, detail: expect.stringContaining(`is being made right now by process ${process.pid}`) }],
    ]);
  } finally {
    end();
    await alive;
  }
});

test('projects of somebody else are shown, and neither judged nor mended', async () => {
  const patient = await practice.admit('hers');
  await practice.inMetadata("INSERT INTO turbobackend.users (id, name, created_at) VALUES ('ada', 'ada', 0)");
  await practice.inMetadata("UPDATE turbobackend.projects SET owner_id = 'ada' WHERE id = $1", [patient.id]);
  rmSync(env(patient));
  await practice.asAdmin('postgres', (query) => query(`ALTER ROLE ${patient.db}_app CONNECTION LIMIT -1`));
  const found = await practice.mend(patient);
  expect(ofProject(found, patient)).toMatchObject([{ ok: true, detail: 'belongs to ada, whose doctor looks at it' }]);
  expect(found.filter(({ ok }) => !ok)).toMatchObject([
    { name: 'isolation V4', fix: expect.stringMatching(/^ada, whose project it is, types: cd /) },
  ]);
  expect(() => statSync(env(patient))).toThrow('ENOENT');
});
