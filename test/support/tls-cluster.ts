import { X509Certificate } from 'node:crypto';
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import type { Certificate } from './certificates.ts';
import { startCluster, type TestCluster } from './global-cluster.ts';
import { asAdmin } from './provisioning.ts';

/** A PostgreSQL that does TLS, with one certificate after another. */
export interface TlsCluster extends TestCluster {
  /** See the function of this name. */
  present(certificate: Certificate | null): Promise<void>;
}

/** Starts without TLS; see `present`. */
export async function startTlsCluster(): Promise<TlsCluster> {
  const started = await startCluster();
  return { ...started, present: (certificate) => present(started.cluster, certificate) };
}

/** Gives a server this certificate, and comes back when it shows it; null: TLS is off. */
export async function present(cluster: TestCluster['cluster'], certificate: Certificate | null): Promise<void> {
  if (certificate) {
    writeOwned(cluster.dataDirectory, 'server.crt', certificate.certificate);
    writeOwned(cluster.dataDirectory, 'server.key', certificate.key);
  }
  await asAdmin(cluster, 'postgres', async (query) => {
    await query(`ALTER SYSTEM SET ssl = ${certificate ? 'on' : 'off'}`);
    await query('SELECT pg_reload_conf()');
  });
  const wanted = certificate ? new X509Certificate(certificate.certificate).fingerprint256 : null;
  for (let attempt = 0; (await shownBy(cluster)) !== wanted; attempt += 1) {
    if (attempt > 200) throw new Error('the server does not show the certificate it was given');
    await sleep(25);
  }
}

/** Root's server runs as nobody, who must own its key. */
function writeOwned(folder: string, name: string, content: string): void {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(path, 65534, 65534);
}

/** Fingerprint of the certificate the server shows; null without TLS. */
async function shownBy({ host, port, user, password }: TestCluster['cluster']): Promise<string | null> {
  const ssl = { rejectUnauthorized: false };
  const client = new pg.Client({ host, port, user, password, database: 'postgres', ssl });
  client.on('error', () => {});
  try {
    await client.connect();
    const stream = 'connection' in client ? streamOf(client.connection) : null;
    return stream instanceof TLSSocket ? (stream.getPeerCertificate().fingerprint256 ?? null) : null;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => {});
  }
}

const streamOf = (connection: unknown): unknown =>
  typeof connection === 'object' && connection !== null && 'stream' in connection ? connection.stream : null;
