import { expect, test } from 'vitest';
import {
  assertSamePlace,
  backoffMs,
  describeRefusal,
  isTransientState,
  nextStep,
  type Observation,
  passwordContext,
  reconcile,
  retryTransient,
} from '../../src/domain/provisioning.ts';

const READY: Observation = {
  foreign: null,
  roles: 'complete',
  database: 'open',
  trash: 'absent',
  shut: false,
  inside: 'complete',
  passwordsWork: true,
  bytes: null,
  full: false,
  writes: 'allowed',
};

const steps: [string, { given: Partial<Observation>; present: string | null; absent: string | null }][] = [
  ['everything as wished', { given: {}, present: null, absent: 'drop-database' }],
  [
    'nothing at all',
    { given: { roles: 'absent', database: 'absent', inside: 'unknown' }, present: 'create-roles', absent: null },
  ],
  [
    'roles only',
    { given: { database: 'absent', inside: 'unknown' }, present: 'create-database', absent: 'drop-roles' },
  ],
  [
    'some roles only',
    { given: { roles: 'incomplete', database: 'absent' }, present: 'create-roles', absent: 'drop-roles' },
  ],
  [
    'a half-dropped database',
    { given: { database: 'invalid' }, present: 'drop-invalid-database', absent: 'drop-database' },
  ],
  [
    'a half-dropped database with broken roles: nothing is altered before it is gone',
    { given: { database: 'invalid', roles: 'incomplete' }, present: 'drop-invalid-database', absent: 'drop-database' },
  ],
  ['a closed database', { given: { database: 'closed' }, present: 'open-database', absent: 'drop-database' }],
  ['an empty database', { given: { inside: 'incomplete' }, present: 'prepare-inside', absent: 'drop-database' }],
  [
    'other passwords: set before anybody has to log in with them',
    { given: { passwordsWork: false, database: 'closed' }, present: 'create-roles', absent: 'drop-database' },
  ],
];

/** From the trash and to it: T4 and its reverse. */
const trashSteps: [
  string,
  { given: Partial<Observation>; present: string | null; trashed: string | null; absent: string | null },
][] = [
  ['a database in use', { given: {}, present: null, trashed: 'shut-database', absent: 'drop-database' }],
  [
    'a database nobody can enter any more',
    {
      given: { shut: true, database: 'closed', roles: 'incomplete' },
      present: 'create-roles',
      trashed: 'move-to-trash',
      absent: 'drop-database',
    },
  ],
  [
    'a database in the trash',
    {
      given: { shut: true, database: 'absent', trash: 'present', roles: 'incomplete' },
      present: 'restore-database',
      trashed: null,
      absent: 'drop-trash',
    },
  ],
  [
    'a database in the trash whose logins somebody opened again',
    {
      given: { database: 'absent', trash: 'present' },
      present: 'restore-database',
      trashed: 'shut-database',
      absent: 'drop-trash',
    },
  ],
  [
    'half dropped in the trash',
    {
      given: { shut: true, database: 'absent', trash: 'invalid', roles: 'incomplete' },
      present: 'drop-trash',
      trashed: 'drop-trash',
      absent: 'drop-trash',
    },
  ],
  [
    'roles without a database',
    { given: { database: 'absent', shut: true }, present: 'create-database', trashed: null, absent: 'drop-roles' },
  ],
];

test.each(trashSteps)('next step for %s', (_name, { given, ...wanted }) => {
  const observed = { ...READY, ...given };
  expect({
    present: nextStep(observed, 'present'),
    trashed: nextStep(observed, 'trashed'),
    absent: nextStep(observed, 'absent'),
  }).toEqual(wanted);
});

test.each(steps)('next step for %s', (_name, { given, present, absent }) => {
  expect(nextStep({ ...READY, ...given }, 'present')).toBe(present);
  expect(nextStep({ ...READY, ...given }, 'absent')).toBe(absent);
});

