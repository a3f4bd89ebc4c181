import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import type { Server } from '../support/provisioning.ts';
import type { SecretsOrder } from './secrets-child.ts';

export interface SecretsEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The points it reached; the last line of a finished `rotate-key` is its result. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

export type SecretsCall = Pick<SecretsOrder, 'verb' | 'project'> & {
  readonly keys?: SecretsOrder['keys'];
  readonly killAt?: string;
  /** Counted from the moment at which its programs are loaded. */
  readonly killAfterMs?: number;
};

export interface SecretsRunner {
  run(call: SecretsCall): Promise<SecretsEnd>;
  /** Kills what still runs, and removes the bundle. */
  close(): void;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Bundles the child once, so that starting it costs a fraction of a second; starts it as often as asked. */
export async function secretsRunner(
  server: Server,
  metadata: { home: string; metadataDatabase: string },
): Promise<SecretsRunner> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-chaos-'));
  const program = join(folder, 'child.mjs');
  await build({
    input: path('./secrets-child.ts'),
    platform: 'node',
    external: ['pg-native'],
    output: { file: program, format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  });
  const running = new Set<ChildProcess>();
  const { host, port, user, password } = server;
  return {
    run: async ({ verb, project, keys = {}, killAt = '', killAfterMs }) => {
      const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
      running.add(child);
      const order: SecretsOrder = {
        verb,
        project,
        keys,
        killAt,
        server: { host, port, user, password },
        ...metadata,
        migrationsFolder: path('../../templates/state'),
      };
      child.stdin.on('error', () => {}).end(JSON.stringify(order));
      return finish(child, killAfterMs).finally(() => running.delete(child));
    },
    close: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function finish(child: ChildProcess, killAfterMs: number | undefined): Promise<SecretsEnd> {
  let [stdout, stderr] = ['', ''];
  let timer: NodeJS.Timeout | undefined;
  child.stdout?.on('data', (data) => {
    stdout += data;
    if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, lines: stdout.split('\n').filter(Boolean), stderr });
    });
  });
}
