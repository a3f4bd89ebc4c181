import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { startCluster, type TestCluster } from './global-cluster.ts';
import { asAdmin, type Server } from './provisioning.ts';
import { present } from './tls-cluster.ts';

/**
 * A PostgreSQL as a managed service gives it: everybody with a password may try, but in clear only the superuser whom
 * such a service keeps to itself; the administrator it hands out has CREATEDB and CREATEROLE.
 */
export interface ManagedCluster extends TestCluster {
  readonly administrator: Server;
  /** Who was let into which database, in order, as the server's own log tells. */
  connections(): readonly { readonly user: string; readonly database: string }[];
}

const HBA = `host all tb_admin 127.0.0.1/32 scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
`;

const DEBIAN = '/usr/lib/postgresql';

/** Programs of the PostgreSQL that TB_TEST_POSTGRES names, or of the newest one this machine has; else our own are used. */
export function otherPrograms(): string | undefined {
  if (process.env.TB_TEST_POSTGRES) return process.env.TB_TEST_POSTGRES;
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((name) => /^\d+$/.test(name)) : [];
  const supported = versions.map(Number).filter((version) => version >= 14 && version <= 18);
  const folders = supported.sort((a, b) => b - a).map((version) => join(DEBIAN, String(version), 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** `certificate`: what the server shows; without TLS only its superuser is let in. */
export async function startManagedCluster(certificate: Certificate): Promise<ManagedCluster> {
  const programs = otherPrograms();
  const log = ['logging_collector=on', 'log_directory=log', 'log_filename=server.log', 'log_rotation_age=0'];
  const settings = [...log, 'log_connections=on', 'log_min_messages=warning'];
  const started = await startCluster(settings, programs ? { programs } : {});
  const { host, port, dataDirectory } = started.cluster;
  const administrator = { host, port, user: 'boss', password: randomBytes(18).toString('base64url') };
  writeFileSync(join(dataDirectory, 'pg_hba.conf'), HBA);
  await asAdmin(started.cluster, 'postgres', async (query) => {
    await query(`CREATE ROLE boss LOGIN CREATEDB CREATEROLE PASSWORD '${administrator.password}'`);
    await query('GRANT CONNECT ON DATABASE postgres TO boss');
  });
  await present(started.cluster, certificate);
  return {
    ...started,
    administrator,
    connections() {
      const text = readFileSync(join(dataDirectory, 'log', 'server.log'), 'utf8');
      const lines = text.matchAll(/connection authorized: user=(\S+) database=(\S+)/g);
      return [...lines].map(([, user = '', database = '']) => ({ user, database }));
    },
  };
}
