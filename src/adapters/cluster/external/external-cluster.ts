import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { describeTlsFailure } from '../../../domain/tls-failure.ts';
import type { Cluster, ClusterInfo } from '../../../ports/cluster.ts';
import { type ConnectionFailure, classifyFailure, withConnection } from '../shared/connect.ts';
import { refuseSharedConnections } from './refuse-pooler.ts';

/** server_version_num of PostgreSQL 14, the oldest one whose grants and settings we rely on. */
const OLDEST_VERSION = 140_000;

/** Pauses between attempts to reach a server that does not answer or is just starting. */
const PAUSES_MS = [100, 300, 700, 1500];

export interface ExternalOptions {
  /** Administrator of the server; `database` is the one to ask it in, `postgres` if not given. */
  readonly login: Omit<Login, 'database'> & { readonly database?: string };
}

/** A PostgreSQL server somebody else runs. Its administrator's login never reaches a project. */
export function externalCluster({ login }: ExternalOptions): Cluster {
  const place = `${login.host}:${login.port}`;
  const target: Login = { ...login, database: login.database ?? 'postgres' };
  return {
    kind: 'external',
    async ensure() {
      for (const pauseMs of [...PAUSES_MS, null]) {
        try {
          return await ask(target);
        } catch (error) {
          const final = error instanceof TurboError ? error : describeTlsFailure(error, target);
          if (final) throw final;
          const failure = classifyFailure(error);
          if (pauseMs === null || !MAY_PASS.has(failure)) throw explain(failure, error, place, target);
          await sleep(pauseMs);
        }
      }
      throw new Error('unreachable: the last attempt returns or throws');
    },
    async inspect() {
      try {
        return await ask(target);
      } catch (error) {
        const final = error instanceof TurboError ? error : describeTlsFailure(error, target);
        if (final) throw final;
        const failure = classifyFailure(error);
        if (failure === 'down' || failure === 'starting') return null;
        throw explain(failure, error, place, target);
      }
    },
    stop() {
      const refusal = new TurboError('usage.invalid', `The cluster at ${place} is not ours to stop.`, {
        hint: 'Stop it with the tools of whoever runs it.',
      });
      return Promise.reject(refusal);
    },
    adminLogin: (database) => ({ ...login, database }),
  };
}

/** Failures that another attempt may not meet. */
const MAY_PASS: ReadonlySet<ConnectionFailure> = new Set(['down', 'starting', 'full', 'other']);

const QUESTION = `select (select system_identifier::text from pg_catalog.pg_control_system()) as id,
  pg_catalog.current_setting('server_version_num')::int as version,
  (select rolsuper or (rolcreatedb and rolcreaterole) from pg_catalog.pg_roles where rolname = current_user) as able`;

async function ask(target: Login): Promise<ClusterInfo> {
  const place = `${target.host}:${target.port}`;
  const row = await withConnection(target, { ownServer: false }, async (client) => {
    const result = await client.query<Readonly<Record<string, unknown>>>(QUESTION);
    const found = result.rows[0] ?? {};
    refuseOldServer(Number(found.version), place);
    await refuseSharedConnections(client, target);
    return found;
  });
  if (row.able !== true) {
    throw new TurboError('cluster.denied', `${target.user} may not make databases and roles on ${place}.`, {
      hint: `As an administrator of that server: ALTER ROLE "${target.user}" CREATEDB CREATEROLE`,
    });
  }
  return {
    kind: 'external',
    host: target.host,
    port: target.port,
    version: Number(row.version),
    systemIdentifier: String(row.id),
    dataDirectory: null,
  };
}

function refuseOldServer(version: number, place: string): void {
  if (version >= OLDEST_VERSION) return;
  const major = Math.floor(version / 10_000);
  throw new TurboError(
    'cluster.version',
    `The server at ${place} is PostgreSQL ${major}; 14 is the oldest supported.`,
    {
      hint: 'Use a newer server, or unset DB_ADMIN_URL and DB_CLUSTER_HOST to use the embedded one.',
    },
  );
}

function explain(failure: ConnectionFailure, cause: unknown, place: string, login: Login): TurboError {
  switch (failure) {
    case 'denied':
      return new TurboError('cluster.denied', `The server at ${place} does not let ${login.user} in.`, {
        hint: 'Check user and password in DB_ADMIN_URL (or DB_CLUSTER_USER, DB_CLUSTER_PASSWORD); a server that wants TLS needs sslmode=require.',
        cause,
      });
    case 'no-database':
      return new TurboError('cluster.denied', `The server at ${place} has no database "${login.database}".`, {
        hint: 'Name an existing database in DB_ADMIN_URL, such as postgres.',
        cause,
      });
    case 'full':
      return new TurboError('cluster.unreachable', `All connections of the server at ${place} are taken.`, {
        hint: 'End some of them, or raise max_connections there.',
        cause,
      });
    case 'down':
    case 'starting':
    case 'other':
      return new TurboError(
        'cluster.unreachable',
        `No PostgreSQL answers at ${place} (sslmode=${login.sslmode ?? 'disable'}).`,
        {
          hint: 'Check host, port and sslmode in DB_ADMIN_URL (or DB_CLUSTER_HOST, DB_CLUSTER_PORT), and that the server runs.',
          cause,
        },
      );
  }
}
