// In a sandbox for what models write: makes a folder of what was sent now and before, with the packages, and prints
// where it is and whose. Usage: node open-room.mjs <root> <room>
import { randomInt } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const [, , root, name] = process.argv;
const [blobs, room, modules] = [join(root, 'blobs'), join(root, 'rooms', name), join(root, 'base', 'node_modules')];
const project = join(room, 'project');
/** Numbers of accounts that nobody has; below 65,536, since a container may have no more. */
const [LOWEST, HIGHEST] = [40_000, 60_000];

function linkPackages() {
  const target = join(project, 'node_modules');
  mkdirSync(target);
  if (!existsSync(modules)) return;
  for (const entry of readdirSync(modules)) {
    const names = entry.startsWith('@') ? readdirSync(join(modules, entry)).map((own) => `${entry}/${own}`) : [entry];
    if (entry.startsWith('@')) mkdirSync(join(target, entry));
    for (const each of names) if (!each.startsWith('.')) symlinkSync(join(modules, each), join(target, each));
  }
}

/** Each room is somebody else's: what runs in one reaches no other, and none of what runs beside. */
function handOver(uid) {
  for (const entry of readdirSync(room, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath ?? entry.path, entry.name), uid, uid);
  }
  chownSync(room, uid, uid);
}

const { files, texts } = JSON.parse(readFileSync(join(root, 'rooms', `${name}.json`), 'utf8'));
for (const [sum, text] of Object.entries(texts)) writeFileSync(join(blobs, sum), text, { mode: 0o600 });
const missing = [...new Set(Object.values(files))].filter((sum) => !existsSync(join(blobs, sum)));
if (missing.length > 0) {
  console.log(JSON.stringify({ missing }));
} else {
  rmSync(room, { recursive: true, force: true });
  for (const folder of [project, join(room, 'tmp')]) mkdirSync(folder, { recursive: true });
  for (const [path, sum] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), readFileSync(join(blobs, sum)));
  }
  linkPackages();
  chmodSync(room, 0o700);
  const uid = process.getuid() === 0 ? randomInt(LOWEST, HIGHEST) : null;
  if (uid !== null) handOver(uid);
  console.log(JSON.stringify({ room, uid }));
}
