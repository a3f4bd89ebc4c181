// Builds the server when a file of it is newer than what was built, so that tests never try yesterday's code.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, '.output', 'server', 'index.mjs');

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(
    ...files.map(({ parentPath, path, name }) => timeOf(join(parentPath ?? path, name))),
  );
}

const sources = [newestIn(join(root, 'server')), timeOf(join(root, 'nitro.config.mjs'))];
if (timeOf(output) < Math.max(...sources)) {
  // Through a shell, because npm is a script on Windows.
  const { status } = spawnSync('npm run build', { cwd: root, stdio: 'inherit', shell: true });
  process.exit(status ?? 1);
}
