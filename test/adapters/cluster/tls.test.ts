import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { externalCluster } from '../../../src/adapters/cluster/external/external-cluster.ts';
import { postgresSql } from '../../../src/adapters/sql/postgres/postgres-sql.ts';
import { loadConfig } from '../../../src/config.ts';
import { connectionSettings, type Login, loginUrl, type SslMode } from '../../../src/domain/database.ts';
import { isTurboError } from '../../../src/domain/errors.ts';
import { newAuthority, newCertificate } from '../../support/certificates.ts';
import { lendFolder } from '../../support/lend-folder.ts';
import { withSession } from '../../support/provisioning.ts';
import { startTlsCluster, type TlsCluster } from '../../support/tls-cluster.ts';

/** TLS to a real PostgreSQL, by all three ways a login is used: our two clients, and the URL a project is given. */

const { folder, giveBack } = lendFolder();
const authority = newAuthority('tb test authority');
const names = ['localhost', '127.0.0.1'];
const good = newCertificate({ names, authority });
const alone = newCertificate({ names });
let server: TlsCluster;

beforeAll(async () => {
  writeFileSync(join(folder, 'authority.pem'), authority.certificate);
  writeFileSync(join(folder, 'alone.pem'), alone.certificate);
  server = await startTlsCluster();
});
afterAll(async () => {
  await giveBack().finally(() => server.stop());
});

interface Demand {
  readonly mode?: SslMode;
  readonly root?: 'authority.pem' | 'alone.pem' | undefined;
  readonly host?: string;
}

/** The login that DB_ADMIN_URL makes of a demand. */
function loginFor({ mode, root, host = 'localhost' }: Demand): Login {
  const { port, user, password } = server.cluster;
  const parameters = [...(mode ? [`sslmode=${mode}`] : []), ...(root ? [`sslrootcert=${root}`] : [])].join('&');
  const url = `postgres://${user}:${password}@${host}:${port}/postgres?${parameters}`;
  const { cluster } = loadConfig(folder, { TURBOBACKEND_HOME: folder, DB_ADMIN_URL: url });
  if (cluster.kind !== 'external') throw new Error('expected an external cluster');
  return cluster.login;
}

const IS_ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

/** Whether each of the three is encrypted, or why it did not get in. */
async function outcomes(login: Login): Promise<unknown[]> {
  const reason = (error: unknown) => {
    if (isTurboError(error)) return error.details?.state;
    return error instanceof Error && 'code' in error ? error.code : String(error);
  };
  const viaUrl = async () => {
    const client = new pg.Client({ connectionString: loginUrl(login) });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(IS_ENCRYPTED)).rows[0]?.ssl;
    } finally {
      await client.end().catch(() => {});
    }
  };
  return [
    await externalCluster({ login })
      .ensure()
      .then(() => 'in', reason),
    await withSession(login, async (query) => (await query(IS_ENCRYPTED))[0]?.ssl).catch(reason),
    await viaUrl().catch(reason),
  ];
}

const failureOf = (login: Login) =>
  externalCluster({ login })
    .ensure()
    .catch((thrown: unknown) => thrown);

/** Encrypted, all three. */
const SAFE = ['in', true, true];
const refusedFor = (code: string) => [code, code, code];

test('a certificate of a known authority for this host satisfies every mode', async () => {
  await server.present(good);
  for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
    expect(await outcomes(loginFor({ mode, root: 'authority.pem' })), mode).toEqual(SAFE);
  }
  expect(await outcomes(loginFor({ mode: 'verify-full', root: 'authority.pem', host: '127.0.0.1' }))).toEqual(SAFE);
  expect(await outcomes(loginFor({ mode: 'require' }))).toEqual(SAFE);
  expect(await outcomes(loginFor({ root: 'authority.pem' }))).toEqual(SAFE);
  expect(await outcomes(loginFor({ mode: 'disable' }))).toEqual(['in', false, false]);
});

test('an authority that nobody named is refused by whoever checks, and so is another one than was named', async () => {
  await server.present(good);
  const unknown = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
  expect(await outcomes(loginFor({ mode: 'verify-full' }))).toEqual(refusedFor(unknown));
  for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
    expect(await outcomes(loginFor({ mode, root: 'alone.pem' })), mode).toEqual(refusedFor(unknown));
  }
  expect(await failureOf(loginFor({ mode: 'verify-full' }))).toMatchObject({
    code: 'cluster.unreachable',
    message: expect.stringContaining('not known here'),
    hint: expect.stringContaining('sslrootcert'),
  });
});

