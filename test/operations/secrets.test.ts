import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  databaseNames,
  ENVIRONMENTS,
  type Environment,
  LOGIN_ROLES,
  type LoginRole,
} from '../../src/domain/database.ts';
import { TurboError } from '../../src/domain/errors.ts';
import { passwordContext } from '../../src/domain/provisioning.ts';
import { checkSecrets } from '../../src/operations/check-secrets.ts';
import { loginProblem, rotationProblem } from '../../src/operations/login-problem.ts';
import { readManifest } from '../../src/operations/manifest.ts';
import { openLogin } from '../../src/operations/open-login.ts';
import { provision } from '../../src/operations/provision.ts';
import { reconcileDatabase } from '../../src/operations/reconcile-database.ts';
import { rotateKey } from '../../src/operations/rotate-key.ts';
import { withdrawDatabase } from '../../src/operations/withdraw-database.ts';
import { rotatePasswords } from '../../src/pipeline/rotate-passwords.ts';
import { settleLogins } from '../../src/pipeline/settle-logins.ts';
import { deployStage, migrateStage, startStage } from '../../src/pipeline/stages.ts';
import { asAdmin, borrowMetadata, releaseMetadata, withSession } from '../support/provisioning.ts';
import {
  faultsAtRest,
  makeProject,
  openPasswords,
  type SecretsServices,
  secretsServices,
} from '../support/secrets-project.ts';

const server = inject('cluster');
const metadata = borrowMetadata();
const services = secretsServices(server, metadata);
let project: Awaited<ReturnType<typeof makeProject>>;

beforeAll(async () => {
  project = await makeProject(services, metadata.home);
});
afterAll(() => releaseMetadata(server, metadata, services));

class Cut extends Error {}

/** Begins a change of passwords and gives up at a point. */
async function cutAt(point: string): Promise<void> {
  const onStep = (reached: string) => {
    if (reached === point) throw new Cut(point);
  };
  await expect(rotatePasswords(project, ['dev'], services, { onStep })).rejects.toThrow(Cut);
}

const column = (role: LoginRole, slot: 'secrets' | 'nextSecrets') =>
  `${slot === 'secrets' ? '' : 'next_'}${role}_secret`;

/** Changes a stored value behind our back. */
async function plant(
  projectId: string,
  role: LoginRole,
  slot: 'secrets' | 'nextSecrets',
  value: string,
): Promise<void> {
  await asAdmin(server, metadata.metadataDatabase, (query) =>
    query(`UPDATE turbobackend.project_databases SET ${column(role, slot)} = $1 WHERE project_id = $2`, [
      value,
      projectId,
    ]),
  );
}

test('new passwords are in the server, the record, the files and the running backend', async () => {
  const before = (await openPasswords(services, project.id)).current;
  const [rotated] = await rotatePasswords(project, 'all', services);
  expect(rotated).toMatchObject({ env: 'dev', files: ['.env', '.env.migrate'], serverReplaced: true, resumed: false });
  const after = (await openPasswords(services, project.id)).current;
  for (const role of LOGIN_ROLES) expect(after[role]).not.toBe(before[role]);
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
  const names = databaseNames(project.id);
  for (const role of LOGIN_ROLES) {
    const login = { ...services.cluster.adminLogin(names.database), user: names[role], password: before[role] };
    await expect(withSession(login, (query) => query('SELECT 1'))).rejects.toMatchObject({ code: 'cluster.denied' });
  }
});

test.each(['new-passwords', 'after:create-roles', 'before:settle'])(
  'cut at %s, the login handed out is one that works, and the next command finishes the change',
  async (point) => {
    await cutAt(point);
    const { next } = await openPasswords(services, project.id);
    for (const role of LOGIN_ROLES) {
      const login = await openLogin(project.id, 'dev', role, services);
      expect(await withSession(login, (query) => query('SELECT session_user AS me'))).toEqual([{ me: login.user }]);
    }
    expect(await loginProblem(project.id, 'app', services)).toBe(null);
    await settleLogins(project, 'dev', services);
    expect((await openPasswords(services, project.id)).current).toEqual(next);
    expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
  },
);

