// In a sandbox: ends a backend of another session, and prints the port that the one of this session has or may take.
// Usage: node make-way.mjs <session> <id of the project>
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , session, project] = process.argv;
const note = join(dirname(dirname(fileURLToPath(import.meta.url))), 'backend.json');
/** Ports that Daytona shows outside. */
const [LOWEST, HIGHEST] = [3000, 9999];
const PATIENCE_MS = 10_000;

/** Numbers of processes begin anew when a sandbox was stopped: whose it is now is looked at. */
function isBackend(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('.output/server/index.mjs');
  } catch {
    return false;
  }
}

async function end(pid) {
  process.kill(pid, 'SIGTERM');
  const last = Date.now() + PATIENCE_MS;
  while (isBackend(pid) && Date.now() < last) await new Promise((next) => setTimeout(next, 50));
  if (isBackend(pid)) process.kill(pid, 'SIGKILL');
}

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });

async function freePort(wished) {
  for (let port = wished; port <= HIGHEST; port += 1) if (await isFree(port)) return port;
  return freePort(LOWEST);
}

const known = existsSync(note) ? JSON.parse(readFileSync(note, 'utf8')) : null;
const runs = known !== null && isBackend(known.pid);
if (runs && known.session === session) {
  console.log(known.port);
} else {
  if (runs) await end(known.pid);
  const usual = LOWEST + (createHash('sha256').update(project).digest().readUInt32BE() % (HIGHEST - LOWEST));
  console.log(await freePort(known?.port ?? usual));
}
