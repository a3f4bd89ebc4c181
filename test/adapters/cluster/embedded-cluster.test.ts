import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diagnoseEmbedded } from '../../../src/adapters/cluster/embedded/diagnose-embedded.ts';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { ask, clusterContract } from '../../contracts/cluster.ts';
import { type BorrowedHome, borrowHome, serverPid } from './borrow-home.ts';

clusterContract('a server of our own', async () => {
  const { home, dispose } = borrowHome(`it's mine; & é`);
  return { open: () => embeddedCluster({ home }), dispose };
});

describe('a new cluster', () => {
  let borrowed: BorrowedHome;
  beforeAll(async () => {
    borrowed = borrowHome();
    await embeddedCluster({ home: borrowed.home }).ensure();
  });
  afterAll(() => borrowed.dispose());

  async function rows(sql: string): Promise<readonly unknown[]> {
    const cluster = embeddedCluster({ home: borrowed.home });
    await cluster.ensure();
    return ask(cluster, sql);
  }

  test('is born closed: PUBLIC may enter no database', async () => {
    const open = await rows(
      `select datname, a.privilege_type from pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
        where a.grantee = 0 and d.datallowconn`,
    );
    expect(open).toEqual([]);
  });

  test('lets in the administrator and members of the role named like the database, with SCRAM, from here only', async () => {
    const rules = await rows(
      `select type, database, user_name, address, auth_method from pg_hba_file_rules where error is null order by line_number`,
    );
    expect(rules).toEqual([
      { type: 'local', database: ['all'], user_name: ['all'], address: null, auth_method: 'reject' },
      { type: 'host', database: ['all'], user_name: ['tb_admin'], address: '127.0.0.1', auth_method: 'scram-sha-256' },
      { type: 'host', database: ['samerole'], user_name: ['all'], address: '127.0.0.1', auth_method: 'scram-sha-256' },
      { type: 'host', database: ['all'], user_name: ['all'], address: 'all', auth_method: 'reject' },
    ]);
  });

  test('listens on the loopback address only, without a socket file, below the ports of outgoing connections', async () => {
    const [settings] = await rows(
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
        current_setting('port')::int < 32768 as low, current_setting('password_encryption') as encryption`,
    );
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '', low: true, encryption: 'scram-sha-256' });
  });

  test('stores UTF-8 that sorts the same on every machine', async () => {
    const locales = await rows(
      `select distinct pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale from pg_database`,
    );
    expect(locales).toEqual([{ encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8' }]);
  });

  test('keeps its secrets to itself: modes, process list, settings and logs', async () => {
    const layout = borrowed.layout();
    for (const file of [layout.passwordFile, layout.stateFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of [layout.data, layout.log, layout.home]) expect(statSync(folder).mode & 0o077).toBe(0);
    const password = readFileSync(layout.passwordFile, 'utf8').trim();
    expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    await rows(`create role tb_canary password 'canary-1'`);
    await rows(`select 'canary-2'::int`).catch(() => {});
    await rows('drop role tb_canary');
    const told = [layout.log, layout.instance, layout.folder, layout.home].flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && join(folder, entry.name) !== layout.passwordFile)
        .map((entry) => readFileSync(join(folder, entry.name), 'utf8')),
    );
    expect(told.length).toBeGreaterThan(3);
    if (process.platform === 'linux') told.push(readFileSync(`/proc/${serverPid(layout)}/cmdline`, 'utf8'));
    for (const secret of [password, 'canary-1', 'canary-2']) expect(told.join('\n')).not.toContain(secret);
  });

  test('leaves nothing half-made, no lock and no password file where the server reads', () => {
    const layout = borrowed.layout();
    const names = readdirSync(layout.folder).filter((name) => !name.startsWith('native-'));
    expect(names.sort()).toEqual(['instance', 'log', 'start.log']);
    expect(readdirSync(layout.instance).sort()).toEqual(['data', 'made.json', 'pg_hba.conf', 'postgresql.conf']);
  });

  test('is found healthy by the doctor, who changes nothing', async () => {
    const before = readFileSync(borrowed.layout().stateFile, 'utf8');
    const found = await diagnoseEmbedded({ home: borrowed.home });
    expect(found.filter((finding) => !finding.ok)).toEqual([]);
    expect(found.map((finding) => finding.name)).toContain('server');
    expect(readFileSync(borrowed.layout().stateFile, 'utf8')).toBe(before);
  });
});

test('looking at, diagnosing and stopping a cluster that was never made makes nothing', async () => {
  const { home, dispose } = borrowHome();
  try {
    const cluster = embeddedCluster({ home });
    expect(await cluster.inspect()).toBeNull();
    expect(await cluster.stop()).toBe(false);
    expect((await diagnoseEmbedded({ home })).filter((finding) => !finding.ok)).toEqual([]);
    expect(() => readdirSync(home)).toThrow(/ENOENT/);
  } finally {
    await dispose();
  }
});

test('many who need the first cluster at once get one and the same', async () => {
  const { home, dispose } = borrowHome();
  try {
    const infos = await Promise.all(Array.from({ length: 6 }, () => embeddedCluster({ home }).ensure()));
    expect(new Set(infos.map((info) => JSON.stringify(info))).size).toBe(1);
  } finally {
    await dispose();
  }
});

test('a home whose path a shell would act on is never handed to one', async () => {
  const { home, dispose } = borrowHome('"$(touch pwned)"\n');
  try {
    const outcome = await embeddedCluster({ home })
      .ensure()
      .then(
        (info) => info.kind,
        (error: { code?: unknown }) => error.code,
      );
    // Root's cluster lies elsewhere; an ordinary user's would lie in there.
    expect(outcome).toBe(process.getuid?.() === 0 ? 'embedded' : 'cluster.data_folder');
    expect(existsSync('pwned')).toBe(false);
  } finally {
    await dispose();
  }
});