test('cut before the files, provision and start finish it and begin no other', async () => {
  await cutAt('before:files');
  const cut = (await openPasswords(services, project.id)).record;
  expect(rotationProblem(cut)).toContain(`turbobackend secrets rotate ${project.id} --env dev`);
  const begun = (await openPasswords(services, project.id)).current;
  await provision({ projectId: project.id, env: 'dev' }, services);
  expect(await settleLogins(project, 'dev', services)).toEqual({ serverReplaced: true });
  expect(await settleLogins(project, 'dev', services)).toEqual({ serverReplaced: false });
  expect(rotationProblem((await openPasswords(services, project.id)).record)).toBe(null);
  expect((await openPasswords(services, project.id)).current).toEqual(begun);
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
});

test('git ignores the files before the first password is in them', async () => {
  const bare = { ...project, directory: join(metadata.home, 'bare') };
  const ignored: (string | undefined)[] = [];
  const { workspace } = services;
  const watching: SecretsServices = {
    ...services,
    workspace: {
      ...workspace,
      async write(directory, path, content, options) {
        const ignore = (await workspace.read(directory, '.gitignore')) ?? '';
        if (path.startsWith('.env')) ignored.push(ignore.split('\n').find((line) => line === '.env'));
        await workspace.write(directory, path, content, options);
      },
    },
  };
  mkdirSync(bare.directory);
  await settleLogins(bare, 'dev', watching);
  expect(ignored).toEqual(['.env', '.env']);
});

test('eight at once end with one set of passwords everywhere', async () => {
  await Promise.all(Array.from({ length: 8 }, () => rotatePasswords(project, ['dev'], services)));
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
});

test('neither password logs in when somebody changed it in between, and the same command mends that', async () => {
  await cutAt('new-passwords');
  await asAdmin(server, 'postgres', (query) => query(`ALTER ROLE ${databaseNames(project.id).app} PASSWORD 'mine'`));
  await expect(openLogin(project.id, 'dev', 'app', services)).rejects.toMatchObject({
    code: 'cluster.denied',
    hint: expect.stringContaining('secrets rotate'),
  });
  await rotatePasswords(project, ['dev'], services);
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
});

test('nothing is changed for a folder that is not here, or an environment that was never made', async () => {
  const before = await services.state.findDatabase(project.id, 'dev');
  const elsewhere = { ...project, directory: join(metadata.home, 'nowhere') };
  await expect(rotatePasswords(elsewhere, ['dev'], services)).rejects.toMatchObject({ code: 'project.not_found' });
  await expect(rotatePasswords(project, ['prod'], services)).rejects.toMatchObject({ code: 'project.incomplete' });
  expect(await services.state.findDatabase(project.id, 'dev')).toEqual(before);
});

test('every flipped byte of a stored value is found, and plain text is never taken for a password', async () => {
  const { record, current } = await openPasswords(services, project.id);
  const sealed = record.secrets.app;
  const context = passwordContext(project.id, 'dev', 'app');
  const bytes = Buffer.from(sealed);
  for (let at = 0; at < bytes.length; at += 1) {
    for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] ?? 0) ^ flip;
      const opening = services.vault.open(changed.toString('latin1'), context).then(
        () => 'opened',
        (error) => error.code,
      );
      if ((await opening) !== 'secret.unreadable') expect([at, flip]).toBe('refused');
    }
  }
  for (const planted of [current.app, '', 'null', `v0.${sealed.slice(3)}`]) {
    await plant(project.id, 'app', 'secrets', planted);
    const refused = { code: 'secret.unreadable' };
    await expect(openLogin(project.id, 'dev', 'app', services)).rejects.toMatchObject(refused);
    await expect(provision({ projectId: project.id, env: 'dev' }, services)).rejects.toMatchObject(refused);
    const { readable, unreadable } = await checkSecrets(services);
    expect([readable, unreadable]).toEqual([2, [expect.objectContaining({ projectId: project.id, role: 'app' })]]);
    expect(JSON.stringify(unreadable)).not.toContain(current.app);
  }
  // New passwords need no old ones.
  await rotatePasswords(project, ['dev'], services);
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
});

test('with a key that is not the one in use nothing gets new passwords, unless somebody insists', async () => {
  const stranger = secretsServices(server, { ...metadata, masterKey: 'a key of another machine' });
  const before = await services.state.findDatabase(project.id, 'dev');
  const refused = rotatePasswords(project, ['dev'], stranger);
  await expect(refused).rejects.toMatchObject({ code: 'secret.unreadable' });
  expect(await services.state.findDatabase(project.id, 'dev')).toEqual(before);
  await rotatePasswords(project, ['dev'], stranger, { replaceUnreadable: true });
  expect(await faultsAtRest(stranger, project, metadata.home)).toEqual([]);
  await rotatePasswords(project, ['dev'], services, { replaceUnreadable: true });
  expect(await faultsAtRest(services, project, metadata.home)).toEqual([]);
  await stranger.state.close();
});

