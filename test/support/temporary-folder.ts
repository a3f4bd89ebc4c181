import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { leftoversOf, processesOf } from './processes.ts';

/**
 * Lends a folder of its own to a test, and takes it away afterwards. Fails when a process that was started for the
 * folder is still running `patienceMs` later (such processes are killed first), so that nothing is left over unnoticed.
 */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T> | T, patienceMs = 30_000): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tb-test-')));
  // Others may walk through: when root runs the tests, the database server runs as somebody else.
  chmodSync(folder, 0o711);
  try {
    const result = await use(folder);
    const leftovers = await leftoversOf([folder, ...clusterFolders(folder)], patienceMs);
    if (leftovers.length === 0) return result;
    const shown = leftovers.map(({ pid, command }) => `${pid}: ${command}`).join('\n  ');
    throw new Error(`Processes left running for ${folder} (${leftovers.length}):\n  ${shown}`);
  } finally {
    await clear(folder);
  }
}

/**
 * Folders outside `folder` in which a cluster of a home below it lies: when root runs turbobackend in a home that the
 * server's account cannot reach. The home's `cluster.json` names them; only names that turbobackend makes count.
 */
function clusterFolders(folder: string, depth = 3): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0 && entry.name !== 'node_modules') return clusterFolders(path, depth - 1);
    return entry.isFile() && entry.name === 'cluster.json' ? folderNamedIn(path) : [];
  });
}

function folderNamedIn(file: string): readonly string[] {
  const elsewhere = /"folder":\s*"([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const isOurs = dirname(elsewhere) === '/var/lib/turbobackend' || basename(elsewhere).startsWith('turbobackend-');
  return isOurs && isAbsolute(elsewhere) && existsSync(elsewhere) ? [elsewhere] : [];
}

async function clear(folder: string): Promise<void> {
  const folders = [folder, ...clusterFolders(folder)];
  // A supervisor may start its server again between two kills: until none is left.
  for (let round = 0; round < 20; round += 1) {
    const running = processesOf(folders);
    if (running.length === 0) break;
    for (const { pid } of running) kill(pid);
    await new Promise((next) => setTimeout(next, 50));
  }
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
