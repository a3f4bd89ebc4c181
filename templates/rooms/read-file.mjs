// In a sandbox for what models write: prints a file of a room as one line of JSON; null where it is none, or a link leads
// to it. Usage: node read-file.mjs <folder> <path>
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [, , folder, path] = process.argv;
const MOST_BYTES = 12 * 1024 * 1024;

function read() {
  const parts = path.split('/');
  const isPlain = parts.every((part, index) => {
    const there = lstatSync(join(folder, ...parts.slice(0, index + 1)), { throwIfNoEntry: false });
    return part !== '..' && (index === parts.length - 1 ? there?.isFile() : there?.isDirectory()) === true;
  });
  if (!isPlain) return null;
  const file = openSync(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return fstatSync(file).size > MOST_BYTES ? null : readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

console.log(JSON.stringify({ text: read() }));