test('a stored value opens in its own place only', async () => {
  const places: { id: string; env: Environment; role: LoginRole }[] = [];
  for (const id of [services.ids.projectId(), services.ids.projectId()]) {
    for (const env of ENVIRONMENTS) for (const role of LOGIN_ROLES) places.push({ id, env, role });
  }
  let accepted = 0;
  for (const from of places) {
    const sealed = await services.vault.seal('password', passwordContext(from.id, from.env, from.role));
    for (const to of places) {
      const opening = services.vault.open(sealed, passwordContext(to.id, to.env, to.role));
      if (from === to) expect(await opening).toBe('password');
      else
        accepted += await opening.then(
          () => 1,
          () => 0,
        );
    }
  }
  expect([places.length, accepted]).toEqual([18, 0]);
});

test('a change of the key moves everything, is one change for four at once, and keeps what it cannot open', async () => {
  const before = (await openPasswords(services, project.id)).current;
  const [first, ...others] = await Promise.all([0, 1, 2, 3].map(() => rotateKey(services)));
  expect(others.map(({ to }) => to)).toEqual([first?.to, first?.to, first?.to]);
  expect((await openPasswords(services, project.id)).current).toEqual(before);
  expect(await checkSecrets(services)).toMatchObject({ readable: 3, keyId: first?.to, unreadable: [] });

  const { record } = await openPasswords(services, project.id);
  const stranger = secretsServices(server, { ...metadata, masterKey: 'a key of another machine' });
  const theirs = await stranger.vault.seal('theirs', passwordContext(project.id, 'dev', 'ro'));
  await plant(project.id, 'ro', 'secrets', theirs);
  const kept = await rotateKey(services);
  expect(kept).toMatchObject({ resealed: 2, retired: false, foreign: { [services.vault.keyIdOf(theirs) ?? '']: 1 } });
  expect((await services.state.findDatabase(project.id, 'dev'))?.secrets.ro).toBe(theirs);
  // The old key is there still, so a backup of the value opens.
  await plant(project.id, 'ro', 'secrets', record.secrets.ro);
  expect(await rotateKey(services)).toMatchObject({ resealed: 3, retired: true, foreign: {} });
  expect((await openPasswords(services, project.id)).current).toEqual(before);
});

test('a key that was replaced seals nothing any more, also not in a process that still has it', async () => {
  const keyFile = join(metadata.home, 'keys', 'vault.key');
  const backup = join(metadata.home, 'backup');
  copyFileSync(keyFile, backup);
  const { record } = await openPasswords(services, project.id);
  await rotateKey(services);
  const settled = await services.state.findDatabase(project.id, 'dev');
  const place = { projectId: project.id, env: 'dev', role: 'app', slot: 'secrets' } as const;
  const late = services.state.resealSecret(place, settled?.secrets.app ?? '', record.secrets.app);
  await expect(late).rejects.toMatchObject({ code: 'secret.unreadable', message: expect.stringContaining('replaced') });

  const current = join(metadata.home, 'current');
  copyFileSync(keyFile, current);
  copyFileSync(backup, keyFile);
  const rolledBack: SecretsServices = secretsServices(server, metadata);
  const order = { projectId: services.ids.projectId(), env: 'dev', wish: 'present' } as const;
  await expect(reconcileDatabase(order, rolledBack)).rejects.toMatchObject({ code: 'secret.unreadable' });
  await expect(openLogin(project.id, 'dev', 'app', rolledBack)).rejects.toMatchObject({ code: 'secret.unreadable' });
  expect((await services.state.findDatabase(order.projectId, 'dev')) ?? null).toBe(null);
  copyFileSync(current, keyFile);
  await rolledBack.state.close();
  expect(await services.state.findDatabase(project.id, 'dev')).toEqual(settled);
});

