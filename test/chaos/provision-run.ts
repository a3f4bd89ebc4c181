import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import type { Server } from '../support/provisioning.ts';
import type { ChildOrder } from './provision-child.ts';

export interface ChildEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly points: readonly string[];
  readonly stderr: string;
}

export interface ChildRunner {
  run(order: Pick<ChildOrder, 'verb' | 'projectId'> & { killAt?: string; killAfterMs?: number }): Promise<ChildEnd>;
  /** Kills what still runs, and removes the bundle. */
  close(): void;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Bundles the child once, so that starting it costs a fraction of a second; starts it as often as asked. */
export async function childRunner(
  server: Server,
  metadata: { home: string; metadataDatabase: string },
): Promise<ChildRunner> {
  const folder = mkdtempSync(join(tmpdir(), 'tb-chaos-'));
  const program = join(folder, 'child.mjs');
  await build({
    input: path('./provision-child.ts'),
    platform: 'node',
    external: ['pg-native'],
    output: { file: program, format: 'esm', codeSplitting: false },
    logLevel: 'silent',
  });
  const running = new Set<ChildProcess>();
  return {
    run: async ({ verb, projectId, killAt = '', killAfterMs }) => {
      const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
      running.add(child);
      const { host, port, user, password } = server;
      const order: ChildOrder = {
        verb,
        server: { host, port, user, password },
        ...metadata,
        migrationsFolder: path('../../templates/state'),
        projectId,
        env: 'dev',
        killAt,
      };
      child.stdin.on('error', () => {}).end(JSON.stringify(order));
      const end = finish(child);
      const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      return end.finally(() => {
        clearTimeout(timer);
        running.delete(child);
      });
    },
    close: () => {
      for (const child of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function finish(child: ChildProcess): Promise<ChildEnd> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, points: stdout.split('\n').filter(Boolean), stderr }));
  });
}
