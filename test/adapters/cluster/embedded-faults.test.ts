import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { diagnoseEmbedded } from '../../../src/adapters/cluster/embedded/diagnose-embedded.ts';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { serverUser } from '../../../src/adapters/cluster/embedded/server-user.ts';
import { identify } from '../../../src/adapters/shared/process/identity.ts';
import { TurboError } from '../../../src/domain/errors.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import { ask } from '../../contracts/cluster.ts';
import { type BorrowedHome, borrowHome, serverPid } from './borrow-home.ts';
import { greedyServer } from './fake-postgres.ts';

describe('a cluster with data in it', () => {
  let borrowed: BorrowedHome;
  let identity: string;
  const open = (onNote: (message: string) => void = () => {}) => embeddedCluster({ home: borrowed.home, onNote });

  beforeAll(async () => {
    borrowed = borrowHome();
    const cluster = open();
    identity = (await cluster.ensure()).systemIdentifier;
    await ask(cluster, 'create table kept (n int)');
  });
  afterAll(() => borrowed.dispose());

  let rowsKept = 0;
  /** Each fault must leave the same cluster with everything that was committed, and able to write. */
  async function expectSameCluster(): Promise<void> {
    const cluster = open();
    expect((await cluster.ensure()).systemIdentifier).toBe(identity);
    await ask(cluster, 'insert into kept values (1)');
    rowsKept += 1;
    expect(await ask(cluster, 'select count(*)::int as n from kept')).toEqual([{ n: rowsKept }]);
  }
  afterEach(expectSameCluster);

  test('is started again after its server was killed', async () => {
    const pid = serverPid(borrowed.layout());
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    expect(await open().inspect()).toBeNull();
    await expectSameCluster();
  });

  test('is started again although a busy back-end of the killed server lives on', async () => {
    const cluster = open();
    await cluster.ensure();
    const busy = ask(cluster, 'do $$ begin loop end loop; end $$').catch(() => 'cut');
    await begun(cluster, 'do $$%');
    const pid = serverPid(borrowed.layout());
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    await expectSameCluster();
    expect(await busy).toBe('cut');
  });

  test('is not taken for running, nor its pid for the server, when somebody else has that pid now', async () => {
    const layout = borrowed.layout();
    await open().stop();
    const bystander = await sleeper();
    try {
      const file = join(layout.data, 'postmaster.pid');
      writeFileSync(file, `${bystander.pid}\n${layout.data}\n1700000000\n25432\n\n127.0.0.1\n0 0\nready   \n`, {
        mode: 0o600,
      });
      expect(await open().inspect()).toBeNull();
      expect(await open().stop()).toBe(false);
      await expectSameCluster();
      expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    } finally {
      bystander.kill();
    }
  });

  test('moves to another port, and says so, when a stranger has its port; the stranger learns no password', async () => {
    const { port } = await open().ensure();
    await open().stop();
    const stranger = await greedyServer(port);
    const notes: string[] = [];
    try {
      expect(await open().inspect()).toBeNull();
      const { port: moved } = await open((note) => notes.push(note)).ensure();
      expect(moved).not.toBe(port);
      expect(notes.join()).toMatch(new RegExp(`${port}.*${moved}`));
      expect(stranger.received()).toContain('tb_admin');
      expect(stranger.received()).not.toContain(password());
      await expectSameCluster();
    } finally {
      await stranger.close();
    }
  });

  test('is found again when the file that remembers it is gone or garbled', async () => {
    const layout = borrowed.layout();
    const { port } = await open().ensure();
    rmSync(layout.stateFile);
    expect((await open().inspect())?.port).toBe(port);
    expect((await open().ensure()).port).toBe(port);
    writeFileSync(layout.stateFile, '{"folder": 7');
    expect(await open().stop()).toBe(true);
  });

  test.each(['running', 'stopped'])('gets a new password when its file is gone and it is %s', async (state) => {
    const before = password();
    if (state === 'stopped') await open().stop();
    rmSync(borrowed.layout().passwordFile);
    await expectSameCluster();
    expect(password()).not.toBe(before);
  });

  test('says which file holds the wrong password', async () => {
    const { passwordFile } = borrowed.layout();
    const right = readFileSync(passwordFile, 'utf8');
    writeFileSync(passwordFile, 'wrong\n');
    try {
      expect(await failure(open().ensure())).toMatchObject({ code: 'cluster.denied' });
      expect((await failure(open().inspect())).message).toContain(passwordFile);
    } finally {
      writeFileSync(passwordFile, right);
    }
  });

  test('refuses a data folder that others can read, naming the fix', async () => {
    const { data } = borrowed.layout();
    await open().stop();
    chmodSync(data, 0o755);
    try {
      const error = await failure(open().ensure());
      expect(error).toMatchObject({ code: 'cluster.data_folder', hint: `chmod 700 ${data}` });
      const findings = await diagnoseEmbedded({ home: borrowed.home });
      expect(findings.find((finding) => !finding.ok)).toMatchObject({ name: 'data folder', fix: `chmod 700 ${data}` });
    } finally {
      chmodSync(data, 0o700);
    }
  });

  test('refuses data of another major version', async () => {
    const file = join(borrowed.layout().data, 'PG_VERSION');
    await open().stop();
    const right = readFileSync(file, 'utf8');
    writeFileSync(file, '17\n');
    try {
      expect(await failure(open().ensure())).toMatchObject({ code: 'cluster.version' });
    } finally {
      writeFileSync(file, right);
    }
  });

  test('says what the server said when it does not start', async () => {
    const { data, log } = borrowed.layout();
    await open().stop();
    const file = join(data, 'postgresql.conf');
    const right = readFileSync(file, 'utf8');
    writeFileSync(file, `${right}\nshared_preload_libraries = 'no_such_library'\n`);
    try {
      const error = await failure(open().ensure());
      expect(error.code).toBe('cluster.start_failed');
      expect(error.message).toContain('no_such_library');
      expect(error.hint).toContain(log);
    } finally {
      writeFileSync(file, right);
    }
  });

  test('takes hand edits of its host rules back at the next start', async () => {
    const file = join(borrowed.layout().instance, 'pg_hba.conf');
    await open().stop();
    writeFileSync(file, 'host all all all trust\n');
    const cluster = open();
    await cluster.ensure();
    const rules = await ask(cluster, `select auth_method from pg_hba_file_rules where auth_method = 'trust'`);
    expect(rules).toEqual([]);
  });

  test('repairs its copy of the programs when a library is gone', async () => {
    const layout = borrowed.layout();
    await open().stop();
    const copy = readdirSync(layout.folder).find((name) => name.startsWith('native-')) ?? '';
    rmSync(join(layout.folder, copy, 'bin', 'postgres'));
    await expectSameCluster();
  });

  test('lets running transactions be cut, not half-done, when it is stopped', async () => {
    const cluster = open();
    await cluster.ensure();
    const long = ask(cluster, 'begin; insert into kept values (2); select pg_sleep(60)').catch(() => 'cut');
    await begun(cluster, 'begin; insert%');
    expect(await cluster.stop()).toBe(true);
    expect(await long).toBe('cut');
  });

  function password(): string {
    return readFileSync(borrowed.layout().passwordFile, 'utf8').trim();
  }
});

