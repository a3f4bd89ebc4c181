import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import type { RemoteDeployOrder } from '../../../ports/remote-target.ts';
import { redactor } from '../../shared/remote/redact.ts';

export interface FlyctlOptions {
  /** The program, found on PATH by whoever asks for it. */
  readonly program: string;
  readonly token: string;
  /** Where images are pushed to: `registry.fly.io`. */
  readonly registryHost: string;
  /** Of the whole environment only these pass on: PATH, HOME and what reaches the network. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 900_000;
const SHOWN = 2_000;

/** The files as they are, on the image that the generated Dockerfile has: nothing is installed or built again. */
const DOCKERFILE = `FROM node:22-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080
WORKDIR /app
COPY . .
USER node
EXPOSE 8080
CMD ["node", ".output/server/index.mjs"]
`;

/** What the image of a version is called; known before it is made. */
export function imageName({ registryHost }: Pick<FlyctlOptions, 'registryHost'>, order: RemoteDeployOrder): string {
  return `${registryHost}/${order.app}:${labelOf(order)}`;
}

function labelOf({ version }: RemoteDeployOrder): string {
  return `turbobackend-${version.slice(0, 40)}`;
}

/**
 * Has an image made of the files at Fly.io (`--remote-only`: no Docker is needed here) under its name. The token is
 * in the environment of flyctl and nowhere else, and no secret of the backend reaches it. Throws `build.failed`.
 */
export async function buildWithFlyctl(
  { program, token, environment, timeoutMs = TIMEOUT_MS }: FlyctlOptions,
  order: RemoteDeployOrder,
): Promise<void> {
  const { app, files } = order;
  const folder = await mkdtemp(join(tmpdir(), 'turbobackend-fly-'));
  try {
    const all = { ...files, Dockerfile: DOCKERFILE, 'fly.toml': `app = ${JSON.stringify(app)}\n` };
    for (const [path, content] of Object.entries(all)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const args = ['deploy', folder, '--app', app, '--config', join(folder, 'fly.toml'), '--build-only', '--push'];
    const env = { ...environment, FLY_API_TOKEN: token, FLY_NO_UPDATE_CHECK: '1', NO_COLOR: '1', CI: 'true' };
    await run(program, [...args, '--remote-only', '--image-label', labelOf(order), '--yes'], { env, timeoutMs, token });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  program: string,
  args: readonly string[],
  { env, timeoutMs, token }: { readonly env: NodeJS.ProcessEnv; readonly timeoutMs: number; readonly token: string },
): Promise<void> {
  const options = { env, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024, killSignal: 'SIGKILL' as const };
  await new Promise<void>((resolve, reject) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (!error) return resolve();
      const redact = redactor([token, token.replace(/^FlyV1\s+/, '')]);
      const said = redact(`${stdout}\n${stderr}`.trim()).slice(-SHOWN);
      const why = error.killed ? `was ended after ${timeoutMs / 60_000} minutes` : `failed (${error.code ?? 'signal'})`;
      reject(
        new TurboError('build.failed', `flyctl ${why} while it built the image.${said === '' ? '' : `\n${said}`}`, {
          hint: 'Without flyctl the built server travels with the machine: leave it out.',
        }),
      );
    });
  });
}
