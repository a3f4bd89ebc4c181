import { inject } from 'vitest';
import { loginUrl } from '../../src/domain/database.ts';
import { type FakeDaytona, startFakeDaytona } from './fakes/daytona.ts';
import { FLY_TOKENS } from './fakes/fly/world.ts';
import { type FakeFly, fakeFly } from './fakes/fly.ts';
import { type FakeGithub, startFakeGithub } from './fakes/github.ts';
import { type FakeS3, startFakeS3 } from './fakes/s3.ts';
import { openWay } from './open-way.ts';
import { makeProjectDatabase, type ProjectDatabase } from './project-database.ts';
import { sandboxEnvironment } from './sandbox-environment.ts';

/** Daytona, Fly.io, GitHub and S3 as they are played, a database that others can reach, and what a command must know to use them. */
export interface RemoteWorld {
  readonly fly: FakeFly;
  readonly daytona: FakeDaytona;
  readonly github: FakeGithub;
  readonly s3: FakeS3;
  readonly database: ProjectDatabase;
  /** For DB_ADMIN_URL: the administrator of the server that others can reach. */
  readonly adminUrl: string;
  /** Tokens, addresses and logins, for the environment of a command. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that must be seen nowhere but in requests. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

const BUCKET = 'project-files';
const GITHUB_TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
const S3_KEY = { id: 'AKIAFAKE0000', secret: 'fake/secret+access/key/0123456789' };

export async function openRemoteWorld(): Promise<RemoteWorld> {
  const [fly, daytona, github, s3] = await Promise.all([
    fakeFly(),
    startFakeDaytona({ environment: sandboxEnvironment }),
    startFakeGithub([
      { token: GITHUB_TOKEN, login: 'ada', scopes: ['repo', 'workflow', 'delete_repo'], organizations: ['acme'] },
    ]),
    startFakeS3({ keys: [S3_KEY], buckets: [BUCKET] }),
  ]);
  const cluster = inject('cluster');
  const database = await makeProjectDatabase(cluster);
  const way = await openWay(cluster.port);
  const urlOf = (role: 'app' | 'mig') =>
    loginUrl({ ...database.login(role), host: way.host, port: way.port, sslmode: 'disable' }).concat(
      '?sslmode=disable',
    );
  return {
    fly,
    daytona,
    github,
    s3,
    database,
    adminUrl: `postgres://${cluster.user}:${cluster.password}@${way.host}:${way.port}/postgres?sslmode=disable`,
    env: {
      FLY_API_TOKEN: FLY_TOKENS.org,
      FLY_ORG: 'acme',
      FLY_REGION: 'fra',
      FLY_FLAPS_BASE_URL: fly.url,
      TURBOBACKEND_FLY_APP_URL: fly.appUrl,
      DAYTONA_API_KEY: daytona.key,
      DAYTONA_API_URL: daytona.apiUrl,
      GITHUB_TOKEN,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: github.serverUrl,
      AWS_ACCESS_KEY_ID: S3_KEY.id,
      AWS_SECRET_ACCESS_KEY: S3_KEY.secret,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_S3: s3.url,
      TURBOBACKEND_S3_BUCKET: BUCKET,
      TURBOBACKEND_DATABASE_URL: urlOf('app'),
      TURBOBACKEND_MIGRATION_DATABASE_URL: urlOf('mig'),
    },
    secrets: [daytona.key, FLY_TOKENS.org, 'fm2_org', GITHUB_TOKEN, S3_KEY.secret, database.login('app').password],
    async close() {
      await Promise.all([fly.close(), daytona.close(), github.stop(), s3.stop()]);
      way.close();
      await database.drop();
    },
  };
}