test('the loop looks again after every step until nothing is left to do', async () => {
  const world: { -readonly [K in keyof Observation]: Observation[K] } = {
    ...READY,
    roles: 'absent',
    database: 'absent',
    inside: 'unknown',
  };
  const done: string[] = [];
  await reconcile('present', {
    observe: async () => ({ ...world }),
    apply: async (step) => {
      done.push(step);
      if (step === 'create-roles') world.roles = 'complete';
      if (step === 'create-database') world.database = 'closed';
      if (step === 'open-database') world.database = 'open';
      if (step === 'prepare-inside') world.inside = 'complete';
    },
  });
  expect(done).toEqual(['create-roles', 'create-database', 'open-database', 'prepare-inside']);
});

test('the loop touches nothing when an object of our name is not ours', async () => {
  const apply = () => Promise.reject(new Error('must not be called'));
  const observe = async () => ({ ...READY, roles: 'incomplete' as const, foreign: 'role "x"' });
  await expect(reconcile('absent', { observe, apply })).rejects.toMatchObject({ code: 'database.foreign' });
});

test('the loop gives up when a step never holds', async () => {
  let rounds = 0;
  const looping = reconcile('present', {
    observe: async () => ({ ...READY, database: 'closed' }),
    apply: async () => {
      rounds += 1;
    },
  });
  await expect(looping).rejects.toMatchObject({ code: 'database.failed' });
  expect(rounds).toBeLessThan(20);
});

test.each([
  ['08006', true],
  ['57P01', true],
  ['57P03', true],
  ['53300', true],
  ['55P03', true],
  ['42P04', true],
  ['42501', false],
  ['53100', false],
  ['22023', false],
  ['42601', false],
])('SQLSTATE %s is worth another try: %s', (state, transient) => {
  expect(isTransientState(state)).toBe(transient);
});

test('a transient failure is tried again after growing pauses, a permanent one is not', async () => {
  const pauses: number[] = [];
  const how = {
    isTransient: (error: unknown) => error === 'again',
    sleep: async (ms: number) => void pauses.push(ms),
    chance: () => 0.5,
  };
  let calls = 0;
  const value = await retryTransient(async () => {
    calls += 1;
    if (calls < 4) throw 'again';
    return calls;
  }, how);
  expect(value).toBe(4);
  expect(pauses).toEqual([100, 200, 400]);
  await expect(retryTransient(() => Promise.reject('never'), how)).rejects.toBe('never');
  expect(pauses).toHaveLength(3);
  await expect(retryTransient(() => Promise.reject('again'), how)).rejects.toBe('again');
  expect(pauses.length).toBeGreaterThan(6);
});

test('pauses double up to a limit and are spread by chance', () => {
  expect([0, 1, 2, 10].map((attempt) => backoffMs(attempt, 0.5))).toEqual([100, 200, 400, 3000]);
  expect([backoffMs(0, 0), backoffMs(0, 0.999)]).toEqual([50, 150]);
});

test('a refusal says what to do, a lost connection that nothing is lost', () => {
  const disk = describeRefusal({ state: '53100', message: 'could not extend file' }, 'db');
  expect(disk).toMatchObject({ code: 'database.failed', details: { state: '53100' } });
  expect(disk.hint).toContain('disk');
  expect(describeRefusal({ state: '08006', message: 'gone' }, 'db').code).toBe('cluster.unreachable');
});

test('sealed passwords belong to one project, environment and role', () => {
  const contexts = ['a', 'b'].flatMap((id) =>
    (['dev', 'prod'] as const).flatMap((env) =>
      (['mig', 'app'] as const).map((role) => passwordContext(id, env, role)),
    ),
  );
  expect(new Set(contexts.map((context) => JSON.stringify(context))).size).toBe(8);
});

test('a record of another database or another cluster is refused', () => {
  const id = 'abcdefghij012345';
  const record = { databaseName: `turbobackend_proj_${id}`, systemIdentifier: '7' };
  expect(() => assertSamePlace(record, id, 'dev', '7')).not.toThrow();
  expect(() => assertSamePlace(record, id, 'prod', '7')).toThrow(expect.objectContaining({ code: 'project.damaged' }));
  expect(() => assertSamePlace(record, id, 'dev', '8')).toThrow(expect.objectContaining({ code: 'database.foreign' }));
});