test('a certificate for another host passes where only its signature counts, and nowhere else', async () => {
  await server.present(newCertificate({ names: ['elsewhere.example'], authority }));
  const root = 'authority.pem';
  expect(await outcomes(loginFor({ mode: 'verify-ca', root }))).toEqual(SAFE);
  expect(await outcomes(loginFor({ mode: 'require', root }))).toEqual(SAFE);
  for (const host of ['localhost', '127.0.0.1']) {
    expect(await outcomes(loginFor({ mode: 'verify-full', root, host }))).toEqual(
      refusedFor('ERR_TLS_CERT_ALTNAME_INVALID'),
    );
  }
  expect(await failureOf(loginFor({ mode: 'verify-full', root }))).toMatchObject({
    code: 'cluster.unreachable',
    message: expect.stringMatching(/host name localhost .*elsewhere\.example/),
    hint: expect.stringContaining('verify-ca'),
  });
});

test.each([
  ['CERT_HAS_EXPIRED', { validFrom: -30, validTo: -1 }, 'has expired'],
  ['CERT_NOT_YET_VALID', { validFrom: 2, validTo: 30 }, 'not valid yet'],
] as const)('a certificate out of its time is refused: %s', async (code, time, words) => {
  await server.present(newCertificate({ names, authority, ...time }));
  for (const mode of ['verify-ca', 'verify-full'] as const) {
    const login = loginFor({ mode, root: 'authority.pem' });
    expect(await outcomes(login), mode).toEqual(refusedFor(code));
    expect(await failureOf(login)).toMatchObject({ message: expect.stringContaining(words) });
  }
  expect(await outcomes(loginFor({ mode: 'require' }))).toEqual(SAFE);
});

test('a self-signed certificate is refused until it is named as the root itself', async () => {
  await server.present(alone);
  const login = loginFor({ mode: 'verify-full' });
  expect(await outcomes(login)).toEqual(refusedFor('DEPTH_ZERO_SELF_SIGNED_CERT'));
  expect(await failureOf(login)).toMatchObject({ message: expect.stringContaining('self-signed') });
  expect(await outcomes(loginFor({ mode: 'verify-full', root: 'alone.pem' }))).toEqual(SAFE);
});

test('a server without TLS is told so at once, in every mode, and nothing is sent in clear', async () => {
  await server.present(null);
  for (const demand of [{ mode: 'require' }, { mode: 'verify-full' }, { root: 'authority.pem' }] as const) {
    const login = loginFor(demand);
    const [ours, sessions, url] = await outcomes(login);
    expect([ours, sessions]).toEqual(['TLS_NOT_OFFERED', 'TLS_NOT_OFFERED']);
    expect(url).toMatch(/does not support SSL/);
  }
  const failed = await externalCluster({ login: loginFor({ mode: 'require' }) })
    .inspect()
    .catch((error) => error);
  expect(failed).toMatchObject({
    code: 'cluster.unreachable',
    message: expect.stringContaining('offers no TLS, and sslmode=require demands it'),
    hint: expect.stringContaining('sslmode=disable'),
  });
});

test('no failure of a handshake shows the password', async () => {
  await server.present(alone);
  const login = loginFor({ mode: 'verify-full' });
  const failures = [
    await failureOf(login),
    await postgresSql()
      .connect(login)
      .catch((thrown: unknown) => thrown),
  ];
  for (const failure of failures) {
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain(server.cluster.password);
  }
});

test('what a client is told never leaves a certificate unchecked that somebody wanted checked', () => {
  const base = { host: 'h', port: 1, database: 'd', user: 'u', password: 'p' };
  const sslrootcert = { path: '/r', pem: 'x' };
  const checked = (['require', 'verify-ca', 'verify-full'] as const).map(
    (sslmode) => connectionSettings({ ...base, sslmode, sslrootcert }).ssl,
  );
  expect(checked).toMatchObject(Array(3).fill({ rejectUnauthorized: true, ca: 'x' }));
  expect(connectionSettings({ ...base, sslmode: 'verify-full' }).ssl).toEqual({ rejectUnauthorized: true });
});