describe('a home', () => {
  let borrowed: BorrowedHome;
  afterEach(() => borrowed.dispose());

  test('that is a file is refused', async () => {
    borrowed = borrowHome('folder');
    writeFileSync(borrowed.home, 'not a folder');
    const error = await failure(embeddedCluster({ home: borrowed.home }).ensure());
    expect(error).toMatchObject({ code: 'workspace.unwritable' });
    expect(error.message).toContain(borrowed.home);
    rmSync(borrowed.home);
  });

  test('with what interrupted attempts left gets a whole cluster and loses the rest', async () => {
    borrowed = borrowHome();
    mkdirSync(borrowed.home, { mode: 0o700 });
    const cluster = embeddedCluster({ home: borrowed.home });
    await cluster.ensure();
    await cluster.stop();
    const layout = borrowed.layout();
    rmSync(layout.instance, { recursive: true });
    for (const name of ['instance.new-0123456789ab', 'native-18.0.0.new-0123456789ab']) {
      mkdirSync(join(layout.folder, name, 'data'), { recursive: true });
    }
    await cluster.ensure();
    expect(readdirSync(layout.folder).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  test('whose data vanished says so once a new cluster runs, also when an attempt in between failed', async () => {
    const borrowed = borrowHome();
    try {
      const first = await embeddedCluster({ home: borrowed.home }).ensure();
      await embeddedCluster({ home: borrowed.home }).stop();
      const { instance, stateFile, folder } = borrowed.layout();
      rmSync(instance, { recursive: true });
      const open = embeddedCluster({ home: borrowed.home });
      expect(open.condition?.()).toBe('gone');
      // A file where the new data would be made: this attempt fails.
      writeFileSync(instance, 'in the way');
      await expect(open.ensure()).rejects.toThrow();
      expect(JSON.parse(readFileSync(stateFile, 'utf8'))).toMatchObject({ systemIdentifier: first.systemIdentifier });
      rmSync(instance);
      const notes: string[] = [];
      const cluster = embeddedCluster({ home: borrowed.home, onNote: (message) => notes.push(message) });
      const info = await cluster.ensure();
      expect(info.systemIdentifier).not.toBe(first.systemIdentifier);
      expect(info.replaces).toBe(folder);
      expect(notes.join('\n')).toMatch(/is gone, with every database.*backup create/);
      // It is told once: from now on this is the cluster.
      expect((await embeddedCluster({ home: borrowed.home }).ensure()).replaces).toBeUndefined();
      expect(cluster.condition?.()).toBe('made');
    } finally {
      await borrowed.dispose();
    }
  });

  test('that was emptied gets a new cluster', async () => {
    borrowed = borrowHome();
    const cluster = embeddedCluster({ home: borrowed.home });
    const { systemIdentifier } = await cluster.ensure();
    const old = serverPid(borrowed.layout());
    if (borrowed.layout().folder.startsWith(borrowed.home)) await cluster.stop();
    rmSync(borrowed.home, { recursive: true });
    expect((await cluster.ensure()).systemIdentifier).not.toBe(systemIdentifier);
    expect(identify(old)).toBeNull();
  });
});

async function failure(work: Promise<unknown>): Promise<TurboError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof TurboError)) throw new Error(`expected a TurboError, got ${String(error)}`);
  return error;
}

/** Waits until a statement like that is under way. */
async function begun(cluster: Cluster, statement: string): Promise<void> {
  const active = `select 1 from pg_stat_activity where state = 'active' and query like '${statement}'`;
  await expect.poll(() => ask(cluster, active)).toHaveLength(1);
}

async function gone(pid: number): Promise<void> {
  while (identify(pid) !== null) await sleep(5);
}

/** A process of the account the server runs under, which PostgreSQL itself would take for a running server. */
async function sleeper(): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...serverUser() });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  return child;
}
