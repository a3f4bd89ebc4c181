// In a sandbox: prints what files a project has, each with its sha256, as one line of JSON.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MADE = /^(node_modules|\.git|\.nitro|\.data|\.turbobackend|\.output(\..*)?)$/;
const KEPT_BACK = /^\.env(?!\.example$)|\.log$/;

function list(folder, prefix, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      if (!MADE.test(entry.name)) list(join(folder, entry.name), `${path}/`, found);
    } else if (entry.isFile() && !KEPT_BACK.test(entry.name)) {
      const content = readFileSync(join(folder, entry.name));
      found[path] = createHash('sha256').update(content).digest('hex');
    }
  }
  return found;
}

console.log(JSON.stringify(list(process.argv[2], '', {})));