test('values of other owners are not opened but counted, and told of when they get a new key with the others', async () => {
  const stranger: SecretsServices = { ...services, owner: 'stranger' };
  const { keyId, readable, unreadable, notLookedAt } = await checkSecrets(stranger);
  expect({ readable, unreadable }).toEqual({ readable: 0, unreadable: [] });
  expect(notLookedAt.map(({ owner }) => owner)).toContain('tester');
  const count = notLookedAt.filter((found) => found.keyId === keyId).reduce((sum, found) => sum + found.count, 0);
  expect((await rotateKey(stranger)).ofOthers).toEqual({ tester: count });
  expect((await rotateKey(services)).ofOthers).toEqual({});
});

test('when the key in use is gone, a former one that is kept is not said to seal', async () => {
  const { sealing } = await services.vault.keys();
  const lone = join(metadata.home, 'a home with a former key only');
  mkdirSync(join(lone, 'keys'), { recursive: true, mode: 0o700 });
  copyFileSync(join(metadata.home, 'keys', 'vault.key'), join(lone, 'keys', `vault.key.old-${sealing}`));
  const there = { ...services, vault: secretsServices(server, { ...metadata, home: lone }).vault };
  expect(await checkSecrets(there)).toMatchObject({ keyId: null, formerKeys: [sealing], unreadable: [] });
  await expect(there.vault.open('v1.AAAAAAAA.AAAA', passwordContext(project.id, 'dev', 'app'))).rejects.toThrow(
    `of former keys there is ${sealing} here, and none in use`,
  );
});

test('a database that is gone for good leaves no login in its files, also after a purge that was cut, and one in the trash does', async () => {
  const left = await makeProject(services, metadata.home);
  const at = (file: string) => join(left.directory, file);
  writeFileSync(at('.env'), `${readFileSync(at('.env'), 'utf8')}API_KEY=mine\n`);
  const trashed = await withdrawDatabase(left, { env: 'dev', purge: false }, services);
  expect(trashed.cleaned).toEqual([]);
  expect(readFileSync(at('.env'), 'utf8')).toContain('DATABASE_URL');
  await reconcileDatabase({ projectId: left.id, env: 'dev', wish: 'absent' }, services);
  const purged = await withdrawDatabase(left, { env: 'dev', purge: true }, services);
  expect(purged.cleaned).toEqual(['.env', '.env.migrate']);
  expect(readFileSync(at('.env'), 'utf8')).toBe('API_KEY=mine\n');
  expect(existsSync(at('.env.migrate'))).toBe(false);
  expect((await withdrawDatabase(left, { env: 'dev', purge: true }, services)).cleaned).toEqual([]);
});

test('the folder of another project keeps its logins', async () => {
  const [left, other] = [await makeProject(services, metadata.home), await makeProject(services, metadata.home)];
  const moved = { id: left.id, directory: other.directory };
  expect((await withdrawDatabase(moved, { env: 'dev', purge: true }, services)).cleaned).toEqual([]);
  expect(readFileSync(join(other.directory, '.env'), 'utf8')).toContain('DATABASE_URL');
});

test('what fails because its database went to the trash meanwhile says so', async () => {
  const gone = await makeProject(services, metadata.home);
  const manifest = await readManifest(gone.directory, services);
  if (!manifest) throw new Error('no manifest');
  const folder = { directory: gone.directory, project: manifest };
  await services.target.stop(gone.id);
  const start = async (): Promise<never> => {
    await withdrawDatabase(gone, { env: 'dev', purge: false }, services);
    throw new TurboError('deploy.unhealthy', 'It does not answer.');
  };
  const failing: SecretsServices = { ...services, target: { ...services.target, start, startAgain: start } };
  const inTrash = { code: 'project.incomplete', message: expect.stringContaining('is in the trash') };
  const record = { ...gone };
  await expect(startStage(record, failing)).rejects.toMatchObject({
    ...inTrash,
    cause: expect.objectContaining({ code: 'deploy.unhealthy' }),
  });
  await provision({ projectId: gone.id, env: 'dev' }, services);
  await expect(deployStage(folder, {}, failing)).rejects.toMatchObject(inTrash);
  await expect(migrateStage(folder, 'dev', services)).rejects.toMatchObject(inTrash);
  await provision({ projectId: gone.id, env: 'dev' }, services);
  const broken = async (): Promise<never> => {
    throw new TurboError('deploy.unhealthy', 'It does not answer.');
  };
  const unwell: SecretsServices = { ...services, target: { ...services.target, start: broken } };
  await expect(deployStage(folder, {}, unwell)).rejects.toMatchObject({ code: 'deploy.unhealthy' });
});
