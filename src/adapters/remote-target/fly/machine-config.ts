import { createHash } from 'node:crypto';
import { PROJECT_LABEL } from '../../../domain/remote.ts';
import type { RemoteDeployOrder } from '../../../ports/remote-target.ts';
import { packFiles } from './pack-files.ts';
import { type Json, recordOf } from './read-json.ts';

export const LABELS = {
  project: PROJECT_LABEL,
  version: 'turbobackend/version',
  /** Hash of everything that makes two machines the same but their size. */
  release: 'turbobackend/release',
  /** Unix seconds. */
  releasedAt: 'turbobackend/released-at',
} as const;
/** Of Fly's own programs: which machines serve, and which one migrates. */
export const GROUP = 'fly_process_group';
export const WEB = 'app';
export const RELEASE = 'fly_app_release_command';
/** Of ours: a machine that tries a version while nobody is led to it. */
export const CANARY = 'turbobackend_canary';

const SERVER = '.output/server/index.mjs';
const MIGRATE = 'scripts/migrate.mjs';
const PORT = 8080;
const CHECK = {
  type: 'http',
  port: PORT,
  method: 'GET',
  path: '/ready',
  interval: '15s',
  timeout: '5s',
  grace_period: '10s',
};
const BASE_IMAGE = 'node:22-slim';

export interface Guest {
  readonly cpu_kind: 'shared';
  readonly cpus: number;
  readonly memory_mb: number;
}

export const SMALLEST: Guest = { cpu_kind: 'shared', cpus: 1, memory_mb: 256 };

/** What runs: an image, or files on a stock one. */
export interface Software {
  readonly image: string;
  readonly files: readonly Json[];
  /** Null: what the image runs by itself. */
  readonly serve: readonly string[] | null;
  readonly migrate: readonly string[];
}

/** `image` is one that holds the built server and its migrations; without it the files travel with each machine. */
export function softwareOf({ files }: Pick<RemoteDeployOrder, 'files'>, image: string | undefined): Software {
  if (image !== undefined) return { image, files: [], serve: null, migrate: ['node', MIGRATE] };
  const packed = packFiles(files);
  return {
    image: BASE_IMAGE,
    files: packed.files.map((file) => ({ ...file })),
    serve: packed.commandOf(SERVER),
    migrate: packed.commandOf(MIGRATE),
  };
}

/** The same settings as the generated `fly.toml` and Dockerfile have. */
export function webConfig(order: RemoteDeployOrder, software: Software, secrets: string, now: number): Json {
  const env = {
    NODE_ENV: 'production',
    HOST: '0.0.0.0',
    PORT: String(PORT),
    // Behind Fly's proxy; what counts failed sign-ins has to know who is there.
    ...(order.secrets.APP_SECRET === undefined ? {} : { TRUST_PROXY: 'fly-client-ip' }),
    ...order.environment,
  };
  const config = {
    image: software.image,
    ...(software.serve === null ? {} : { init: { cmd: software.serve } }),
    env,
    ...(software.files.length === 0 ? {} : { files: software.files }),
    services: [service()],
    restart: { policy: 'on-failure', max_retries: 10 },
  };
  const release = createHash('sha256')
    .update(JSON.stringify([config, secrets]))
    .digest('hex');
  const metadata = {
    fly_platform_version: 'v2',
    [GROUP]: WEB,
    [LABELS.project]: order.projectId,
    [LABELS.version]: order.version,
    [LABELS.release]: release,
    [LABELS.releasedAt]: String(now),
  };
  return { ...config, metadata };
}

function service(): Json {
  return {
    protocol: 'tcp',
    internal_port: PORT,
    autostart: true,
    autostop: 'stop',
    min_machines_running: 0,
    ports: [
      { port: 80, handlers: ['http'], force_https: true },
      { port: 443, handlers: ['http', 'tls'] },
    ],
    checks: [CHECK],
  };
}

/** The same machine without a way to it from outside. */
export function canaryConfig({ services: _services, ...config }: Json): Json {
  const metadata = { ...recordOf(config.metadata), [GROUP]: CANARY };
  return { ...config, checks: { ready: CHECK }, restart: { policy: 'no' }, metadata };
}

/** A machine that migrates and ends. It stays until its exit code was read. */
export function releaseConfig(order: RemoteDeployOrder, software: Software): Json {
  return {
    image: software.image,
    init: { cmd: software.migrate },
    env: { NODE_ENV: 'production', RELEASE_COMMAND: '1', ...order.environment },
    ...(software.files.length === 0 ? {} : { files: software.files }),
    guest: SMALLEST,
    restart: { policy: 'no' },
    dns: { skip_registration: true },
    metadata: {
      fly_platform_version: 'v2',
      [GROUP]: RELEASE,
      [LABELS.project]: order.projectId,
      [LABELS.version]: order.version,
    },
  };
}
