// In a sandbox: prints what files a project has, each with its sha256, as one line of JSON. What is made from others or
// holds secrets was not sent, and is not listed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MADE =
  /^(node_modules|\.git|\.output|\.output\.[^/]*|\.nitro|\.turbobackend|coverage)\/|(^|\/)(node_modules\/|\.DS_Store$)|\.log$/;
const SECRET = /(^|\/)(\.env(?!\.example$)[^/]*|\.npmrc|\.netrc|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(pem|key|p12|pfx))$/i;

function list(folder, prefix, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      if (!MADE.test(`${path}/`)) list(join(folder, entry.name), `${path}/`, found);
    } else if (entry.isFile() && !MADE.test(path) && !SECRET.test(path)) {
      const content = readFileSync(join(folder, entry.name));
      found[path] = createHash('sha256').update(content).digest('hex');
    }
  }
  return found;
}

console.log(JSON.stringify(list(process.argv[2], '', {})));
